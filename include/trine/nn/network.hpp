#pragma once

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <string>

#include "sequential.hpp"

namespace trine::nn {

/// A network: layers bound to the shape of an image. Everything about it is known at compile time.
///
/// @tparam In      shape of the images
/// @tparam Layers  usually a `sequential<…>`
template <class In, class Layers>
struct network {
    using body = typename Layers::template at<In>;
    using input = In;
    using output = typename body::output;
    static_assert(layer_fits<network, output, shape<output::size>, output::pixels == 1>::value);

    /// Values of the embedding.
    static constexpr std::size_t embedding_size = output::size;
    /// Scalars that are learnt.
    static constexpr std::size_t parameters = body::parameters;
    /// Scalars that are only kept track of, such as running means.
    static constexpr std::size_t state = body::state;
    /// Multiplications with addition in one image's forward pass.
    static constexpr std::size_t multiply_adds = body::multiply_adds;
    /// Scalars of activations that a training step keeps for a batch.
    static constexpr std::size_t activations(std::size_t batch) {
        return body::tape_of(batch) + extent::round(batch * embedding_size);
    }
    /// Scalars that both passes of a training step work in, laid out from the network's type: activations, gradients of
    /// activations and scratch, one over the other where one is needed no more when the other begins.
    template <class T = float>
    static std::size_t memory(std::size_t batch) {
        return detail::memory_of<T, body>(batch);
    }
};

/// The network's tensors in memory order, named as PyTorch names those of an equal `torch.nn.Sequential`.
template <class Network>
inventory tensors_of() {
    inventory all;
    Network::body::list(all, "");
    return all;
}

namespace detail {

// The table of `describe`.
inline std::string layer_table(std::vector<layer_row> const& rows, std::string const& input) {
    std::size_t name_width = 10, layer_width = 22;
    for (auto const& r : rows)
        name_width = std::max(name_width, r.name.size() + 1), layer_width = std::max(layer_width, r.layer.size() + 1);
    std::ostringstream out;
    // Widths count characters, not bytes: × takes two.
    auto const cell = [&](std::string const& text, std::size_t width, bool left) {
        std::size_t shown = 0;
        for (char c : text)
            shown += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        std::string const space(width > shown ? width - shown : 0, ' ');
        out << (left ? text + space : space + text);
    };
    cell("layer", name_width, true), cell("", layer_width, true), cell("output", 14, true),
        cell("parameters", 12, false), cell("multiply-adds", 15, false), cell("activations", 13, false);
    out << "\n" << std::string(name_width, ' ');
    cell("input", layer_width, true), cell(input, 14, true);
    out << "\n";
    for (auto const& r : rows) {
        cell(r.name, name_width, true), cell(r.layer, layer_width, true), cell(r.output, 14, true),
            cell(std::to_string(r.parameters), 12, false), cell(std::to_string(r.multiply_adds), 15, false),
            cell(std::to_string(r.activations), 13, false);
        out << "\n";
    }
    return out.str();
}

} // namespace detail

/// A table of the network's layers: output shape, parameters, multiply-adds, activation memory.
template <class Network>
std::string describe() {
    std::vector<layer_row> rows;
    Network::body::describe(rows, "");
    std::size_t activations = 0;
    for (auto const& r : rows)
        activations += r.activations;
    rows.push_back({"", "total", "", Network::parameters, Network::multiply_adds, activations});
    return detail::layer_table(rows, Network::input::text());
}

} // namespace trine::nn
