#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "../core/error.hpp"
#include "../core/tunable.hpp"
#include "pair.hpp"

namespace trine::losses {

/// For every positive pair −s(a,p)/τ + ln Σ_n e^{s(a,n)/τ}: NT-Xent without the positive in its denominator, so that an
/// easy positive does not take the slope away from the negatives. Anchors without negatives are left out. With cosine
/// distance.
///
/// As the paper's L_DC, with labels in place of two views of one photo; its weighted form is not here. A pair that is
/// right has a value below 0, which does not count as active.
///
/// @see C.-H. Yeh, C.-Y. Hong, Y.-C. Hsu, T.-L. Liu, Y. Chen, Y. LeCun, "Decoupled Contrastive Learning", ECCV 2022
struct decoupled_contrastive {
    static constexpr std::string_view name = "decoupled_contrastive";
    static constexpr std::array tunables{tunable{"temperature", 0.02, 0.5, spacing::logarithmic}};
    double temperature = 0.1;
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("temperature", self.temperature), visit("reduction", self.reduction);
    }
    void check() const {
        require<argument_error>(temperature > 0, "decoupled_contrastive: temperature ", temperature,
                                ", which has to be above 0");
    }

    template <class T>
    term_sum row(pair_row<T> const& r) const {
        term_sum sum;
        if (r.negatives.empty() || r.positives.empty()) {
            detail::no_gradient(r);
            return sum;
        }
        T const scale = static_cast<T>(1 / temperature);
        auto const at = [&](std::size_t n) { return scale * r.negative_similarity(n); };
        T const all = detail::log_sum_exp<T>(r.negatives.size(), false, at);
        for (std::size_t p = 0; p < r.positives.size(); ++p) {
            T const value = all - scale * r.positive_similarity(p);
            r.by_positives[p] = scale;
            sum += {static_cast<double>(value), 1, value > T(0) ? 1.0 : 0.0};
        }
        detail::spread_shares(r.by_negatives, -scale * static_cast<T>(r.positives.size()), all, at);
        return sum;
    }
};

} // namespace trine::losses
