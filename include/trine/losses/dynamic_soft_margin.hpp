#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/tunable.hpp"
#include "concepts.hpp"

namespace trine::losses {

/// Mean over all triplets of F(x)·x with x = d(a,p) − d(a,n), F being the share of triplets, of this batch and the ones
/// before, whose x is no larger: a margin that moves with what the network has learnt. For Euclidean distances of unit
/// vectors.
///
/// F is the sum up to and including the bin of x of a histogram from −2 to 2, in which a triplet counts in two bins,
/// the more the nearer; h ← (1 − µ) h + µ·(the batch's counts), divided by its sum, µ being 1 in the first batch. It is
/// remembered. F is held constant, as the paper means it; with `through_histogram` the slope runs through this batch's
/// counts as well, as in PyTorch Metric Learning. The value is the same. O(B²) memory, all triplets visited twice.
///
/// @see L. Zhang, S. Rusinkiewicz, "Learning Local Descriptors with a CDF-Based Dynamic Soft Margin", ICCV 2019
struct dynamic_soft_margin {
    static constexpr std::string_view name = "dynamic_soft_margin";
    static constexpr std::array tunables{tunable{"momentum", 0.003, 0.3, spacing::logarithmic}};
    std::size_t bins = 10;
    double momentum = 0.01; ///< µ
    bool through_histogram = false;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("bins", self.bins), visit("momentum", self.momentum), visit("through_histogram", self.through_histogram);
    }
    void check() const {
        require<argument_error>(bins > 1 && bins <= 1'000'000, "dynamic_soft_margin: ", bins,
                                " bins, which are 2 to 1000000");
        require<argument_error>(momentum > 0 && momentum <= 1, "dynamic_soft_margin: momentum ", momentum,
                                ", which is from above 0 to 1");
    }
    std::vector<double> initial_memory(std::size_t) const { return std::vector<double>(bins); }

    template <class T>
    term_sum of_batch(whole_batch<T> const& v) const {
        std::size_t const n = v.size();
        double const width = 4 / static_cast<double>(bins);
        // What lies beyond the last bin's start counts there alone.
        auto const place = [&](T x) {
            double const at = std::max((static_cast<double>(x) + 2) / width, 0.0);
            auto const bin = std::min(static_cast<std::size_t>(at), bins - 1);
            return std::pair{bin, bin + 1 < bins ? at - static_cast<double>(bin) : 0.0};
        };
        auto const each_triplet = [&](std::size_t a, auto&& take) {
            for (std::size_t p : v.members(v.person[a]))
                for (std::size_t k = 0; p != a && k < n; ++k)
                    if (v.person[k] != v.person[a])
                        take(p, k, v.distances(a, p) - v.distances(a, k));
        };
        // Of each bin the soft count, and the sum of x; in parts added in their order.
        std::size_t const rows = 4, parts = (n + rows - 1) / rows, size = 2 * bins + 2;
        std::vector<double> sums(parts * size), total(size);
        parallel_blocks(n, rows, [&](std::size_t first, std::size_t last) {
            double* const own = sums.data() + first / rows * size;
            for (std::size_t a = first; a < last; ++a)
                each_triplet(a, [&](std::size_t, std::size_t, T x) {
                    auto const [bin, share] = place(x);
                    own[bin] += 1 - share;
                    if (bin + 1 < bins)
                        own[bin + 1] += share;
                    own[bins + bin] += static_cast<double>(x);
                    own[2 * bins] += 1;
                    own[2 * bins + 1] += x > T(0) ? 1 : 0;
                });
        });
        for (std::size_t part = 0; part < parts; ++part)
            for (std::size_t k = 0; k < size; ++k)
                total[k] += sums[part * size + k];
        double const triplets = total[2 * bins];
        if (!(triplets > 0))
            return {};
        bool const first = std::all_of(v.memory.begin(), v.memory.end(), [](double h) { return h == 0; });
        double const share = first ? 1 : momentum;
        double mass = 0;
        for (std::size_t b = 0; b < bins; ++b)
            mass += v.memory[b] = (1 - share) * v.memory[b] + share * total[b];
        std::vector<T> slope(bins);
        double value = 0, below = 0;
        for (std::size_t b = 0; b < bins; ++b) {
            below += v.memory[b] /= mass;
            double const sum = total[bins + b];
            value += below * sum;
            // A larger x moves counts from this bin to the next, so that F falls for the x of this bin.
            double const moved = through_histogram && b + 1 < bins ? share * sum / (width * mass) : 0;
            slope[b] = static_cast<T>((below - moved) / triplets);
        }
        parallel_blocks(n, rows, [&](std::size_t from, std::size_t last) {
            for (std::size_t a = from; a < last; ++a)
                each_triplet(a, [&](std::size_t p, std::size_t k, T x) {
                    T const by = slope[place(x).first];
                    v.by_distances(a, p) += by;
                    v.by_distances(a, k) -= by;
                });
        });
        return {value / triplets, triplets, total[2 * bins + 1]};
    }
};

} // namespace trine::losses
