#pragma once

/// Losses that own class weights: a photo is compared with one learnt proxy (or several) of every person, not with
/// other photos.
///
/// Their weights grow with the number of people, which is what triplets avoid. `evaluate` runs over rows in parallel;
/// each row's softmax is taken relative to its largest logit.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <numbers>
#include <string_view>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/tunable.hpp"
#include "class_logits.hpp"
#include "concepts.hpp"
#include "log_sum_exp.hpp"

namespace trine::losses {

namespace detail {

// s·cos(θ + m), or beyond π, where that would turn up again, s·(cos θ − m sin m).
template <class T>
target_logit<T> additive_angle(T cosine, T scale, T margin) {
    T const limit = 1 - 4 * std::numeric_limits<T>::epsilon(), c = std::clamp(cosine, -limit, limit),
            sine = std::sqrt(1 - c * c);
    if (std::acos(c) + margin > std::numbers::pi_v<T>)
        return {scale * (c - margin * std::sin(margin)), scale};
    return {scale * (c * std::cos(margin) - sine * std::sin(margin)),
            scale * (std::cos(margin) + c / sine * std::sin(margin))};
}

// A loss over one similarity a class, which is made of those to its centres: reduce(similarities) answers it,
// evaluate(view) the loss over classes, and spread(similarities, reduced, by_reduced, out) takes the gradient back to
// the centres.
template <class T, class Reduce, class Spread, class Evaluate>
double over_centers(proxy_view<T> const& v, Reduce&& reduce, Spread&& spread, Evaluate&& evaluate) {
    std::size_t const rows = v.classes.size();
    std::vector<T> reduced(rows * v.class_count), by_reduced(rows * v.class_count);
    auto const each_class = [&](auto&& body) {
        parallel_blocks(rows, 4, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                for (std::size_t j = 0; j < v.class_count; ++j)
                    body(i, j, v.similarities.row(i).subspan(j * v.centers, v.centers), i * v.class_count + j);
        });
    };
    each_class([&](std::size_t, std::size_t, std::span<T const> s, std::size_t at) { reduced[at] = reduce(s); });
    proxy_view<T> classes = v;
    classes.similarities = {reduced.data(), rows, v.class_count};
    classes.by_similarities = {by_reduced.data(), rows, v.class_count};
    double const value = evaluate(classes);
    each_class([&](std::size_t i, std::size_t j, std::span<T const> s, std::size_t at) {
        spread(s, reduced[at], by_reduced[at], v.by_similarities.row(i).subspan(j * v.centers, v.centers));
    });
    return value;
}

} // namespace detail

/// −ln softmax of wᵀe + b: the plain classifier, whose layer of D·C weights does not scale.
struct softmax {
    static constexpr std::string_view name = "softmax";
    static constexpr bool normalized = false; ///< plain inner products
    static constexpr std::size_t centers = 1;
    static constexpr bool with_bias = true;

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        return detail::softmax_over_classes(v, T(1), false, [](std::size_t, T s) {
            return detail::target_logit<T>{s, T(1)};
        });
    }
};

/// −ln softmax of cos θ/τ.
///
/// @see A. Zhai, H.-Y. Wu, "Classification is a Strong Baseline for Deep Metric Learning", BMVC 2019
struct normalized_softmax {
    static constexpr std::string_view name = "normalized_softmax";
    static constexpr std::array tunables{tunable{"temperature", 0.02, 0.3, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double temperature = 0.05;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("temperature", self.temperature);
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const scale = static_cast<T>(1 / temperature);
        return detail::softmax_over_classes(v, scale, false, [&](std::size_t, T c) {
            return detail::target_logit<T>{scale * c, scale};
        });
    }
};

/// ‖e‖·ψ(θ) for the true class, with ψ(θ) = (−1)ᵏ cos(mθ) − 2k on [kπ/m, (k+1)π/m]; ‖e‖·cos θ for the others.
///
/// @see W. Liu et al., "SphereFace: Deep Hypersphere Embedding for Face Recognition", CVPR 2017
struct sphereface {
    static constexpr std::string_view name = "sphereface";
    static constexpr std::array tunables{tunable{"scale", 1, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double margin = 4, scale = 1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("scale", self.scale);
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const m = static_cast<T>(margin), s = static_cast<T>(scale);
        return detail::softmax_over_classes(v, s, true, [&](std::size_t row, T cosine) {
            auto const [psi, slope] = detail::multiplied_angle(cosine, m);
            return detail::target_logit<T>{s * v.norms[row] * psi, s * v.norms[row] * slope, s * psi};
        });
    }
};

/// s·(cos θ − m) for the true class, s·cos θ for the others (AM-softmax).
///
/// @see H. Wang et al., "CosFace: Large Margin Cosine Loss for Deep Face Recognition", CVPR 2018
struct cosface {
    static constexpr std::string_view name = "cosface";
    static constexpr std::array tunables{tunable{"margin", 0.05, 0.5}, tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double margin = 0.35, scale = 64;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("scale", self.scale);
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const s = static_cast<T>(scale), m = static_cast<T>(margin);
        return detail::softmax_over_classes(v, s, false, [&](std::size_t, T c) {
            return detail::target_logit<T>{s * (c - m), s};
        });
    }
};

/// s·cos(θ + m) for the true class, s·cos θ for the others; where θ + m passes π, s·(cos θ − m sin m).
///
/// @see J. Deng, J. Guo, N. Xue, S. Zafeiriou, "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR
/// 2019
struct arcface {
    static constexpr std::string_view name = "arcface";
    static constexpr std::array tunables{tunable{"margin", 0.05, 0.6}, tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double margin = 0.5; ///< radians
    double scale = 64;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("scale", self.scale);
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const s = static_cast<T>(scale), m = static_cast<T>(margin);
        return detail::softmax_over_classes(v, s, false,
                                            [&](std::size_t, T c) { return detail::additive_angle(c, s, m); });
    }
};

/// ArcFace against the nearest of several centres of every class, so that a noisy or many-sided class need not be one
/// point.
///
/// @see J. Deng, J. Guo, T. Liu, M. Gong, S. Zafeiriou, "Sub-center ArcFace: Boosting Face Recognition by Large-Scale
/// Noisy Web Faces", ECCV 2020
struct sub_center_arcface {
    static constexpr std::string_view name = "sub_center_arcface";
    static constexpr std::array tunables{tunable{"centers", 1, 4, spacing::linear, true}, tunable{"margin", 0.05, 0.6},
                                         tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    std::size_t centers = 3;
    double margin = 0.5; ///< radians
    double scale = 64;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("centers", self.centers), visit("margin", self.margin), visit("scale", self.scale);
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        auto const nearest = [](std::span<T const> s) {
            return static_cast<std::size_t>(std::max_element(s.begin(), s.end()) - s.begin());
        };
        return detail::over_centers(
            v, [&](std::span<T const> s) { return s[nearest(s)]; },
            [&](std::span<T const> s, T, T by, std::span<T> out) {
                std::fill(out.begin(), out.end(), T(0));
                out[nearest(s)] = by;
            },
            [&](proxy_view<T> const& classes) {
                return arcface{margin, scale}.evaluate(classes);
            });
    }
};

/// −ln(e^{−κ·d(e,wᵧ)} / Σ_j e^{−κ·d(e,wⱼ)}) with squared distances of unit vectors. The true class is in the
/// denominator, as in PyTorch Metric Learning; the paper leaves it out.
///
/// @see Y. Movshovitz-Attias, A. Toshev, T. K. Leung, S. Ioffe, S. Singh, "No Fuss Distance Metric Learning using
/// Proxies", ICCV 2017
struct proxy_nca {
    static constexpr std::string_view name = "proxy_nca";
    static constexpr std::array tunables{tunable{"softmax_scale", 1, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double softmax_scale = 1; ///< κ

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("softmax_scale", self.softmax_scale);
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        // d = 2 − 2 cos, and what all logits have in common cancels.
        T const scale = static_cast<T>(2 * softmax_scale);
        return detail::softmax_over_classes(v, scale, false, [&](std::size_t, T c) {
            return detail::target_logit<T>{scale * c, scale};
        });
    }
};

/// Mean over the classes present of ln(1 + Σ e^{−α(s−δ)}) + mean over all classes of ln(1 + Σ e^{α(s+δ)}), sums over
/// the photos of the class and of all others: a proxy is the anchor, photos its positives and negatives.
///
/// @see S. Kim, D. Kim, M. Cho, S. Kwak, "Proxy Anchor Loss for Deep Metric Learning", CVPR 2020
struct proxy_anchor {
    static constexpr std::string_view name = "proxy_anchor";
    static constexpr std::array tunables{tunable{"alpha", 4, 64, spacing::logarithmic}, tunable{"margin", 0, 0.5}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double alpha = 32, margin = 0.1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("alpha", self.alpha), visit("margin", self.margin);
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        std::size_t const rows = v.classes.size();
        std::vector<char> present(v.class_count, 0);
        for (std::size_t c : v.classes)
            present[c] = 1;
        auto const there = static_cast<double>(std::count(present.begin(), present.end(), 1));
        T const a = static_cast<T>(alpha), delta = static_cast<T>(margin);
        T const each_present = there > 0 ? static_cast<T>(1 / there) : T(0),
                each = T(1) / static_cast<T>(v.class_count);
        std::vector<double> values(v.class_count);
        parallel_blocks(v.class_count, 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t j = first; j < last; ++j) {
                auto const positive = [&](std::size_t i) {
                    return v.classes[i] == j ? -a * (v.similarities(i, j) - delta) : detail::minus_infinity<T>;
                };
                auto const negative = [&](std::size_t i) {
                    return v.classes[i] != j ? a * (v.similarities(i, j) + delta) : detail::minus_infinity<T>;
                };
                T const pull = detail::log_sum_exp<T>(rows, true, positive),
                        push = detail::log_sum_exp<T>(rows, true, negative);
                for (std::size_t i = 0; i < rows; ++i)
                    v.by_similarities(i, j) = v.classes[i] == j ? -a * each_present * std::exp(positive(i) - pull)
                                                                : a * each * std::exp(negative(i) - push);
                values[j] = static_cast<double>(each_present * pull + each * push);
            }
        });
        double sum = 0;
        for (double value : values)
            sum += value;
        return sum;
    }
};

/// Softmax over classes whose similarity is itself an average over several centres, weighted by softmax(s/γ): −ln
/// softmax of λ(Sᵧ − δ) among λSⱼ.
///
/// @see Q. Qian, L. Shang, B. Sun, J. Hu, H. Li, R. Jin, "SoftTriple Loss: Deep Metric Learning Without Triplet
/// Sampling", ICCV 2019
struct soft_triple {
    static constexpr std::string_view name = "soft_triple";
    static constexpr std::array tunables{tunable{"centers", 1, 4, spacing::linear, true},
                                         tunable{"lambda", 5, 50, spacing::logarithmic},
                                         tunable{"gamma", 0.03, 0.5, spacing::logarithmic}, tunable{"margin", 0, 0.3}};
    static constexpr bool normalized = true;
    std::size_t centers = 10;
    double lambda = 20, gamma = 0.1, margin = 0.01;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("centers", self.centers), visit("lambda", self.lambda), visit("gamma", self.gamma),
            visit("margin", self.margin);
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const g = static_cast<T>(1 / gamma), l = static_cast<T>(lambda), delta = static_cast<T>(margin);
        auto const weights = [&](std::span<T const> s, auto&& take) {
            T const all = detail::log_sum_exp<T>(s.size(), false, [&](std::size_t k) { return g * s[k]; });
            for (std::size_t k = 0; k < s.size(); ++k)
                take(k, std::exp(g * s[k] - all));
        };
        return detail::over_centers(
            v,
            [&](std::span<T const> s) {
                T mean = 0;
                weights(s, [&](std::size_t k, T w) { mean += w * s[k]; });
                return mean;
            },
            [&](std::span<T const> s, T mean, T by, std::span<T> out) {
                weights(s, [&](std::size_t k, T w) { out[k] = by * w * (1 + g * (s[k] - mean)); });
            },
            [&](proxy_view<T> const& classes) {
                return detail::softmax_over_classes(classes, l, false, [&](std::size_t, T s) {
                    return detail::target_logit<T>{l * (s - delta), l};
                });
            });
    }
};

} // namespace trine::losses
