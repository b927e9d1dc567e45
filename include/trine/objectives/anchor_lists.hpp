#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "../losses/concepts.hpp"
#include "people_index.hpp"

namespace trine::detail {

/// What one anchor's terms come to, before they are reduced.
struct anchor_sums {
    std::array<losses::term_sum, 2> sums{}; // the second only where positives and negatives are reduced separately
    double positive_distance = 0, negative_distance = 0, chosen_positives = 0, chosen_negatives = 0, chosen = 0,
           by_parameter = 0;
};

/// One anchor's positives and negatives with their distances and the loss's slopes along them; and of these, what a
/// pair miner keeps. A thread fills the same lists for all of its anchors.
template <class T>
struct anchor_lists {
    std::vector<std::size_t> positives, negatives, kept_positives, kept_negatives;
    std::vector<T> positive_distances, negative_distances, by_positives, by_negatives;
    std::vector<T> kept_positive_distances, kept_negative_distances, kept_by_positives, kept_by_negatives,
        typed_scratch;
    std::vector<double> scratch;
    std::size_t person = static_cast<std::size_t>(-1); // whose others `negatives` are

    /// Lists the places of all others than a person's. Made once a person, as long as anchors come in that order.
    void list_others(people_index const& people, std::size_t who, std::size_t size) {
        if (person == who)
            return;
        person = who;
        negatives.clear();
        each_run_of_others(people.members(who), size, [&](std::size_t first, std::size_t last, std::size_t) {
            for (std::size_t i = first; i < last; ++i)
                negatives.push_back(i);
        });
    }

    /// Copies distances of the kept pairs, and clears their slopes.
    void gather_kept() {
        auto const gather = [](std::vector<std::size_t> const& kept, std::vector<T> const& from, std::vector<T>& to) {
            to.resize(kept.size());
            for (std::size_t i = 0; i < kept.size(); ++i)
                to[i] = from[kept[i]];
        };
        gather(kept_positives, positive_distances, kept_positive_distances);
        gather(kept_negatives, negative_distances, kept_negative_distances);
        kept_by_positives.assign(kept_positives.size(), T(0));
        kept_by_negatives.assign(kept_negatives.size(), T(0));
    }
    /// Adds the kept pairs' slopes in place among all; a pair may be kept twice.
    void spread_kept() {
        for (std::size_t i = 0; i < kept_positives.size(); ++i)
            by_positives[kept_positives[i]] += kept_by_positives[i];
        for (std::size_t i = 0; i < kept_negatives.size(); ++i)
            by_negatives[kept_negatives[i]] += kept_by_negatives[i];
    }
    /// Writes the anchor's row of G from the slopes of its lists.
    void scatter(std::span<std::size_t const> members, std::size_t own, std::span<T> row) const {
        each_run_of_others(members, row.size(), [&](std::size_t first, std::size_t last, std::size_t from) {
            std::copy_n(by_negatives.begin() + static_cast<std::ptrdiff_t>(from), last - first,
                        row.begin() + static_cast<std::ptrdiff_t>(first));
        });
        row[own] = T(0);
        for (std::size_t p = 0; p < positives.size(); ++p)
            row[positives[p]] = by_positives[p];
    }
};

} // namespace trine::detail
