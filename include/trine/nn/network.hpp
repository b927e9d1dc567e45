#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "layer_functions.hpp"
#include "sequential.hpp"

namespace trine::nn {

/// A network: layers bound to the shape of an image. Everything about it is known at compile time.
///
/// @tparam In      shape of the images
/// @tparam Layers  usually a `sequential<…>`
template <class In, class Layers>
struct network {
    using body = detail::bound<Layers, In>;
    using input = In;
    using output = typename body::output;
    static_assert(layer_fits<network, output, shape<output::size>, output::pixels == 1>::value);

    /// Values of the embedding.
    static constexpr std::size_t embedding_size = output::size;
    /// Scalars that are learnt.
    static constexpr std::size_t parameters = detail::facts_of<body>.parameters;
    /// Scalars that are only kept track of, such as running means.
    static constexpr std::size_t state = detail::facts_of<body>.state;
    /// Multiplications with addition in one image's forward pass.
    static constexpr std::size_t multiply_adds = detail::facts_of<body>.multiply_adds;
    /// Scalars of activations that a training step keeps for a batch.
    static constexpr std::size_t activations(std::size_t batch) {
        return detail::facts_of<body>.tape_of(batch) + whole_lines(batch * embedding_size);
    }
    /// Scalars that both passes of a training step work in, laid out from the network's type: activations, gradients of
    /// activations and scratch, one over the other where one is needed no more when the other begins.
    template <class T = float>
    static std::size_t memory(std::size_t batch) {
        return detail::layer_calls<body, T>::memory(batch);
    }
};

/// The network's tensors in memory order, named as PyTorch names those of an equal `torch.nn.Sequential`.
///
/// @throws argument_error  when the layers list other numbers of scalars than they have
template <class Network>
inventory tensors_of() {
    inventory all;
    detail::list_layer<typename Network::body>(all, "");
    detail::check_inventory(all, Network::parameters, Network::state);
    return all;
}

/// A table of the network's layers: output shape, parameters, multiply-adds, activation memory.
template <class Network>
std::string describe() {
    std::vector<layer_row> rows;
    detail::describe_layer<typename Network::body>(rows, "");
    return detail::layer_table(std::move(rows), Network::input::text(), Network::parameters, Network::multiply_adds);
}

} // namespace trine::nn
