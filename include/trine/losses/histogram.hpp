#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/tunable.hpp"
#include "concepts.hpp"

namespace trine::losses {

/// The chance that a negative pair is more alike than a positive one: with soft histograms h⁺ and h⁻ of the cosines of
/// all unordered pairs, on `bins` + 1 nodes from −1 to 1, Σ_r h⁻_r Σ_{q≤r} h⁺_q. Only with cosine distance.
///
/// Negative pairs of two people with one photo each are left out. O(B²) time and B·bins numbers beside the matrices; a
/// cosine on a node has the slope of the bin above it.
///
/// @see E. Ustinova, V. Lempitsky, "Learning Deep Embeddings with Histogram Loss", NIPS 2016
struct histogram {
    static constexpr std::string_view name = "histogram";
    static constexpr std::array tunables{tunable{"bins", 20, 200, spacing::logarithmic, true}};
    static constexpr bool needs_cosine = true;
    std::size_t bins = 100;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("bins", self.bins);
    }
    void check() const {
        require<argument_error>(bins > 0 && bins <= 1'000'000, "histogram: ", bins, " bins, which are 1 to 1000000");
    }

    template <class T>
    term_sum of_batch(whole_batch<T> const& v) const {
        std::size_t const n = v.size(), nodes = bins + 1;
        double const width = 2 / static_cast<double>(bins);
        // Which node a cosine has passed, and how far it is on its way to the next.
        auto const place = [&](T similarity) {
            double const at = std::clamp((static_cast<double>(similarity) + 1) / width, 0.0, static_cast<double>(bins));
            auto const bin = std::min(static_cast<std::size_t>(at), bins - 1);
            return std::pair{bin, at - static_cast<double>(bin)};
        };
        auto const each_pair = [&](std::size_t i, auto&& take) {
            bool const anchor = v.has_both(i);
            for (std::size_t j = i + 1; j < n; ++j)
                if (anchor || v.has_both(j))
                    take(j, v.person[i] == v.person[j]);
        };
        // A part for some rows, added in their order, so that the sums do not depend on the number of threads.
        std::size_t const rows = 16, parts = (n + rows - 1) / rows;
        std::vector<double> counts(parts * 2 * nodes), total(2 * nodes), numbers(2);
        parallel_blocks(n, rows, [&](std::size_t first, std::size_t last) {
            double* const own = counts.data() + first / rows * 2 * nodes;
            for (std::size_t i = first; i < last; ++i)
                each_pair(i, [&](std::size_t j, bool same) {
                    auto const [bin, share] = place(v.similarity(i, j));
                    double* const h = own + (same ? 0 : nodes);
                    h[bin] += 1 - share;
                    h[bin + 1] += share;
                });
        });
        for (std::size_t part = 0; part < parts; ++part)
            for (std::size_t k = 0; k < 2 * nodes; ++k)
                total[k] += counts[part * 2 * nodes + k];
        for (std::size_t k = 0; k < 2 * nodes; ++k)
            numbers[k / nodes] += total[k];
        if (!(numbers[0] > 0 && numbers[1] > 0))
            return {};
        for (std::size_t k = 0; k < 2 * nodes; ++k)
            total[k] /= numbers[k / nodes];
        double const* const positive = total.data();
        double const* const negative = total.data() + nodes;
        double value = 0, below = 0, above = 0;
        std::vector<double> by(2 * nodes); // ∂loss/∂h⁺, ∂loss/∂h⁻
        for (std::size_t r = 0; r < nodes; ++r) {
            below += positive[r];
            by[nodes + r] = below;
            value += negative[r] * below;
        }
        for (std::size_t q = nodes; q-- > 0;)
            by[q] = above += negative[q];
        parallel_blocks(n, rows, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                each_pair(i, [&](std::size_t j, bool same) {
                    auto const bin = place(v.similarity(i, j)).first;
                    double const* const slope = by.data() + (same ? 0 : nodes);
                    v.by_distances(i, j) =
                        static_cast<T>((slope[bin] - slope[bin + 1]) / (width * numbers[same ? 0 : 1]));
                });
        });
        return {value, numbers[0] + numbers[1], value > 0 ? numbers[0] + numbers[1] : 0};
    }
};

} // namespace trine::losses
