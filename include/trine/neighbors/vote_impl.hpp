#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "../core/error.hpp"
#include "vote.hpp"

namespace trine::neighbors {

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

TRINE_INLINE vote majority(std::span<neighbor const> nearest, std::span<label const> labels) {
    return detail::weigh(nearest, labels, [](std::size_t) { return 1.0; });
}

TRINE_INLINE vote distance_weighted(std::span<neighbor const> nearest, std::span<label const> labels) {
    return detail::weigh(nearest, labels, [&](std::size_t i) {
        double const first = static_cast<double>(nearest.front().distance),
                     last = static_cast<double>(nearest.back().distance);
        return last > first ? (last - static_cast<double>(nearest[i].distance)) / (last - first) : 1.0;
    });
}

} // namespace trine::neighbors
