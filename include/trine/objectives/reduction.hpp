#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "../core/parallel.hpp"
#include "../core/view.hpp"
#include "anchor_lists.hpp"
#include "people_index.hpp"
#include "result.hpp"

namespace trine::detail {

/// What a batch's sums come to, and what each term's slopes are to be multiplied by.
struct reduced_batch {
    objective_result result;
    std::array<double, 2> scale{}; ///< of positives and of negatives; equal unless they are reduced separately
};

/// Adds the anchors' sums in their order, and reduces them.
inline reduced_batch reduce(std::span<anchor_sums const> rows, losses::reducer how, bool splits_sums,
                            double terms_per_triplet) {
    std::array<losses::term_sum, 2> sums{};
    reduced_batch batch;
    objective_result& total = batch.result;
    double chosen = 0, positives = 0, negatives = 0;
    for (auto const& r : rows) {
        sums[0] += r.sums[0], sums[1] += r.sums[1];
        chosen += r.chosen, positives += r.chosen_positives, negatives += r.chosen_negatives;
        total.positive_distance += r.positive_distance;
        total.negative_distance += r.negative_distance;
    }
    total.triplets = static_cast<std::size_t>(chosen);
    total.terms = static_cast<std::size_t>((sums[0].terms + sums[1].terms) * terms_per_triplet);
    total.active = static_cast<std::size_t>(sums[0].active + sums[1].active);
    total.positive_distance = positives > 0 ? total.positive_distance / positives : 0;
    total.negative_distance = negatives > 0 ? total.negative_distance / negatives : 0;
    for (std::size_t side = 0; side < 2; ++side) {
        double const count = how == losses::reducer::sum    ? 1
                             : how == losses::reducer::mean ? sums[side].terms
                                                            : sums[side].active;
        batch.scale[side] = count > 0 ? 1 / count : 0;
        // Without a term the loss is 0, but a value that is not a number has to be seen.
        total.loss += count > 0                         ? sums[side].value * batch.scale[side]
                      : std::isfinite(sums[side].value) ? 0
                                                        : sums[side].value;
    }
    if (!splits_sums)
        batch.scale[1] = batch.scale[0];
    return batch;
}

/// Multiplies the rows of G by their scale.
template <class T>
void scale_rows(matrix_view<T> g, std::array<double, 2> const& scale) {
    parallel_blocks(g.rows(), 16, [&](std::size_t first, std::size_t last) {
        T const by = static_cast<T>(scale[0]);
        for (std::size_t i = first; i < last; ++i)
            for (T& v : g.row(i))
                v *= by;
    });
}

/// The same, with a scale of its own for what belongs to others than the anchor's person.
///
/// @param members_of  the places of an anchor's person
template <class T, class MembersOf>
void scale_rows_split(matrix_view<T> g, std::array<double, 2> const& scale, MembersOf&& members_of) {
    parallel_blocks(g.rows(), 16, [&](std::size_t first, std::size_t last) {
        T const positive = static_cast<T>(scale[0]), negative = static_cast<T>(scale[1]);
        for (std::size_t i = first; i < last; ++i) {
            auto const to = g.row(i);
            std::span<std::size_t const> const members = members_of(i);
            for (std::size_t p : members)
                to[p] *= positive;
            each_run_of_others(members, to.size(), [&](std::size_t from, std::size_t end, std::size_t) {
                for (std::size_t j = from; j < end; ++j)
                    to[j] *= negative;
            });
        }
    });
}

} // namespace trine::detail
