#pragma once

/// Losses over classes whose weights' lengths are part of them, or are fixed.

#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/tunable.hpp"
#include "class_logits.hpp"

namespace trine::losses {

/// ‖e‖·‖w‖·ψ(θ) for the true class, with ψ(θ) = (−1)ᵏ cos(mθ) − 2k on [kπ/m, (k+1)π/m]; ‖e‖·‖w‖·cos θ for the others,
/// all times `scale`: a classifier in which the true class has to win by an angle m times as large.
///
/// @see W. Liu, Y. Wen, Z. Yu, M. Yang, "Large-Margin Softmax Loss for Convolutional Neural Networks", ICML 2016
struct large_margin_softmax {
    static constexpr std::string_view name = "large_margin_softmax";
    static constexpr std::array tunables{tunable{"scale", 1, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double margin = 4, scale = 1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("scale", self.scale);
    }
    void check() const {
        require<argument_error>(margin >= 1, "large_margin_softmax: margin ", margin, ", which has to be 1 or more");
        require<argument_error>(scale > 0, "large_margin_softmax: scale ", scale, ", which has to be above 0");
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const m = static_cast<T>(margin), s = static_cast<T>(scale);
        std::vector<double> values;
        double const value = detail::softmax_of_logits(
            v,
            [&](std::size_t i, std::size_t j, T cosine) {
                auto const [psi, slope] =
                    j == v.classes[i] ? detail::multiplied_angle(cosine, m) : std::pair{cosine, T(1)};
                T const length = s * v.norms[i] * v.class_norms[j];
                return detail::target_logit<T>{length * psi, length * slope, s * v.class_norms[j] * psi};
            },
            values);
        // Along a weight's length every logit of its column is as long as itself.
        parallel_blocks(v.class_count, 64, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = 0; i < v.classes.size(); ++i) {
                std::size_t const own = v.classes[i];
                for (std::size_t j = first; j < last; ++j)
                    if (j != own && v.class_norms[j] > T(0))
                        v.by_class_norms[j] += v.by_similarities(i, j) * v.similarities(i, j) / v.class_norms[j];
                if (own < first || own >= last)
                    continue;
                T const by_logit = static_cast<T>(std::expm1(-values[i])) / static_cast<T>(v.classes.size());
                v.by_class_norms[own] +=
                    by_logit * s * v.norms[i] * detail::multiplied_angle(v.similarities(i, own), m).first;
            }
        });
        return value;
    }
};

/// Mean over photos and classes of (cos θ − 1)² for the true class and cos² θ for the others: no scale and no margin,
/// and slopes that grow with what is missing.
///
/// Class weights are brought to length 1 before every batch, and the gradient does not run through that, as in PyTorch
/// Metric Learning.
///
/// @see X. Zhang, R. Zhao, J. Yan, M. Gao, Y. Qiao, X. Wang, H. Li, "P2SGrad: Refined Gradients for Optimizing Deep
/// Face Models", CVPR 2019; as a loss: X. Wang, J. Yamagishi, "A Comparative Study on Recent Neural Spoofing
/// Countermeasures for Synthetic Speech Detection", Interspeech 2021
struct p2s_grad {
    static constexpr std::string_view name = "p2s_grad";
    static constexpr bool normalized = true;
    static constexpr bool unit_weights = true;
    static constexpr std::size_t centers = 1;

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        std::size_t const rows = v.classes.size();
        std::vector<double> values(rows);
        double const terms = static_cast<double>(rows) * static_cast<double>(v.class_count);
        T const twice = static_cast<T>(2 / terms);
        parallel_blocks(rows, 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                for (std::size_t j = 0; j < v.class_count; ++j) {
                    T const off = v.similarities(i, j) - (j == v.classes[i] ? T(1) : T(0));
                    values[i] += static_cast<double>(off) * static_cast<double>(off);
                    v.by_similarities(i, j) = twice * off;
                }
        });
        double sum = 0;
        for (double value : values)
            sum += value;
        return sum / terms;
    }
};

} // namespace trine::losses
