#pragma once

/// A network's tensors: what they are called, how they lie in memory, how they start.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../core/config.hpp"

namespace trine::nn {

/// How a tensor lies in the model's memory, when not as its shape says.
enum class memory_layout {
    plain,
    kernel_last_outputs, ///< shape O×C×KH×KW, in memory KH×KW×C×O
};

/// How a tensor starts.
enum class initial_value { zero, quarter, one, he_normal };

/// One named tensor of a network.
struct tensor_info {
    std::string name;
    std::vector<std::size_t> shape;
    memory_layout layout = memory_layout::plain;
    initial_value start = initial_value::zero;
    std::size_t fan_in = 1;
    bool learnt = true;  ///< else it is state, such as running statistics
    bool decays = false; ///< whether weight decay applies
    bool frozen = false; ///< whether training leaves it as it is
    std::size_t offset = 0;

    std::size_t size() const {
        std::size_t n = 1;
        for (auto s : shape)
            n *= s;
        return n;
    }
};

/// The tensors of a network, in memory order.
struct inventory {
    std::vector<tensor_info> tensors;
    std::size_t parameters = 0, state = 0;

    void add(tensor_info info);
};

/// A model's tensors and their values, whatever its network is.
template <class T>
struct model_values {
    std::span<tensor_info const> tensors;
    std::span<T> parameters, state;

    std::span<T> of(tensor_info const& info) const {
        return (info.learnt ? parameters : state).subspan(info.offset, info.size());
    }
};

namespace detail {

/// He initialisation: every tensor from a random stream of its own.
template <class T>
void initialize(model_values<T> const& model, std::uint64_t seed);

/// Refuses a list of tensors that holds other numbers of scalars than the layers said.
///
/// @throws argument_error
void check_inventory(inventory const& all, std::size_t parameters, std::size_t state);

// Lists of the tensors that the library's layers have.
void list_convolution(inventory& all, std::string const& prefix, std::size_t outputs, std::size_t channels,
                      std::size_t kernel, bool bias);
void list_linear(inventory& all, std::string const& prefix, std::size_t outputs, std::size_t inputs);
void list_scale_shift(inventory& all, std::string const& prefix, std::size_t channels);
void list_batch_norm(inventory& all, std::string const& prefix, std::size_t channels);
void list_slopes(inventory& all, std::string const& prefix, std::size_t channels);
/// Tensors from `first` on are frozen.
void freeze_from(inventory& all, std::size_t first);

} // namespace detail

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "tensors_impl.hpp"
#endif
