#pragma once

/// Losses over classes that weigh wrong classes by how near they come, or find their scale by themselves.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/tunable.hpp"
#include "class_logits.hpp"

namespace trine::losses {

/// ArcFace in which a wrong class that is nearer than the true one with its margin, cos θ > cos(θ_y + m), has the logit
/// s·cos θ·(t + cos θ) in place of s·cos θ: easy ones first, hard ones as training goes on, for t, the running mean of
/// cos θ_y, rises.
///
/// t moves by `momentum` before a batch is judged, as in the authors' program, or with `update_first` false after it;
/// it is remembered. t and which classes are hard are held constant.
///
/// @see Y. Huang et al., "CurricularFace: Adaptive Curriculum Learning Loss for Deep Face Recognition", CVPR 2020
struct curricular_face {
    static constexpr std::string_view name = "curricular_face";
    static constexpr std::array tunables{tunable{"margin", 0.1, 0.6}, tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double margin = 0.5; ///< radians
    double scale = 64, momentum = 0.01;
    bool update_first = true;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("scale", self.scale), visit("momentum", self.momentum),
            visit("update_first", self.update_first);
    }
    void check() const {
        require<argument_error>(scale > 0, "curricular_face: scale ", scale, ", which has to be above 0");
        require<argument_error>(momentum >= 0 && momentum <= 1, "curricular_face: momentum ", momentum,
                                ", which is from 0 to 1");
    }
    /// t.
    std::vector<double> initial_memory(std::size_t) const { return {0}; }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        double mean = 0;
        std::vector<T> limits(v.classes.size());
        T const s = static_cast<T>(scale), m = static_cast<T>(margin);
        for (std::size_t i = 0; i < v.classes.size(); ++i) {
            T const own = v.similarities(i, v.classes[i]);
            mean += static_cast<double>(own) / static_cast<double>(v.classes.size());
            limits[i] = detail::turn(own, m).value;
        }
        double const next = v.memory[0] + momentum * (mean - v.memory[0]);
        T const t = static_cast<T>(update_first ? next : v.memory[0]);
        v.memory[0] = next;
        return detail::softmax_of_logits(v, [&](std::size_t i, std::size_t j, T cosine) {
            if (j == v.classes[i]) {
                auto const x = detail::turn(cosine, m);
                return detail::target_logit<T>{s * x.value, s * x.by_cosine};
            }
            if (limits[i] >= cosine)
                return detail::target_logit<T>{s * cosine, s};
            return detail::target_logit<T>{s * cosine * (t + cosine), s * (t + 2 * cosine)};
        });
    }
};

/// CosFace (f = cos θ_y − m), or with `angular` ArcFace (f = cos(θ_y + m)), in which a wrong class with cos θ > f,
/// which a support vector of the softmax is, counts for more: its logit is s·(cos θ + t), or with `adaptive` s·(cos θ +
/// t·(cos θ + 1)).
///
/// t is the paper's 0.2; the authors' program writes 1 + t. Which classes are hard is held constant.
///
/// @see X. Wang, S. Zhang, S. Wang, T. Fu, H. Shi, T. Mei, "Mis-Classified Vector Guided Softmax Loss for Face
/// Recognition", AAAI 2020
struct mv_softmax {
    static constexpr std::string_view name = "mv_softmax";
    static constexpr std::array tunables{tunable{"margin", 0.1, 0.5},
                                         tunable{"hardness", 0.05, 0.5, spacing::logarithmic},
                                         tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double margin = 0.35;              ///< 0.5 with `angular`, in radians
    double hardness = 0.2, scale = 32; ///< t, s
    bool angular = false, adaptive = true;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("hardness", self.hardness), visit("scale", self.scale),
            visit("angular", self.angular), visit("adaptive", self.adaptive);
    }
    void check() const {
        require<argument_error>(hardness >= 0, "mv_softmax: hardness ", hardness, ", which may not be below 0");
        require<argument_error>(scale > 0, "mv_softmax: scale ", scale, ", which has to be above 0");
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const s = static_cast<T>(scale), m = static_cast<T>(margin), t = static_cast<T>(hardness);
        auto const target = [&](T cosine) {
            auto const x = angular ? detail::turn(cosine, m) : detail::turned_cosine<T>{cosine - m, T(1), T(0)};
            return detail::target_logit<T>{s * x.value, s * x.by_cosine};
        };
        std::vector<T> limits(v.classes.size());
        for (std::size_t i = 0; i < v.classes.size(); ++i)
            limits[i] = target(v.similarities(i, v.classes[i])).value / s;
        return detail::softmax_of_logits(v, [&](std::size_t i, std::size_t j, T cosine) {
            if (j == v.classes[i])
                return target(cosine);
            if (cosine <= limits[i])
                return detail::target_logit<T>{s * cosine, s};
            return adaptive ? detail::target_logit<T>{s * (cosine + t * (cosine + 1)), s * (1 + t)}
                            : detail::target_logit<T>{s * (cosine + t), s};
        });
    }
};

/// −ln softmax of s·cos θ with a scale that nobody has to choose: √2·ln(C − 1) for C classes, and with `dynamic`, from
/// there on, s ← ln B / cos(min(π/4, median of θ_y)), B being the batch's mean of Σ_{j≠y} e^{s·cos θ_j} with the s
/// before.
///
/// s is remembered, and held constant in the gradient. The median of an even number is the smaller of the two in the
/// middle.
///
/// @see X. Zhang, R. Zhao, Y. Qiao, X. Wang, H. Li, "AdaCos: Adaptively Scaling Cosine Logits for Effectively Learning
/// Deep Face Representations", CVPR 2019
struct adacos {
    static constexpr std::string_view name = "adacos";
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    bool dynamic = true;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("dynamic", self.dynamic);
    }
    /// The scale.
    ///
    /// @throws argument_error  for fewer than three classes, where it would be 0
    std::vector<double> initial_memory(std::size_t classes) const {
        require<argument_error>(classes > 2, "adacos: ", classes, " classes, of which it needs 3 or more");
        return {std::numbers::sqrt2 * std::log(static_cast<double>(classes) - 1)};
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        std::size_t const rows = v.classes.size();
        if (dynamic) {
            std::vector<double> sums(rows), angles(rows);
            parallel_blocks(rows, 4, [&](std::size_t first, std::size_t last) {
                for (std::size_t i = first; i < last; ++i) {
                    for (std::size_t j = 0; j < v.class_count; ++j)
                        sums[i] +=
                            j == v.classes[i] ? 0 : std::exp(v.memory[0] * static_cast<double>(v.similarities(i, j)));
                    angles[i] = std::acos(std::clamp(static_cast<double>(v.similarities(i, v.classes[i])), -1.0, 1.0));
                }
            });
            double mean = 0;
            for (double sum : sums)
                mean += sum / static_cast<double>(rows);
            auto const middle = angles.begin() + static_cast<std::ptrdiff_t>((rows - 1) / 2);
            std::nth_element(angles.begin(), middle, angles.end());
            v.memory[0] = std::log(mean) / std::cos(std::min(std::numbers::pi / 4, *middle));
        }
        T const s = static_cast<T>(v.memory[0]);
        return detail::softmax_over_classes(v, s, false, [&](std::size_t, T cosine) {
            return detail::target_logit<T>{s * cosine, s};
        });
    }
};

} // namespace trine::losses
