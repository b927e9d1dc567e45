#pragma once

/// Losses whose margin follows the length of the embedding, which comes to say how good the photo is. The backbone must
/// not end in `nn::l2_normalize`.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/tunable.hpp"
#include "class_logits.hpp"

namespace trine::losses {

/// s·(cos(θ − m·k) − (m + m·k)) for the true class, s·cos θ for the others: k, from −1 to 1, says how the embedding's
/// length compares with those of late, k = (‖e‖ − µ) / (σ/h). So a poor photo that is hard is given up, and a good one
/// is not.
///
/// µ and σ are running means of the batches' mean and (N − 1) deviation, which move by `momentum` before a batch is
/// judged (σ only where N > 1); they are remembered. k is held constant. As the paper; the authors' program also bounds
/// the length, adds 10⁻³ to σ, and keeps the turned angle within 0 and π.
///
/// @see M. Kim, A. K. Jain, X. Liu, "AdaFace: Quality Adaptive Margin for Face Recognition", CVPR 2022
struct adaface {
    static constexpr std::string_view name = "adaface";
    static constexpr std::array tunables{tunable{"margin", 0.1, 0.6}, tunable{"concentration", 0.1, 0.6},
                                         tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double margin = 0.4, concentration = 0.333; ///< m, h
    double scale = 64, momentum = 0.01;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("concentration", self.concentration), visit("scale", self.scale),
            visit("momentum", self.momentum);
    }
    void check() const {
        require<argument_error>(concentration > 0, "adaface: concentration ", concentration,
                                ", which has to be above 0");
        require<argument_error>(scale > 0, "adaface: scale ", scale, ", which has to be above 0");
        require<argument_error>(momentum >= 0 && momentum <= 1, "adaface: momentum ", momentum,
                                ", which is from 0 to 1");
    }
    /// Mean and deviation of lengths.
    std::vector<double> initial_memory(std::size_t) const { return {20, 100}; }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        double const count = static_cast<double>(v.norms.size());
        double mean = 0, squares = 0;
        for (T norm : v.norms)
            mean += static_cast<double>(norm) / count;
        for (T norm : v.norms)
            squares += (static_cast<double>(norm) - mean) * (static_cast<double>(norm) - mean);
        v.memory[0] += momentum * (mean - v.memory[0]);
        if (v.norms.size() > 1)
            v.memory[1] += momentum * (std::sqrt(squares / (count - 1)) - v.memory[1]);
        T const s = static_cast<T>(scale), m = static_cast<T>(margin);
        return detail::softmax_over_classes(v, s, false, [&](std::size_t i, T cosine) {
            T const k = static_cast<T>(quality(static_cast<double>(v.norms[i]), v.memory[0], v.memory[1]));
            auto const x = detail::turn(cosine, -m * k);
            return detail::target_logit<T>{s * (x.value - (m + m * k)), s * x.by_cosine};
        });
    }
    /// k of a length among others.
    double quality(double norm, double mean, double deviation) const {
        return deviation > 0 ? std::clamp((norm - mean) / (deviation / concentration), -1.0, 1.0) : 0;
    }
};

/// s·cos(θ + m(a)) for the true class, s·cos θ for the others, plus λ·mean of a/u² + 1/a: a is the embedding's length
/// kept within l and u, and m rises evenly with it from one margin to the other. The longer, the better the photo, and
/// the harder it is asked to come close.
///
/// Nothing is held constant; a length out of bounds has no slope.
///
/// @see Q. Meng, S. Zhao, Z. Huang, F. Zhou, "MagFace: A Universal Representation for Face Recognition and Quality
/// Assessment", CVPR 2021
struct magface {
    static constexpr std::string_view name = "magface";
    static constexpr std::array tunables{tunable{"length_weight", 1, 100, spacing::logarithmic},
                                         tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double shortest = 10, longest = 110;                 ///< l, u
    double smallest_margin = 0.45, largest_margin = 0.8; ///< radians
    double length_weight = 35;                           ///< λ
    double scale = 64;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("shortest", self.shortest), visit("longest", self.longest),
            visit("smallest_margin", self.smallest_margin), visit("largest_margin", self.largest_margin),
            visit("length_weight", self.length_weight), visit("scale", self.scale);
    }
    void check() const {
        require<argument_error>(shortest > 0 && longest > shortest, "magface: lengths from ", shortest, " to ", longest,
                                ", of which the first has to be above 0 and the second larger");
        require<argument_error>(largest_margin >= smallest_margin, "magface: margins from ", smallest_margin, " to ",
                                largest_margin, ", of which the second may not be smaller");
        require<argument_error>(scale > 0, "magface: scale ", scale, ", which has to be above 0");
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const s = static_cast<T>(scale);
        double const rise = (largest_margin - smallest_margin) / (longest - shortest);
        auto const length = [&](std::size_t i) {
            return std::clamp(static_cast<double>(v.norms[i]), shortest, longest);
        };
        auto const is_free = [&](std::size_t i) {
            return static_cast<double>(v.norms[i]) > shortest && static_cast<double>(v.norms[i]) < longest;
        };
        double value = detail::softmax_of_logits(v, [&](std::size_t i, std::size_t j, T cosine) {
            if (j != v.classes[i])
                return detail::target_logit<T>{s * cosine, s};
            auto const x = detail::turn(cosine, static_cast<T>(smallest_margin + rise * (length(i) - shortest)));
            return detail::target_logit<T>{s * x.value, s * x.by_cosine,
                                           is_free(i) ? s * x.by_angle * static_cast<T>(rise) : T(0)};
        });
        double const count = static_cast<double>(v.norms.size());
        for (std::size_t i = 0; i < v.norms.size(); ++i) {
            double const a = length(i);
            value += length_weight * (a / (longest * longest) + 1 / a) / count;
            if (is_free(i))
                v.by_norms[i] += static_cast<T>(length_weight * (1 / (longest * longest) - 1 / (a * a)) / count);
        }
        return value;
    }
};

} // namespace trine::losses
