#pragma once

#include "../core/error.hpp"
#include "weights.hpp"

namespace trine::nn {

TRINE_INLINE std::vector<weight_source> pair_in_order(std::span<tensor_info const> tensors,
                                                      std::vector<std::string> const& names) {
    require<argument_error>(tensors.size() == names.size(), names.size(), " names for the ", tensors.size(),
                            " tensors of a network");
    std::vector<weight_source> sources;
    for (std::size_t i = 0; i < names.size(); ++i)
        sources.push_back({tensors[i].name, names[i]});
    return sources;
}

} // namespace trine::nn
