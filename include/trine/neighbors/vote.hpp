#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/tensor.hpp"
#include "concepts.hpp"

namespace trine::neighbors {

/// What the nearest neighbours say.
struct vote {
    label who;
    std::size_t votes;  ///< how many of the neighbours are this person's
    float distance;     ///< of this person's nearest
};

/// The person with most of the neighbours; of equally many the one with the nearest.
///
/// @param nearest  nearest first, not empty
inline vote majority(std::span<neighbor const> nearest, std::span<label const> labels) {
    require<argument_error>(!nearest.empty(), "no neighbours to vote: the distances may be NaN");
    vote best{};
    std::map<label, vote> of;
    for (auto const& n : nearest) {
        auto& v = of.try_emplace(labels[n.index], vote{labels[n.index], 0, n.distance}).first->second;
        ++v.votes;
        if (v.votes > best.votes || (v.votes == best.votes && v.distance < best.distance))
            best = v;
    }
    return best;
}

} // namespace trine::neighbors
