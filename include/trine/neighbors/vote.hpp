#pragma once

#include <cstddef>
#include <span>

#include "../core/config.hpp"
#include "../core/label.hpp"
#include "concepts.hpp"

namespace trine::neighbors {

/// What the nearest neighbours say.
struct vote {
    label who = 0;
    std::size_t votes = 0; ///< how many of the neighbours are this person's
    float distance = 0;    ///< of this person's nearest
    float margin = 0; ///< how much farther the nearest of anybody else is; negative when it is nearer, infinite when
                      ///< all neighbours are this person's
    double confidence = 0; ///< this person's share of what the neighbours weigh, from 0 to 1
};

/// The person with most of the neighbours; of equally many the one with the nearest.
///
/// @param nearest  nearest first, not empty
/// @param labels   of every place that was searched
/// @throws argument_error  when there is no neighbour
vote majority(std::span<neighbor const> nearest, std::span<label const> labels);

/// The same, but near neighbours weigh more: 1 the nearest, 0 the farthest, and in between as their distance lies
/// between these two.
///
/// @throws argument_error  when there is no neighbour
/// @see S. Dudani, "The Distance-Weighted k-Nearest-Neighbor Rule", 1976
vote distance_weighted(std::span<neighbor const> nearest, std::span<label const> labels);

} // namespace trine::neighbors

#ifdef TRINE_HEADER_ONLY
#include "vote_impl.hpp"
#endif
