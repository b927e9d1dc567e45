#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "../core/tunable.hpp"
#include "concepts.hpp"

namespace trine::miners {

/// Which pair of an anchor `batch_easy_hard` takes.
enum class strategy {
    easy,      ///< nearest positive, farthest negative
    semi_hard, ///< the farthest positive nearer than the chosen negative; the nearest negative farther than the chosen
               ///< positive
    hard,      ///< farthest positive, nearest negative
    all,
};
constexpr std::string_view name_of(strategy s) {
    return s == strategy::easy ? "easy" : s == strategy::semi_hard ? "semi_hard" : s == strategy::hard ? "hard" : "all";
}

/// For every anchor one positive and one negative, each by its own strategy; an anchor for which one of them does not
/// exist is left out. With `all` on one side the two sides are chosen independently.
///
/// @see H. Xuan, A. Stylianou, R. Pless, "Improved Embeddings with Easy Positive Triplet Mining", WACV 2020
template <strategy Positive = strategy::easy, strategy Negative = strategy::semi_hard>
struct batch_easy_hard {
    static constexpr std::string_view name = "batch_easy_hard";
    static_assert(Positive != strategy::semi_hard || (Negative != strategy::semi_hard && Negative != strategy::all),
                  "batch_easy_hard: a semi-hard positive is measured against one negative, which cannot be semi-hard "
                  "itself or all of them");
    static_assert(Negative != strategy::semi_hard || Positive != strategy::all,
                  "batch_easy_hard: a semi-hard negative is measured against one positive, not against all");
    static constexpr strategy of_positives = Positive, of_negatives = Negative;

    template <class Self, class Visit>
    static void values(Self&, Visit&& visit) {
        visit("positive", of_positives), visit("negative", of_negatives);
    }

    template <class T, class VisitPositive, class VisitNegative>
    void mine_pairs(anchor_view<T> const& a, random_stream&, VisitPositive&& positive, VisitNegative&& negative) const {
        std::size_t const none = static_cast<std::size_t>(-1), ps = a.positives.size(), ns = a.negatives.size();
        constexpr bool one_side_is_all = Positive == strategy::all || Negative == strategy::all;
        if (!one_side_is_all && (ps == 0 || ns == 0))
            return;
        auto const dp = a.positive_distances, dn = a.negative_distances;
        // The largest or smallest of those that are allowed, the first of equals.
        auto const pick = [&](std::span<T const> d, bool largest, auto&& allowed) {
            std::size_t best = none;
            for (std::size_t i = 0; i < d.size(); ++i)
                if (allowed(d[i]) && (best == none || (largest ? d[i] > d[best] : d[i] < d[best])))
                    best = i;
            return best;
        };
        auto const any = [](T) { return true; };
        std::size_t p = none, n = none;
        if constexpr (Positive == strategy::easy || Positive == strategy::hard)
            p = pick(dp, Positive == strategy::hard, any);
        if constexpr (Negative == strategy::easy || Negative == strategy::hard)
            n = pick(dn, Negative == strategy::easy, any);
        if constexpr (Positive == strategy::semi_hard)
            p = pick(dp, true, [&](T d) { return d < dn[n]; });
        if constexpr (Negative == strategy::semi_hard)
            n = pick(dn, false, [&](T d) { return d > dp[p]; });
        if (!one_side_is_all && (p == none || n == none))
            return;
        if constexpr (Positive == strategy::all)
            for (std::size_t i = 0; i < ps; ++i)
                positive(i);
        else if (p != none)
            positive(p);
        if constexpr (Negative == strategy::all)
            for (std::size_t i = 0; i < ns; ++i)
                negative(i);
        else if (n != none)
            negative(n);
    }
};

/// Positives less alike than the most alike negative, and negatives more alike than the least alike positive, each with
/// a slack ε: s(a,p) < max_n s(a,n) + ε and s(a,n) > min_p s(a,p) − ε.
///
/// @see X. Wang, X. Han, W. Huang, D. Dong, M. Scott, "Multi-Similarity Loss with General Pair Weighting for Deep
/// Metric Learning", CVPR 2019
struct multi_similarity {
    static constexpr std::string_view name = "multi_similarity";
    static constexpr std::array tunables{tunable{"epsilon", 0.02, 0.5, spacing::logarithmic}};
    double epsilon = 0.1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("epsilon", self.epsilon);
    }

    template <class T, class Positive, class Negative>
    void mine_pairs(anchor_view<T> const& a, random_stream&, Positive&& positive, Negative&& negative) const {
        if (a.positives.empty() || a.negatives.empty())
            return;
        T const slack = static_cast<T>(epsilon);
        T const nearest = *std::min_element(a.negative_distances.begin(), a.negative_distances.end());
        T const farthest = *std::max_element(a.positive_distances.begin(), a.positive_distances.end());
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            if (a.positive_distances[p] > nearest - slack)
                positive(p);
        for (std::size_t n = 0; n < a.negatives.size(); ++n)
            if (a.negative_distances[n] < farthest + slack)
                negative(n);
    }
};

/// Positives farther than m⁺ and negatives nearer than m⁻.
struct pair_margin {
    static constexpr std::string_view name = "pair_margin";
    static constexpr std::array tunables{tunable{"positive_margin", 0, 0.5}, tunable{"negative_margin", 0.3, 1.2}};
    double positive_margin = 0.2, negative_margin = 0.8;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("positive_margin", self.positive_margin), visit("negative_margin", self.negative_margin);
    }

    template <class T, class Positive, class Negative>
    void mine_pairs(anchor_view<T> const& a, random_stream&, Positive&& positive, Negative&& negative) const {
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            if (a.positive_distances[p] > static_cast<T>(positive_margin))
                positive(p);
        for (std::size_t n = 0; n < a.negatives.size(); ++n)
            if (a.negative_distances[n] < static_cast<T>(negative_margin))
                negative(n);
    }
};

/// The hardest fraction of all positive pairs of the batch, and of all negative pairs. Ties go to the smaller places.
///
/// @see Y. Yuan, K. Yang, C. Zhang, "Hard-Aware Deeply Cascaded Embedding", ICCV 2017
struct hard_aware {
    static constexpr std::string_view name = "hard_aware";
    static constexpr std::array tunables{tunable{"fraction", 0.1, 1}};
    double fraction = 0.5;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("fraction", self.fraction);
    }

    /// The last pair, in order of hardness, that is taken on either side.
    template <class T>
    struct limits {
        struct last {
            T distance{};
            std::size_t anchor = 0, other = 0;
            bool none = true;
        } positive, negative;
    };
    template <class T>
    limits<T> prepare(matrix_view<T const> d, std::span<label const> labels) const {
        limits<T> found;
        for (bool same : {true, false}) {
            // Distances alone decide but for ties, which are then counted off in their order; memory is that of one
            // more distance matrix at most.
            std::vector<T> values;
            for (std::size_t i = 0; i < d.rows(); ++i)
                for (std::size_t j = 0; j < d.cols(); ++j)
                    if (i != j && (labels[i] == labels[j]) == same)
                        values.push_back(d(i, j));
            auto const count = static_cast<std::size_t>(fraction * static_cast<double>(values.size()));
            if (count == 0)
                continue;
            auto const middle = values.begin() + static_cast<std::ptrdiff_t>(count - 1);
            if (same)
                std::nth_element(values.begin(), middle, values.end(), std::greater<T>());
            else
                std::nth_element(values.begin(), middle, values.end());
            auto& last = same ? found.positive : found.negative;
            last.none = false;
            last.distance = *middle;
            auto ties = static_cast<std::size_t>(std::count(values.begin(), middle + 1, *middle));
            for (std::size_t i = 0; i < d.rows() && ties > 0; ++i)
                for (std::size_t j = 0; j < d.cols() && ties > 0; ++j)
                    if (i != j && (labels[i] == labels[j]) == same && d(i, j) == last.distance) {
                        last.anchor = i, last.other = j;
                        --ties;
                    }
        }
        return found;
    }
    template <class T, class Positive, class Negative>
    void mine_pairs(anchor_view<T> const& a, random_stream&, Positive&& positive, Negative&& negative,
                    limits<T> const& l) const {
        auto const taken = [&](T distance, std::size_t other, auto const& last, bool larger) {
            if (last.none)
                return false;
            if (distance != last.distance)
                return larger ? distance > last.distance : distance < last.distance;
            return a.anchor < last.anchor || (a.anchor == last.anchor && other <= last.other);
        };
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            if (taken(a.positive_distances[p], a.positives[p], l.positive, true))
                positive(p);
        for (std::size_t n = 0; n < a.negatives.size(); ++n)
            if (taken(a.negative_distances[n], a.negatives[n], l.negative, false))
                negative(n);
    }
};

/// The first photo of every person as anchor, the second as its positive, and the second photos of all others as
/// negatives: the batch of the N-pair loss.
///
/// @see K. Sohn, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective", NIPS 2016
struct one_pair_a_person {
    static constexpr std::string_view name = "one_pair_a_person";

    template <class T, class Positive, class Negative>
    void mine_pairs(anchor_view<T> const& a, random_stream&, Positive&& positive, Negative&& negative) const {
        if (a.positives.empty() || a.ranks[a.anchor] != 0)
            return;
        positive(0);
        for (std::size_t n = 0; n < a.negatives.size(); ++n)
            if (a.ranks[a.negatives[n]] == 1)
                negative(n);
    }
};

} // namespace trine::miners
