#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "../core/random.hpp"

namespace trine::miners {

/// What a miner sees of one anchor: the batch's other photos of the same person and all photos of others, each with its distance, in the
/// order of their indices in the batch.
template <class T>
struct anchor_view {
    std::size_t anchor;
    std::span<std::size_t const> positives, negatives;
    std::span<T const> positive_distances, negative_distances;
};

namespace detail {
struct ignore_visit {
    void operator()(std::size_t, std::size_t) const {}
};
} // namespace detail

/// A miner calls `visit(p, n)` for each triplet of the anchor that it chooses; p and n are places in the anchor's lists.
///
/// Anchors are visited in parallel; the stream belongs to (seed, step, anchor).
template <class M>
concept triplet_miner = requires(M const& miner, anchor_view<float> const& view, random_stream& stream, detail::ignore_visit visit) {
    { miner.mine(view, stream, visit) } -> std::same_as<void>;
    { M::name } -> std::convertible_to<std::string_view>;
};

/// Every triplet. Of the order of B³ of them, visited in O(B²) memory.
struct all {
    static constexpr std::string_view name = "all";
    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            for (std::size_t n = 0; n < a.negatives.size(); ++n)
                visit(p, n);
    }
};

/// For every positive, negatives drawn at random (with replacement).
struct random {
    static constexpr std::string_view name = "random";
    std::size_t negatives_per_positive = 1;

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream& stream, Visit&& visit) const {
        if (a.negatives.empty())
            return;
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            for (std::size_t i = 0; i < negatives_per_positive; ++i)
                visit(p, stream.below(a.negatives.size()));
    }
};

/// Farthest positive and nearest negative of every anchor; ties go to the smaller index. At most B triplets.
///
/// @see A. Hermans, L. Beyer, B. Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017, section 2
struct batch_hard {
    static constexpr std::string_view name = "batch_hard";
    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        if (a.positives.empty() || a.negatives.empty())
            return;
        std::size_t farthest = 0, nearest = 0;
        for (std::size_t p = 1; p < a.positives.size(); ++p)
            if (a.positive_distances[p] > a.positive_distances[farthest])
                farthest = p;
        for (std::size_t n = 1; n < a.negatives.size(); ++n)
            if (a.negative_distances[n] < a.negative_distances[nearest])
                nearest = n;
        visit(farthest, nearest);
    }
};

/// All triplets whose negative is farther than the positive, but by no more than the margin: 0 < d(a,n) − d(a,p) ≤ margin.
///
/// @see F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet", CVPR 2015, section 3.2
struct semi_hard {
    static constexpr std::string_view name = "semi_hard";
    double margin = 0.2;

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            for (std::size_t n = 0; n < a.negatives.size(); ++n) {
                T const gap = a.negative_distances[n] - a.positive_distances[p];
                if (gap > T(0) && gap <= static_cast<T>(margin))
                    visit(p, n);
            }
    }
};

} // namespace trine::miners
