#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../arrays/tensor.hpp"
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

namespace detail {

// The person whose neighbours weigh most; of equally heavy ones the one with the nearest.
template <class Weight>
vote weigh(std::span<neighbor const> nearest, std::span<label const> labels, Weight&& weight) {
    require<argument_error>(!nearest.empty(),
                            "no neighbours to vote: the gallery is empty, or its points are not finite");
    struct person {
        label who;
        std::size_t votes;
        double weight;
        float distance;
    };
    std::vector<person> people;
    double whole = 0;
    for (std::size_t i = 0; i < nearest.size(); ++i) {
        label const who = labels[nearest[i].index];
        auto at = std::find_if(people.begin(), people.end(), [&](person const& p) { return p.who == who; });
        if (at == people.end())
            at = people.insert(at, {who, 0, 0, nearest[i].distance});
        double const w = weight(i);
        ++at->votes, at->weight += w, whole += w;
    }
    // People are in the order of their nearest, so the first of equals is the nearest.
    auto const best = std::max_element(people.begin(), people.end(),
                                       [](person const& a, person const& b) { return a.weight < b.weight; });
    vote v{best->who, best->votes, best->distance, std::numeric_limits<float>::infinity(),
           whole > 0 ? best->weight / whole : 0};
    for (auto const& p : people)
        if (p.who != best->who) {
            v.margin = p.distance - best->distance;
            break;
        }
    return v;
}

} // namespace detail

/// The person with most of the neighbours; of equally many the one with the nearest.
///
/// @param nearest  nearest first, not empty
/// @param labels   of every place that was searched
/// @throws argument_error  when there is no neighbour
inline vote majority(std::span<neighbor const> nearest, std::span<label const> labels) {
    return detail::weigh(nearest, labels, [](std::size_t) { return 1.0; });
}

/// The same, but near neighbours weigh more: 1 the nearest, 0 the farthest, and in between as their distance lies
/// between these two.
///
/// @throws argument_error  when there is no neighbour
/// @see S. Dudani, "The Distance-Weighted k-Nearest-Neighbor Rule", 1976
inline vote distance_weighted(std::span<neighbor const> nearest, std::span<label const> labels) {
    return detail::weigh(nearest, labels, [&](std::size_t i) {
        double const first = static_cast<double>(nearest.front().distance),
                     last = static_cast<double>(nearest.back().distance);
        return last > first ? (last - static_cast<double>(nearest[i].distance)) / (last - first) : 1.0;
    });
}

} // namespace trine::neighbors
