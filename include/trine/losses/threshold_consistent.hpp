#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "../core/tunable.hpp"
#include "concepts.hpp"

namespace trine::losses {

/// λ⁺ · mean of (m⁺ − s) over the positive pairs with s ≤ m⁺, plus λ⁻ · mean of (s − m⁻) over the negative pairs with s
/// ≥ m⁻: one pair of thresholds for all people, so that one threshold of acceptance serves all. With cosine distance.
///
/// It is what the paper adds to another loss: `sum_of({1, 1}, objective(…), objective(miners::all{},
/// losses::threshold_consistent{}, distances::cosine{}))`.
///
/// @see Q. Zhang, L. Xu, Q. Tang, J. Fang, Y. N. Wu, J. Tighe, Y. Xing, "Threshold-Consistent Margin Loss for
/// Open-World Deep Metric Learning", ICLR 2024
struct threshold_consistent {
    static constexpr std::string_view name = "threshold_consistent";
    static constexpr std::array tunables{tunable{"positive_margin", 0.6, 0.98}, tunable{"negative_margin", 0.2, 0.6}};
    double positive_weight = 1, negative_weight = 1;     ///< λ⁺, λ⁻
    double positive_margin = 0.9, negative_margin = 0.5; ///< m⁺, m⁻, cosines
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("positive_weight", self.positive_weight), visit("negative_weight", self.negative_weight),
            visit("positive_margin", self.positive_margin), visit("negative_margin", self.negative_margin),
            visit("reduction", self.reduction);
    }

    template <class T>
    split_sums row(pair_row<T> const& r) const {
        auto const side = [&](std::span<T const> d, std::span<T> by, T margin, T weight, T sign) {
            term_sum sum;
            for (std::size_t i = 0; i < d.size(); ++i) {
                T const excess = sign * (margin - (r.similarity_offset - d[i]));
                by[i] = excess >= T(0) ? sign * weight : T(0);
                if (excess >= T(0))
                    sum += {static_cast<double>(weight * excess), 1, excess > T(0) ? 1.0 : 0.0};
            }
            return sum;
        };
        return {
            side(r.positives, r.by_positives, static_cast<T>(positive_margin), static_cast<T>(positive_weight), T(1)),
            side(r.negatives, r.by_negatives, static_cast<T>(negative_margin), static_cast<T>(negative_weight), T(-1))};
    }
};

} // namespace trine::losses
