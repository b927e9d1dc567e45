#pragma once

/// The ways in which a loss is taken to an anchor's triplets and pairs. Each adds to the anchor's sums, and to the
/// slopes of its lists or, where terms reach into rows of others, to G itself.

#include <algorithm>
#include <cstddef>

#include "../core/random.hpp"
#include "../losses/concepts.hpp"
#include "../miners/concepts.hpp"
#include "anchor_lists.hpp"
#include "triplet_visitor.hpp"

namespace trine::detail {

/// A triplet loss on the triplets that a miner visits.
template <class Miner, class Loss, class T>
void visit_triplets(Miner const& miner, Loss const& loss, miners::anchor_view<T> const& view, random_stream& stream,
                    anchor_lists<T>& own, anchor_sums& sums) {
    miner.mine(view, stream,
               triplet_visitor<Loss, T>{loss, own.positive_distances, own.negative_distances, own.by_positives,
                                        own.by_negatives, sums});
}

/// A triplet loss on all triplets that the kept pairs make.
template <class Loss, class T>
void visit_kept(Loss const& loss, anchor_lists<T>& own, anchor_sums& sums) {
    triplet_visitor<Loss, T> const visitor{
        loss, own.kept_positive_distances, own.kept_negative_distances, own.kept_by_positives, own.kept_by_negatives,
        sums};
    for (std::size_t p = 0; p < own.kept_positives.size(); ++p)
        visitor(p);
}

/// A triplet loss on the nearer of d(a,n) and d(p,n), for each triplet of `each_triplet(visit)`. The latter's slope
/// goes to the row of p, which is of the same person and so of the same thread.
template <class Loss, class T, class EachTriplet>
void visit_swapped(Loss const& loss, matrix_view<T const> distances, std::size_t anchor, anchor_lists<T> const& own,
                   matrix_view<T> g, anchor_sums& sums, EachTriplet&& each_triplet) {
    triplet_visitor<Loss, T> const counter{loss, {}, {}, {}, {}, sums};
    each_triplet([&](std::size_t p, std::size_t n) {
        std::size_t const positive = own.positives[p], negative = own.negatives[n];
        T const dp = own.positive_distances[p], dn = own.negative_distances[n], other = distances(positive, negative);
        auto const v = loss(dp, std::min(dn, other));
        g(anchor, positive) += v.by_positive;
        g(other < dn ? positive : anchor, negative) += v.by_negative;
        counter.count(v, dp, std::min(dn, other));
    });
}

/// Counts what a miner chose, where it chose triplets.
inline void count_triplets(anchor_sums& sums) {
    sums.chosen = sums.chosen_positives = sums.chosen_negatives = sums.sums[0].terms;
}

/// Counts what a miner chose, where it chose pairs.
template <class T>
void count_pairs(losses::pair_row<T> const& pairs, anchor_sums& sums) {
    for (T d : pairs.positives)
        sums.positive_distance += static_cast<double>(d);
    for (T d : pairs.negatives)
        sums.negative_distance += static_cast<double>(d);
    sums.chosen_positives = static_cast<double>(pairs.positives.size()),
    sums.chosen_negatives = static_cast<double>(pairs.negatives.size());
    sums.chosen = sums.chosen_positives + sums.chosen_negatives;
}

} // namespace trine::detail
