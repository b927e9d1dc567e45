#pragma once

/// Losses of the order in which an anchor's pairs stand.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "../core/error.hpp"
#include "../core/tunable.hpp"
#include "pair.hpp"

namespace trine::losses {

/// 1 − the average precision of an anchor's ranking, from soft histograms of squared distances of unit vectors (0 … 4).
/// Anchors without positives are left out.
///
/// @see F. Cakir, K. He, X. Xia, B. Kulis, S. Sclaroff, "Deep Metric Learning to Rank", CVPR 2019
struct fast_ap {
    static constexpr std::string_view name = "fast_ap";
    static constexpr std::array tunables{tunable{"bins", 5, 50, spacing::logarithmic, true}};
    static constexpr std::size_t most_bins = 256;
    std::size_t bins = 10; ///< up to 256
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("bins", self.bins), visit("reduction", self.reduction);
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        if (r.positives.empty()) {
            detail::no_gradient(r);
            return {};
        }
        std::size_t const last = std::min(bins, most_bins);
        T const width = T(4) / static_cast<T>(last);
        std::array<T, most_bins + 1> right{}, all{}, by_right{}, by_wrong{};
        // A distance falls between two bins and counts in both, the more the nearer.
        auto const place = [&](T d) {
            return std::pair{std::min(static_cast<std::size_t>(std::max(d, T(0)) / width), last - 1),
                             std::max(d, T(0)) / width};
        };
        auto const count = [&](std::span<T const> d, auto& histogram) {
            for (T v : d) {
                auto const [bin, at] = place(v);
                histogram[bin] += std::max(1 - (at - static_cast<T>(bin)), T(0));
                histogram[bin + 1] += std::max(1 - std::abs(at - static_cast<T>(bin + 1)), T(0));
            }
        };
        count(r.positives, right);
        all = right;
        count(r.negatives, all);
        T const each = T(1) / static_cast<T>(r.positives.size());
        T precision = 0, sum_right = 0, sum_all = 0;
        std::array<T, most_bins + 1> cumulated_right{}, cumulated_all{};
        for (std::size_t b = 0; b <= last; ++b) {
            cumulated_right[b] = sum_right += right[b];
            cumulated_all[b] = sum_all += all[b];
            if (sum_all > T(0))
                precision += each * right[b] * sum_right / sum_all;
        }
        T tail_right = 0, tail_wrong = 0;
        for (std::size_t b = last + 1; b-- > 0;) {
            if (cumulated_all[b] > T(0)) {
                T const ratio = cumulated_right[b] / cumulated_all[b], part = each * right[b] / cumulated_all[b];
                tail_right += part * (1 - ratio);
                tail_wrong -= part * ratio;
                by_right[b] = each * ratio + tail_right;
            } else
                by_right[b] = tail_right;
            by_wrong[b] = tail_wrong;
        }
        auto const spread = [&](std::span<T const> d, std::span<T> by, auto const& slope) {
            for (std::size_t i = 0; i < d.size(); ++i) {
                auto const [bin, at] = place(d[i]);
                T const inside = at - static_cast<T>(bin);
                by[i] = inside > T(0) && inside < T(1) ? (slope[bin] - slope[bin + 1]) / width
                                                       : T(0); // the loss is 1 − precision
            }
        };
        spread(r.positives, r.by_positives, by_right);
        spread(r.negatives, r.by_negatives, by_wrong);
        T const value = 1 - precision;
        return detail::one_term(value);
    }
};

/// Positives are pulled inside α − m and negatives pushed beyond α: of each, the mean of what is missing, weighted by
/// e^{T·missing}. For Euclidean distances of unit vectors; averaged over all anchors.
///
/// As in PyTorch Metric Learning: the gradient also runs through the weights, which the paper holds constant; pairs at
/// distance 0, which have no direction, are left out; the sum of weights has a small constant added, 10⁻⁵ a photo, so
/// that the loss does not jump where the last pair comes right; T⁻ = 1 (the paper: 10).
///
/// @see X. Wang, Y. Hua, E. Kodirov, G. Hu, R. Garnier, N. Robertson, "Ranked List Loss for Deep Metric Learning", CVPR
/// 2019
struct ranked_list {
    static constexpr std::string_view name = "ranked_list";
    static constexpr std::array tunables{tunable{"alpha", 0.6, 1.6}, tunable{"margin", 0.1, 0.8}};
    double alpha = 1.2, margin = 0.4;
    double positive_temperature = 0, negative_temperature = 1; ///< T⁺, T⁻
    double imbalance = 0.5;                                    ///< weight of the negatives; the positives have the rest
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("alpha", self.alpha), visit("margin", self.margin),
            visit("positive_temperature", self.positive_temperature),
            visit("negative_temperature", self.negative_temperature), visit("imbalance", self.imbalance),
            visit("reduction", self.reduction);
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        T const constant = static_cast<T>(1e-5) * static_cast<T>(r.positives.size() + r.negatives.size() + 1);
        auto const side = [&](std::span<T const> d, std::span<T> by, T limit, T sign, T temperature, T share) {
            T total = constant, value = 0;
            for (T v : d)
                if (T const excess = sign * (v - limit); excess > T(0) && v > T(0)) {
                    total += std::exp(temperature * excess);
                    value += std::exp(temperature * excess) * excess;
                }
            value /= total;
            for (std::size_t i = 0; i < d.size(); ++i) {
                T const excess = sign * (d[i] - limit);
                by[i] = excess > T(0) && d[i] > T(0) ? share * sign * std::exp(temperature * excess) *
                                                           (1 + temperature * (excess - value)) / total
                                                     : T(0);
            }
            return share * value;
        };
        T const value = side(r.positives, r.by_positives, static_cast<T>(alpha - margin), T(1),
                             static_cast<T>(positive_temperature), static_cast<T>(1 - imbalance)) +
                        side(r.negatives, r.by_negatives, static_cast<T>(alpha), T(-1),
                             static_cast<T>(negative_temperature), static_cast<T>(imbalance));
        return detail::one_term(value);
    }
};

/// 1 − the average precision of an anchor's ranking, whose steps are sigmoids of differences of similarities: with I
/// the anchor's person, AP = mean over i ∈ I of (1 + Σ_{j∈I, j≠i} σ((s_j − s_i)/τ)) / (1 + Σ_{j≠i} σ((s_j − s_i)/τ)).
/// With cosine distance.
///
/// The authors' program has the anchor itself among I and among the ranked, so that an anchor of its own is one that is
/// always found; with `include_query` false it is in neither, and anchors without positives are left out.
///
/// @see A. Brown, W. Xie, V. Kalogeiton, A. Zisserman, "Smooth-AP: Smoothing the Path Towards Large-Scale Image
/// Retrieval", ECCV 2020
struct smooth_ap {
    static constexpr std::string_view name = "smooth_ap";
    static constexpr std::array tunables{tunable{"temperature", 0.003, 0.1, spacing::logarithmic}};
    double temperature = 0.01;
    bool include_query = true;
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("temperature", self.temperature), visit("include_query", self.include_query),
            visit("reduction", self.reduction);
    }
    void check() const {
        require<argument_error>(temperature > 0, "smooth_ap: temperature ", temperature, ", which has to be above 0");
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        detail::no_gradient(r);
        std::size_t const own = r.positives.size(), ranked = own + (include_query ? 1 : 0);
        if (ranked == 0)
            return {};
        T const scale = static_cast<T>(1 / temperature);
        // Of the anchor's person, the last being the anchor itself, whose similarity does not change.
        auto const similarity = [&](std::size_t i) { return i < own ? r.positive_similarity(i) : r.similarity_offset; };
        T precision = 0;
        for (std::size_t i = 0; i < ranked; ++i) {
            T const from = similarity(i);
            T right = 1, all = 0;
            for (std::size_t j = 0; j < ranked; ++j)
                right += j == i ? T(0) : detail::logistic(scale * (similarity(j) - from));
            for (std::size_t n = 0; n < r.negatives.size(); ++n)
                all += detail::logistic(scale * (r.negative_similarity(n) - from));
            all += right;
            precision += right / all;
            // ∂(right/all) by a sigmoid of the own person's, and by one of the others'. Slopes by distance are those of
            // precision by similarity: both signs turn.
            T const each = T(1) / static_cast<T>(ranked), wrong = -each * right / (all * all),
                    good = each / all + wrong;
            T back = 0;
            auto const slope = [&](T to, T weight) {
                T const share = detail::logistic(scale * (to - from)), by = weight * scale * share * (1 - share);
                back += by;
                return by;
            };
            for (std::size_t j = 0; j < ranked; ++j)
                if (T const by = j == i ? T(0) : slope(similarity(j), good); j < own)
                    r.by_positives[j] += by;
            for (std::size_t n = 0; n < r.negatives.size(); ++n)
                r.by_negatives[n] += slope(r.negative_similarity(n), wrong);
            if (i < own)
                r.by_positives[i] -= back;
        }
        return detail::one_term(1 - precision / static_cast<T>(ranked));
    }
};

/// How `pnp` punishes R negatives before a positive.
enum class pnp_variant {
    o,  ///< R
    iu, ///< (1 + R) ln(1 + R): the more, the worse
    ib, ///< (bR − ln(1 + bR)) / b²: the same, with an even slope far off
    ds, ///< ln(1 + R): positives with many negatives before them are given up
    dq, ///< 1 − (1 + R)^{−α}: the same, faster
};
constexpr std::string_view name_of(pnp_variant v) {
    constexpr std::string_view names[]{"o", "iu", "ib", "ds", "dq"};
    return names[static_cast<std::size_t>(v)];
}

/// Penalising negatives before positives: R = Σ_n σ((s_n − s_p)/τ) negatives stand before each positive of the anchor,
/// itself among these as in PyTorch Metric Learning; the mean over them of what the variant makes of R. Anchors without
/// positives are left out. With cosine distance.
///
/// @see Z. Li, W. Min, J. Song, Y. Zhu, L. Kang, X. Wei, X. Wei, S. Jiang, "Rethinking the Optimization of Average
/// Precision: Only Penalizing Negative Instances before Positive Ones is Enough", AAAI 2022
struct pnp {
    static constexpr std::string_view name = "pnp";
    static constexpr std::array tunables{tunable{"temperature", 0.003, 0.1, spacing::logarithmic},
                                         tunable{"alpha", 1, 8}};
    pnp_variant variant = pnp_variant::ds;
    double temperature = 0.01; ///< τ
    double alpha = 4, b = 2;   ///< of dq, of ib
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("variant", self.variant), visit("temperature", self.temperature), visit("alpha", self.alpha),
            visit("b", self.b), visit("reduction", self.reduction);
    }
    void check() const {
        require<argument_error>(temperature > 0, "pnp: temperature ", temperature, ", which has to be above 0");
        require<argument_error>(alpha > 0, "pnp: alpha ", alpha, ", which has to be above 0");
        require<argument_error>(b > 0, "pnp: b ", b, ", which has to be above 0");
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        detail::no_gradient(r);
        std::size_t const own = r.positives.size();
        if (own == 0)
            return {};
        T const scale = static_cast<T>(1 / temperature), each = T(1) / static_cast<T>(own + 1);
        T value = 0;
        for (std::size_t i = 0; i <= own; ++i) {
            T const from = i < own ? r.positive_similarity(i) : r.similarity_offset;
            T before = 0, back = 0;
            for (std::size_t n = 0; n < r.negatives.size(); ++n)
                before += detail::logistic(scale * (r.negative_similarity(n) - from));
            auto const [penalty, by_before] = penalize(before);
            value += each * penalty;
            for (std::size_t n = 0; n < r.negatives.size(); ++n) {
                T const share = detail::logistic(scale * (r.negative_similarity(n) - from)),
                        by = each * by_before * scale * share * (1 - share);
                r.by_negatives[n] -= by;
                back += by;
            }
            if (i < own)
                r.by_positives[i] += back;
        }
        return detail::one_term(value);
    }

private:
    // What R negatives cost, and one more.
    template <class T>
    std::pair<T, T> penalize(T before) const {
        T const more = 1 + before, a = static_cast<T>(alpha), c = static_cast<T>(b);
        switch (variant) {
        case pnp_variant::iu:
            return {more * std::log(more), std::log(more) + 1};
        case pnp_variant::ib:
            return {(c * before - std::log1p(c * before)) / (c * c), before / (1 + c * before)};
        case pnp_variant::ds:
            return {std::log1p(before), 1 / more};
        case pnp_variant::dq:
            return {-std::expm1(-a * std::log1p(before)), a * std::pow(more, -a - 1)};
        default:
            return {before, T(1)};
        }
    }
};

} // namespace trine::losses
