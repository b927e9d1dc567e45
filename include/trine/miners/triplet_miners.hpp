#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <string_view>

#include "../core/error.hpp"
#include "../core/tunable.hpp"
#include "concepts.hpp"

namespace trine::miners {

namespace detail {

// Visits the triplets whose d(a,n) − d(a,p) is as wanted.
template <class T, class Visit, class Wanted>
void visit_gaps(anchor_view<T> const& a, Visit&& visit, Wanted&& wanted) {
    for (std::size_t p = 0; p < a.positives.size(); ++p)
        for (std::size_t n = 0; n < a.negatives.size(); ++n)
            if (wanted(a.negative_distances[n] - a.positive_distances[p]))
                visit(p, n);
}

} // namespace detail

/// Every triplet. Of the order of B³ of them, visited in O(B²) memory. As a pair miner, every pair.
struct all {
    static constexpr std::string_view name = "all";

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            visit(p);
    }
    template <class T, class Positive, class Negative>
    void mine_pairs(anchor_view<T> const& a, random_stream&, Positive&& positive, Negative&& negative) const {
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            positive(p);
        for (std::size_t n = 0; n < a.negatives.size(); ++n)
            negative(n);
    }
};

/// For every positive, negatives drawn at random: the plain baseline. B·(K−1)·`negatives_per_positive` triplets.
struct random {
    static constexpr std::string_view name = "random";
    static constexpr std::array tunables{tunable{"negatives_per_positive", 1, 8, spacing::linear, true}};
    std::size_t negatives_per_positive = 1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("negatives_per_positive", self.negatives_per_positive);
    }

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
        auto const farthest =
            std::max_element(a.positive_distances.begin(), a.positive_distances.end()) - a.positive_distances.begin();
        auto const nearest =
            std::min_element(a.negative_distances.begin(), a.negative_distances.end()) - a.negative_distances.begin();
        visit(static_cast<std::size_t>(farthest), static_cast<std::size_t>(nearest));
    }
};

/// All triplets whose negative is no farther than their positive: d(a,n) ≤ d(a,p).
struct hard {
    static constexpr std::string_view name = "hard";

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        detail::visit_gaps(a, visit, [](T gap) { return gap <= T(0); });
    }
};

/// All triplets whose negative is farther than the positive, but by no more than the margin: 0 < d(a,n) − d(a,p) ≤
/// margin.
///
/// @see F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet", CVPR 2015, section 3.2
struct semi_hard {
    static constexpr std::string_view name = "semi_hard";
    static constexpr std::array tunables{tunable{"margin", 0.05, 1, spacing::logarithmic}};
    double margin = 0.2;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin);
    }

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        detail::visit_gaps(a, visit, [m = static_cast<T>(margin)](T gap) { return gap > T(0) && gap <= m; });
    }
};

/// All triplets that violate the margin, hard and semi-hard alike: d(a,n) − d(a,p) ≤ margin.
struct within_margin {
    static constexpr std::string_view name = "within_margin";
    static constexpr std::array tunables{tunable{"margin", 0.05, 1, spacing::logarithmic}};
    double margin = 0.2;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin);
    }

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        detail::visit_gaps(a, visit, [m = static_cast<T>(margin)](T gap) { return gap <= m; });
    }
};

/// All triplets that are right by more than the margin: d(a,n) − d(a,p) > margin.
struct easy {
    static constexpr std::string_view name = "easy";
    static constexpr std::array tunables{tunable{"margin", 0.05, 1, spacing::logarithmic}};
    double margin = 0.2;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin);
    }

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        detail::visit_gaps(a, visit, [m = static_cast<T>(margin)](T gap) { return gap > m; });
    }
};

/// For every positive pair one negative: the nearest of the semi-hard ones, d(a,p) < d(a,n) < d(a,p) + margin; where
/// there is none, the nearest beyond the margin, or nothing with `skip_without`.
///
/// @see F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet", CVPR 2015, section 3.2
struct facenet_semi_hard {
    static constexpr std::string_view name = "facenet_semi_hard";
    static constexpr std::array tunables{tunable{"margin", 0.05, 1, spacing::logarithmic}};
    double margin = 0.2;
    bool skip_without = false;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("skip_without", self.skip_without);
    }

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        for (std::size_t p = 0; p < a.positives.size(); ++p) {
            // The nearest negative beyond the positive is semi-hard if any is, and else the hardest easy one.
            std::size_t chosen = a.negatives.size();
            for (std::size_t n = 0; n < a.negatives.size(); ++n)
                if (a.negative_distances[n] > a.positive_distances[p] &&
                    (chosen == a.negatives.size() || a.negative_distances[n] < a.negative_distances[chosen]))
                    chosen = n;
            if (chosen < a.negatives.size() &&
                (!skip_without || a.negative_distances[chosen] < a.positive_distances[p] + static_cast<T>(margin)))
                visit(p, chosen);
        }
    }
};

/// For every positive pair one negative, drawn with probability in inverse proportion to how common its distance is on
/// the sphere: q(d) ∝ d^{D−2}(1 − d²/4)^{(D−3)/2}. Distances count from `cutoff` on; negatives at `farthest` and beyond
/// are not drawn. For Euclidean distances of unit vectors.
///
/// @see C.-Y. Wu, R. Manmatha, A. Smola, P. Krähenbühl, "Sampling Matters in Deep Embedding Learning", ICCV 2017
struct distance_weighted {
    static constexpr std::string_view name = "distance_weighted";
    static constexpr std::array tunables{tunable{"cutoff", 0.2, 0.8}, tunable{"farthest", 1, 1.6}};
    double cutoff = 0.5, farthest = 1.4;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("cutoff", self.cutoff), visit("farthest", self.farthest);
    }

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream& stream, Visit&& visit) const {
        require<argument_error>(a.dimensions > 0,
                                "distance_weighted: the density of distances depends on the number of "
                                "dimensions, which is not given");
        auto const cumulated = a.scratch.first(a.negatives.size());
        auto const d = static_cast<double>(a.dimensions);
        auto const log_weight = [&](T distance) {
            double const x = std::max(static_cast<double>(distance), cutoff);
            return -(d - 2) * std::log(x) - (d - 3) / 2 * std::log(std::max(1 - x * x / 4, 1e-8));
        };
        double largest = -std::numeric_limits<double>::infinity();
        for (T distance : a.negative_distances)
            if (static_cast<double>(distance) < farthest)
                largest = std::max(largest, log_weight(distance));
        if (!std::isfinite(largest))
            return;
        double sum = 0;
        for (std::size_t n = 0; n < a.negatives.size(); ++n)
            cumulated[n] = sum += static_cast<double>(a.negative_distances[n]) < farthest
                                      ? std::exp(log_weight(a.negative_distances[n]) - largest)
                                      : 0.0;
        for (std::size_t p = 0; p < a.positives.size(); ++p) {
            auto const at =
                std::upper_bound(cumulated.begin(), cumulated.end(), stream.uniform(0, sum)) - cumulated.begin();
            visit(p, std::min(static_cast<std::size_t>(at), a.negatives.size() - 1));
        }
    }
};

/// All triplets in which the angle at the negative, arctan(‖a − p‖ / 2‖n − (a + p)/2‖), is above `degrees`. For
/// Euclidean distances.
///
/// @see J. Wang, F. Zhou, S. Wen, X. Liu, Y. Lin, "Deep Metric Learning with Angular Loss", ICCV 2017
struct angular {
    static constexpr std::string_view name = "angular";
    static constexpr std::array tunables{tunable{"degrees", 5, 40}};
    static constexpr bool needs_euclidean = true;
    double degrees = 20;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("degrees", self.degrees);
    }

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        T const limit = static_cast<T>(std::tan(degrees * std::numbers::pi / 180));
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            for (std::size_t n = 0; n < a.negatives.size(); ++n) {
                T const ap = a.positive_distances[p], an = a.negative_distances[n],
                        pn = a.distances(a.positives[p], a.negatives[n]);
                // The median of the triangle: 4‖n − (a + p)/2‖² = 2 d(a,n)² + 2 d(p,n)² − d(a,p)².
                T const twice = std::sqrt(std::max(2 * (an * an + pn * pn) - ap * ap, T(0)));
                if (ap > limit * twice)
                    visit(p, n);
            }
    }
};

/// First random triplets, then hard ones: the share of anchors that are mined as by `batch_hard` grows evenly from
/// `from` to `to` over `steps` steps.
struct curriculum {
    static constexpr std::string_view name = "curriculum";
    static constexpr std::array tunables{tunable{"from", 0, 0.5}, tunable{"to", 0.5, 1}};
    std::size_t steps = 1000;
    double from = 0, to = 1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("steps", self.steps), visit("from", self.from), visit("to", self.to);
    }

    /// The share of hard triplets in a step.
    double share(std::size_t step) const {
        return from + (to - from) * std::min(1.0, static_cast<double>(step) /
                                                      static_cast<double>(std::max<std::size_t>(1, steps)));
    }

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream& stream, Visit&& visit) const {
        if (stream.chance(share(a.step)))
            batch_hard{}.mine(a, stream, visit);
        else
            random{}.mine(a, stream, visit);
    }
};

} // namespace trine::miners
