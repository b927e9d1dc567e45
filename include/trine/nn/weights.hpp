#pragma once

#include <span>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "network.hpp"

namespace trine::nn {

/// Where a tensor of a network comes from when it is read from a file that others wrote.
struct weight_source {
    std::string ours, theirs; ///< names; nothing where the tensor keeps the value it has
    double scale = 1;         ///< what its values are multiplied with
    bool blue_first = false;  ///< of a first convolution that took blue, green, red: its input channels are reversed
};

/// Pairs tensors, in the order in which a network's layers are written, with another framework's names for them.
///
/// @throws argument_error  when there are not as many names as tensors
std::vector<weight_source> pair_in_order(std::span<tensor_info const> tensors, std::vector<std::string> const& names);
template <class Network>
std::vector<weight_source> pair_in_order(std::vector<std::string> const& names) {
    return pair_in_order(tensors_of<Network>().tensors, names);
}

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "weights_impl.hpp"
#endif
