#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/tunable.hpp"
#include "concepts.hpp"
#include "log_sum_exp.hpp"

namespace trine::losses {

/// Supervised contrastive loss of photos with several labels each: a label's bits say which of up to 63 attributes a
/// photo has, and J is the Jaccard similarity of two such sets, |A ∩ B| / |A ∪ B|.
///
/// With P(i) = {j ≠ i: J_ij > threshold}: −1/|P(i)| Σ_{j∈P(i)} J_ij ln(e^{s_ij/τ} / Σ_{k≠i} e^{s_ik/τ}), averaged over
/// the photos whose value is above 0; 0 where all pairs of the batch are alike, as there is nothing to tell apart. A
/// photo without attributes is like nobody. With cosine distance.
///
/// As in PyTorch Metric Learning's MultiSupConLoss (on a branch of its development); it is the loss of the paper with
/// other photos weighted by J.
///
/// @see P. Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020
struct multi_supervised_contrastive {
    static constexpr std::string_view name = "multi_supervised_contrastive";
    static constexpr std::array tunables{tunable{"temperature", 0.02, 0.5, spacing::logarithmic},
                                         tunable{"threshold", 0.1, 0.6}};
    double temperature = 0.1, threshold = 0.3;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("temperature", self.temperature), visit("threshold", self.threshold);
    }
    void check() const {
        require<argument_error>(temperature > 0, "multi_supervised_contrastive: temperature ", temperature,
                                ", which has to be above 0");
        require<argument_error>(threshold >= 0 && threshold < 1, "multi_supervised_contrastive: threshold ", threshold,
                                ", which is from 0 to below 1");
    }

    /// Jaccard similarity of two sets of attributes; 0 where one is empty.
    static double jaccard(label a, label b) {
        auto const x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
        return x == 0 || y == 0 ? 0 : static_cast<double>(std::popcount(x & y)) / std::popcount(x | y);
    }

    template <class T>
    term_sum of_batch(whole_batch<T> const& v) const {
        std::size_t const n = v.size();
        for (std::size_t i = 0; i < n; ++i)
            require<argument_error>(v.labels[i] >= 0, "photo ", i, " has label ", v.labels[i],
                                    " where the bits of a label are its attributes: it has to be 0 or more");
        T const scale = static_cast<T>(1 / temperature);
        std::vector<double> values(n);
        std::vector<char> differs(n); // from some other photo
        parallel_blocks(n, 4, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                auto const weight = [&](std::size_t j) {
                    double const alike = i == j ? 0 : jaccard(v.labels[i], v.labels[j]);
                    return alike > threshold ? static_cast<T>(alike) : T(0);
                };
                auto const at = [&](std::size_t j) {
                    return j == i ? detail::minus_infinity<T> : scale * v.similarity(i, j);
                };
                T const all = detail::log_sum_exp<T>(n, false, at);
                T sum = 0, weights = 0, count = 0;
                for (std::size_t j = 0; j < n; ++j)
                    if (T const w = weight(j); w > T(0))
                        sum += w * (all - at(j)), weights += w, count += 1;
                differs[i] = count + 1 < static_cast<T>(n);
                if (count == T(0))
                    continue;
                values[i] = static_cast<double>(sum / count);
                for (std::size_t j = 0; j < n; ++j)
                    if (j != i)
                        v.by_distances(i, j) = scale * (weight(j) - weights * std::exp(at(j) - all)) / count;
            }
        });
        if (std::none_of(differs.begin(), differs.end(), [](char d) { return d != 0; }))
            std::fill(values.begin(), values.end(), 0.0);
        term_sum sum;
        for (double value : values)
            sum += {value, 1, value > 0 ? 1.0 : 0.0};
        T const each = sum.active > 0 ? static_cast<T>(1 / sum.active) : T(0);
        parallel_blocks(n, 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                for (T& g : v.by_distances.row(i))
                    g *= values[i] > 0 ? each : T(0);
        });
        sum.value = sum.active > 0 ? sum.value / sum.active : sum.value;
        return sum;
    }
};

} // namespace trine::losses
