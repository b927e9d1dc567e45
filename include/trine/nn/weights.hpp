#pragma once

#include <string>
#include <vector>

#include "../core/error.hpp"
#include "network.hpp"

namespace trine::nn {

/// Where a tensor of a network comes from when it is read from a file that others wrote.
struct weight_source {
    std::string ours, theirs; ///< names; nothing where the tensor keeps the value it has
    double scale = 1;         ///< what its values are multiplied with
    bool blue_first = false; ///< of a first convolution that took blue, green, red: its input channels are turned round
};

/// Pairs a network's tensors, in the order in which its layers are written, with another framework's names for them.
///
/// @throws argument_error  when there are not as many names as tensors
template <class Network>
std::vector<weight_source> pair_in_order(std::vector<std::string> const& names) {
    auto const tensors = tensors_of<Network>().tensors;
    require<argument_error>(tensors.size() == names.size(), names.size(), " names for the ", tensors.size(),
                            " tensors of a network");
    std::vector<weight_source> sources;
    for (std::size_t i = 0; i < names.size(); ++i)
        sources.push_back({tensors[i].name, names[i]});
    return sources;
}

} // namespace trine::nn
