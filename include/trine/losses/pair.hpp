#pragma once

/// Losses of one anchor's pairs; ranking.hpp has those of their order.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <string_view>

#include "../core/tunable.hpp"
#include "concepts.hpp"
#include "log_sum_exp.hpp"

namespace trine::losses {

namespace detail {

// One term of an anchor.
template <class T>
term_sum one_term(T value) {
    return {static_cast<double>(value), 1, value > T(0) ? 1.0 : 0.0};
}

template <class T>
void no_gradient(pair_row<T> const& r) {
    std::fill(r.by_positives.begin(), r.by_positives.end(), T(0));
    std::fill(r.by_negatives.begin(), r.by_negatives.end(), T(0));
}

// For every positive ln(1 + Σ_n exp(negative(n) − positive(p))): what NT-Xent, N-pair and tuplet margin are made of.
// `slope(p)` is ∂positive/∂d, and ∂negative/∂d is −scale.
template <class T, class Positive, class Slope, class Negative>
term_sum one_against_negatives(pair_row<T> const& r, T scale, Positive&& positive, Slope&& slope, Negative&& negative) {
    term_sum sum;
    T const all = log_sum_exp<T>(r.negatives.size(), false, negative);
    T pushed = 0;
    for (std::size_t p = 0; p < r.positives.size(); ++p) {
        T const x = all - positive(p), value = softplus(x), share = logistic(x);
        r.by_positives[p] = -share * slope(p);
        pushed += share;
        sum.value += static_cast<double>(value);
        sum.terms += 1;
        sum.active += value > T(0);
    }
    for (std::size_t n = 0; n < r.negatives.size(); ++n)
        r.by_negatives[n] = pushed == T(0) ? T(0) : -scale * pushed * std::exp(negative(n) - all);
    return sum;
}

} // namespace detail

/// Σ_p [d(a,p) − m⁺]₊ + Σ_n [m⁻ − d(a,n)]₊, or with `squared` their squares, as in the paper. Positives and negatives
/// are averaged separately, by default over those above 0. (With distance `signal_to_noise` this is the SNR-contrastive
/// loss of Yuan et al., CVPR 2019.)
///
/// @see R. Hadsell, S. Chopra, Y. LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006
struct contrastive {
    static constexpr std::string_view name = "contrastive";
    static constexpr std::array tunables{tunable{"positive_margin", 0, 0.5}, tunable{"negative_margin", 0.3, 1.4}};
    static constexpr bool separable = true; ///< each pair is a term of its own
    double positive_margin = 0, negative_margin = 1;
    bool squared = false;
    reducer reduction = reducer::mean_of_active;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("positive_margin", self.positive_margin), visit("negative_margin", self.negative_margin),
            visit("squared", self.squared), visit("reduction", self.reduction);
    }

    template <class T>
    split_sums row(pair_row<T> const& r) const {
        auto const side = [&](std::span<T const> d, std::span<T> by, T margin, T sign) {
            term_sum sum;
            sum.terms = static_cast<double>(d.size());
            for (std::size_t i = 0; i < d.size(); ++i) {
                T const excess = std::max(sign * (d[i] - margin), T(0));
                by[i] = excess > T(0) ? sign * (squared ? 2 * excess : T(1)) : T(0);
                sum.value += static_cast<double>(squared ? excess * excess : excess);
                sum.active += excess > T(0);
            }
            return sum;
        };
        return {side(r.positives, r.by_positives, static_cast<T>(positive_margin), T(1)),
                side(r.negatives, r.by_negatives, static_cast<T>(negative_margin), T(-1))};
    }
};

/// For every positive pair −ln(e^{s(a,p)/τ} / (e^{s(a,p)/τ} + Σ_n e^{s(a,n)/τ})): InfoNCE, or NT-Xent. With cosine
/// distance.
///
/// @see T. Chen, S. Kornblith, M. Norouzi, G. Hinton, "A Simple Framework for Contrastive Learning of Visual
/// Representations", ICML 2020
struct nt_xent {
    static constexpr std::string_view name = "nt_xent";
    static constexpr std::array tunables{tunable{"temperature", 0.02, 1, spacing::logarithmic}};
    double temperature = 0.07;
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("temperature", self.temperature), visit("reduction", self.reduction);
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        T const scale = static_cast<T>(1 / temperature);
        return detail::one_against_negatives<T>(
            r, scale, [&](std::size_t p) { return scale * r.positive_similarity(p); },
            [&](std::size_t) { return -scale; }, [&](std::size_t n) { return scale * r.negative_similarity(n); });
    }
};

/// −ln(e^{s(a,p)} / (e^{s(a,p)} + Σ_n e^{s(a,n)})). The paper's batch, one pair of each person, is what
/// `miners::one_pair_a_person` picks; its similarities are inner products (distance `dot_product`), those of PyTorch
/// Metric Learning cosines.
///
/// @see K. Sohn, "Improved Deep Metric Learning with Multi-class N-pair Loss Objective", NIPS 2016
struct n_pair : nt_xent {
    static constexpr std::string_view name = "n_pair";
    constexpr n_pair(reducer r = reducer::mean) : nt_xent{1.0, r} {}
};

/// −1/|P(a)| Σ_p ln(e^{s(a,p)/τ} / Σ_{k≠a} e^{s(a,k)/τ}): the paper's L_out. An anchor without positives or without
/// negatives teaches nothing.
///
/// @see P. Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020
struct supervised_contrastive {
    static constexpr std::string_view name = "supervised_contrastive";
    static constexpr std::array tunables{tunable{"temperature", 0.02, 0.5, spacing::logarithmic}};
    double temperature = 0.1;
    reducer reduction = reducer::mean_of_active;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("temperature", self.temperature), visit("reduction", self.reduction);
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        if (r.positives.empty() || r.negatives.empty()) {
            detail::no_gradient(r);
            return {0, 1, 0};
        }
        T const scale = static_cast<T>(1 / temperature), each = T(1) / static_cast<T>(r.positives.size());
        std::size_t const p = r.positives.size();
        auto const at = [&](std::size_t i) {
            return scale * (i < p ? r.positive_similarity(i) : r.negative_similarity(i - p));
        };
        T const all = detail::log_sum_exp<T>(p + r.negatives.size(), false, at);
        T mean = 0;
        for (std::size_t i = 0; i < p; ++i) {
            mean += each * at(i);
            r.by_positives[i] = scale * (each - std::exp(at(i) - all));
        }
        for (std::size_t n = 0; n < r.negatives.size(); ++n)
            r.by_negatives[n] = -scale * std::exp(at(p + n) - all);
        return detail::one_term(all - mean);
    }
};

/// 1/α ln(1 + Σ_p e^{−α(s(a,p)−λ)}) + 1/β ln(1 + Σ_n e^{β(s(a,n)−λ)}), averaged over all anchors. With cosine distance.
///
/// λ is 0.5 as in the paper's text and PyTorch Metric Learning; the authors' program has 1.
///
/// @see X. Wang, X. Han, W. Huang, D. Dong, M. Scott, "Multi-Similarity Loss with General Pair Weighting for Deep
/// Metric Learning", CVPR 2019
struct multi_similarity {
    static constexpr std::string_view name = "multi_similarity";
    static constexpr std::array tunables{tunable{"alpha", 0.5, 20, spacing::logarithmic},
                                         tunable{"beta", 5, 100, spacing::logarithmic}, tunable{"base", 0.2, 0.8}};
    double alpha = 2, beta = 50, base = 0.5;
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("alpha", self.alpha), visit("beta", self.beta), visit("base", self.base),
            visit("reduction", self.reduction);
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        T const a = static_cast<T>(alpha), b = static_cast<T>(beta), middle = static_cast<T>(base);
        auto const positive = [&](std::size_t p) { return -a * (r.positive_similarity(p) - middle); };
        auto const negative = [&](std::size_t n) { return b * (r.negative_similarity(n) - middle); };
        T const pull = detail::log_sum_exp<T>(r.positives.size(), true, positive),
                push = detail::log_sum_exp<T>(r.negatives.size(), true, negative);
        detail::spread_shares(r.by_positives, T(1), pull, positive);
        detail::spread_shares(r.by_negatives, T(-1), push, negative);
        T const value = pull / a + push / b;
        return detail::one_term(value);
    }
};

/// ln(1 + Σ_n e^{γ·w_n(s_n − m)} · Σ_p e^{−γ·w_p(s_p − (1−m))}) with w_p = [1 + m − s_p]₊ and w_n = [s_n + m]₊ held
/// constant: pairs far from their optimum are weighted more. With cosine distance.
///
/// Defaults are the paper's for faces; PyTorch Metric Learning has m = 0.4, γ = 80.
///
/// @see Y. Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization", CVPR 2020
struct circle {
    static constexpr std::string_view name = "circle";
    static constexpr std::array tunables{tunable{"margin", 0.1, 0.5}, tunable{"gamma", 16, 512, spacing::logarithmic}};
    double margin = 0.25, gamma = 256;
    reducer reduction = reducer::mean_of_active;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("gamma", self.gamma), visit("reduction", self.reduction);
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        if (r.positives.empty() || r.negatives.empty()) {
            detail::no_gradient(r);
            return {0, 1, 0};
        }
        T const m = static_cast<T>(margin), scale = static_cast<T>(gamma);
        auto const positive_weight = [&](std::size_t p) {
            return scale * std::max(1 + m - r.positive_similarity(p), T(0));
        };
        auto const negative_weight = [&](std::size_t n) {
            return scale * std::max(r.negative_similarity(n) + m, T(0));
        };
        auto const positive = [&](std::size_t p) { return -positive_weight(p) * (r.positive_similarity(p) - (1 - m)); };
        auto const negative = [&](std::size_t n) { return negative_weight(n) * (r.negative_similarity(n) - m); };
        T const pull = detail::log_sum_exp<T>(r.positives.size(), false, positive),
                push = detail::log_sum_exp<T>(r.negatives.size(), false, negative);
        T const value = detail::softplus(pull + push), slope = detail::logistic(pull + push);
        for (std::size_t p = 0; p < r.positives.size(); ++p)
            r.by_positives[p] = slope * positive_weight(p) * std::exp(positive(p) - pull);
        for (std::size_t n = 0; n < r.negatives.size(); ++n)
            r.by_negatives[n] = -slope * negative_weight(n) * std::exp(negative(n) - push);
        return detail::one_term(value);
    }
};

/// [ln Σ_p e^{d(a,p) − m⁺} + ln Σ_n e^{m⁻ − d(a,n)}]₊, averaged over all anchors; an empty sum counts as 0.
///
/// @see A. Hermans, L. Beyer, B. Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017, section 2
struct generalized_lifted_structure {
    static constexpr std::string_view name = "generalized_lifted_structure";
    static constexpr std::array tunables{tunable{"positive_margin", 0, 0.5}, tunable{"negative_margin", 0.3, 1.4}};
    double positive_margin = 0, negative_margin = 1;
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("positive_margin", self.positive_margin), visit("negative_margin", self.negative_margin),
            visit("reduction", self.reduction);
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        auto const positive = [&](std::size_t p) { return r.positives[p] - static_cast<T>(positive_margin); };
        auto const negative = [&](std::size_t n) { return static_cast<T>(negative_margin) - r.negatives[n]; };
        T const pull = detail::log_sum_exp<T>(r.positives.size(), false, positive),
                push = detail::log_sum_exp<T>(r.negatives.size(), false, negative);
        T const value = std::max((r.positives.empty() ? T(0) : pull) + (r.negatives.empty() ? T(0) : push), T(0));
        T const active = value > T(0) ? T(1) : T(0);
        detail::spread_shares(r.by_positives, active, pull, positive);
        detail::spread_shares(r.by_negatives, -active, push, negative);
        return detail::one_term(value);
    }
};

/// For every positive ln(1 + Σ_n e^{s(cos θ_an − cos(θ_ap − β))}): negatives against a positive that is taken to be β
/// nearer. With cosine distance.
///
/// @see B. Yu, D. Tao, "Deep Metric Learning with Tuplet Margin Loss", ICCV 2019
struct tuplet_margin {
    static constexpr std::string_view name = "tuplet_margin";
    static constexpr std::array tunables{tunable{"degrees", 1, 20, spacing::logarithmic},
                                         tunable{"scale", 8, 128, spacing::logarithmic}};
    double degrees = 5.73, scale = 64;
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("degrees", self.degrees), visit("scale", self.scale), visit("reduction", self.reduction);
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        double const angle = degrees * std::numbers::pi / 180;
        T const s = static_cast<T>(scale), c = static_cast<T>(std::cos(angle)), sine = static_cast<T>(std::sin(angle));
        // cos(θ − β) = cos θ cos β + sin θ sin β. At θ = 0 the slope of sin θ is infinite and taken as 0.
        auto const height = [](T x) { return std::sqrt(std::max(1 - x * x, T(0))); };
        return detail::one_against_negatives<T>(
            r, s,
            [&](std::size_t p) {
                T const x = r.positive_similarity(p);
                return s * (x * c + height(x) * sine);
            },
            [&](std::size_t p) {
                T const x = r.positive_similarity(p), h = height(x);
                return -s * (c - (h > 4 * std::sqrt(std::numeric_limits<T>::epsilon()) ? x / h * sine : T(0)));
            },
            [&](std::size_t n) { return s * r.negative_similarity(n); });
    }
};

/// −ln(Σ_p e^{−κ·d(a,p)} / Σ_{k≠a} e^{−κ·d(a,k)}): the chance that a neighbour, drawn by distance, is of the right
/// person. Anchors without positives are left out.
///
/// @see J. Goldberger, S. Roweis, G. Hinton, R. Salakhutdinov, "Neighbourhood Components Analysis", NIPS 2004
struct nca {
    static constexpr std::string_view name = "nca";
    static constexpr std::array tunables{tunable{"softmax_scale", 1, 64, spacing::logarithmic}};
    double softmax_scale = 1; ///< κ
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("softmax_scale", self.softmax_scale), visit("reduction", self.reduction);
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        if (r.positives.empty()) {
            detail::no_gradient(r);
            return {};
        }
        T const k = static_cast<T>(softmax_scale);
        auto const positive = [&](std::size_t p) { return -k * r.positives[p]; };
        auto const negative = [&](std::size_t n) { return -k * r.negatives[n]; };
        T const right = detail::log_sum_exp<T>(r.positives.size(), false, positive),
                wrong = detail::log_sum_exp<T>(r.negatives.size(), false, negative);
        T const all = right + detail::softplus(wrong - right);
        for (std::size_t p = 0; p < r.positives.size(); ++p)
            r.by_positives[p] = k * (std::exp(positive(p) - right) - std::exp(positive(p) - all));
        detail::spread_shares(r.by_negatives, -k, all, negative);
        return detail::one_term(all - right);
    }
};

/// Pulls the similarities of all positive pairs of a batch above (1 − ε) of their mean, and those of negative pairs
/// below (1 + ε) of theirs, by the square of what is missing. With cosine distance.
///
/// @see B. Yu, T. Liu, M. Gong, C. Ding, D. Tao, "Correcting the Triplet Selection Bias for Triplet Loss", ECCV 2018
struct intra_pair_variance {
    static constexpr std::string_view name = "intra_pair_variance";
    static constexpr std::array tunables{tunable{"positive_epsilon", 0.003, 0.1, spacing::logarithmic},
                                         tunable{"negative_epsilon", 0.003, 0.1, spacing::logarithmic}};
    double positive_epsilon = 0.01, negative_epsilon = 0.01;
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("positive_epsilon", self.positive_epsilon), visit("negative_epsilon", self.negative_epsilon),
            visit("reduction", self.reduction);
    }

    // Two means come first: of the similarities, then of what is missing, by which the means' own change enters the
    // gradient.
    static constexpr int surveys = 2;
    template <class T>
    std::array<double, 4> survey(int pass, pair_row<T> const& r, std::span<double const> totals) const {
        std::array<double, 4> sums{};
        for (std::size_t p = 0; p < r.positives.size(); ++p)
            sums[0] += pass == 0 ? static_cast<double>(r.positive_similarity(p))
                                 : missing(static_cast<double>(r.positive_similarity(p)), totals, 0);
        for (std::size_t n = 0; n < r.negatives.size(); ++n)
            sums[1] += pass == 0 ? static_cast<double>(r.negative_similarity(n))
                                 : missing(static_cast<double>(r.negative_similarity(n)), totals, 1);
        sums[2] = static_cast<double>(r.positives.size()), sums[3] = static_cast<double>(r.negatives.size());
        return sums;
    }
    template <class T>
    split_sums row(pair_row<T> const& r, std::span<double const> totals) const {
        auto const side = [&](std::size_t count, std::span<T> by, std::size_t which, auto&& similarity) {
            term_sum sum;
            // ∂mean/∂s of what all pairs miss together; the sign turns from similarity to distance.
            double const through_mean = (which == 0 ? 1 - positive_epsilon : -(1 + negative_epsilon)) * 2 *
                                        totals[4 + which] / std::max(totals[2 + which], 1.0);
            for (std::size_t i = 0; i < count; ++i) {
                double const lacks = missing(static_cast<double>(similarity(i)), totals, which);
                by[i] = static_cast<T>(-(through_mean + (which == 0 ? -2 : 2) * lacks));
                sum += {lacks * lacks, 1, lacks > 0 ? 1.0 : 0.0};
            }
            return sum;
        };
        return {side(r.positives.size(), r.by_positives, 0, [&](std::size_t i) { return r.positive_similarity(i); }),
                side(r.negatives.size(), r.by_negatives, 1, [&](std::size_t i) { return r.negative_similarity(i); })};
    }

private:
    double missing(double s, std::span<double const> totals, std::size_t which) const {
        double const mean = totals[2 + which] > 0 ? totals[which] / totals[2 + which] : 0;
        return std::max(which == 0 ? (1 - positive_epsilon) * mean - s : s - (1 + negative_epsilon) * mean, 0.0);
    }
};

} // namespace trine::losses
