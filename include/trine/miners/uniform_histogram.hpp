#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/tunable.hpp"
#include "concepts.hpp"

namespace trine::miners {

/// As many pairs of every distance: the distances of the batch's positive pairs are cut into `bins` equal parts between
/// the smallest and the largest, and of each part that is not empty `positives_per_bin` pairs are drawn, with
/// repetition; likewise the negative pairs. A pair that is drawn twice counts twice.
///
/// Looks at all pairs three times; memory is that of the bins and of what is drawn.
///
/// @see PyTorch Metric Learning's UniformHistogramMiner; there is no paper
struct uniform_histogram {
    static constexpr std::string_view name = "uniform_histogram";
    static constexpr std::array tunables{tunable{"positives_per_bin", 2, 20, spacing::logarithmic, true},
                                         tunable{"negatives_per_bin", 2, 20, spacing::logarithmic, true}};
    std::size_t bins = 100, positives_per_bin = 10, negatives_per_bin = 10;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("bins", self.bins), visit("positives_per_bin", self.positives_per_bin),
            visit("negatives_per_bin", self.negatives_per_bin);
    }
    void check() const {
        require<argument_error>(bins > 0 && bins <= 1'000'000, "uniform_histogram: ", bins,
                                " bins, which are 1 to 1000000");
    }

    /// What is drawn of one kind of pair: the places of the others, anchor by anchor, and the bins' limits.
    template <class T>
    struct drawn_pairs {
        std::vector<T> edges;
        std::vector<std::size_t> others, begin;
    };
    template <class T>
    struct drawn {
        drawn_pairs<T> positive, negative;
    };

    template <class T>
    drawn<T> prepare(matrix_view<T const> d, std::span<label const> labels, random_stream& stream) const {
        return {draw(d, labels, stream, true, positives_per_bin), draw(d, labels, stream, false, negatives_per_bin)};
    }
    template <class T, class Positive, class Negative>
    void mine_pairs(anchor_view<T> const& a, random_stream&, Positive&& positive, Negative&& negative,
                    drawn<T> const& all) const {
        auto const take = [&](drawn_pairs<T> const& pairs, std::span<std::size_t const> places, auto&& choose) {
            std::size_t at = 0;
            for (std::size_t k = pairs.begin[a.anchor]; k < pairs.begin[a.anchor + 1]; ++k) {
                while (places[at] != pairs.others[k])
                    ++at;
                choose(at);
            }
        };
        take(all.positive, a.positives, positive);
        take(all.negative, a.negatives, negative);
    }

private:
    template <class T>
    drawn_pairs<T> draw(matrix_view<T const> d, std::span<label const> labels, random_stream& stream, bool same,
                        std::size_t each) const {
        std::size_t const n = d.rows(), rows = 16, parts = (n + rows - 1) / rows;
        auto const each_pair = [&](std::size_t part, auto&& take) {
            for (std::size_t i = part * rows; i < std::min(n, (part + 1) * rows); ++i)
                for (std::size_t j = 0; j < n; ++j)
                    if (i != j && (labels[i] == labels[j]) == same)
                        take(i, j, d(i, j));
        };
        drawn_pairs<T> result;
        result.begin.assign(n + 1, 0);
        std::vector<std::array<T, 2>> ranges(parts, {std::numeric_limits<T>::max(), std::numeric_limits<T>::lowest()});
        parallel_for(parts, [&](std::size_t part) {
            each_pair(part, [&](std::size_t, std::size_t, T v) {
                ranges[part] = {std::min(ranges[part][0], v), std::max(ranges[part][1], v)};
            });
        });
        T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::lowest();
        for (auto const& range : ranges)
            low = std::min(low, range[0]), high = std::max(high, range[1]);
        if (!(low <= high))
            return result;
        result.edges.resize(bins + 1);
        for (std::size_t b = 0; b <= bins; ++b)
            result.edges[b] = b == bins ? high : low + (high - low) * static_cast<T>(b) / static_cast<T>(bins);
        auto const bin_of = [&](T v) {
            T const share = high > low ? (v - low) / (high - low) * static_cast<T>(bins) : T(0);
            std::size_t b = std::min(static_cast<std::size_t>(share), bins - 1);
            while (b > 0 && v < result.edges[b]) // the quotient may have rounded across a limit
                --b;
            while (b + 1 < bins && v >= result.edges[b + 1])
                ++b;
            return b;
        };
        // How many pairs of each bin come before a part.
        std::vector<std::size_t> before((parts + 1) * bins);
        parallel_for(parts, [&](std::size_t part) {
            each_pair(part, [&](std::size_t, std::size_t, T v) { ++before[(part + 1) * bins + bin_of(v)]; });
        });
        for (std::size_t k = bins; k < before.size(); ++k)
            before[k] += before[k - bins];
        // The numbers of those that are drawn, within their bin.
        std::vector<std::vector<std::size_t>> numbers(bins);
        for (std::size_t b = 0; b < bins; ++b)
            if (std::size_t const count = before[parts * bins + b]; count > 0) {
                for (std::size_t k = 0; k < each; ++k)
                    numbers[b].push_back(stream.below(count));
                std::sort(numbers[b].begin(), numbers[b].end());
            }
        std::vector<std::vector<std::array<std::size_t, 2>>> found(parts);
        parallel_for(parts, [&](std::size_t part) {
            std::vector<std::size_t> number(before.begin() + static_cast<std::ptrdiff_t>(part * bins),
                                            before.begin() + static_cast<std::ptrdiff_t>((part + 1) * bins)),
                next(bins);
            for (std::size_t b = 0; b < bins; ++b)
                next[b] = static_cast<std::size_t>(std::lower_bound(numbers[b].begin(), numbers[b].end(), number[b]) -
                                                   numbers[b].begin());
            each_pair(part, [&](std::size_t i, std::size_t j, T v) {
                std::size_t const b = bin_of(v);
                for (; next[b] < numbers[b].size() && numbers[b][next[b]] == number[b]; ++next[b])
                    found[part].push_back({i, j});
                ++number[b];
            });
        });
        for (auto const& part : found)
            for (auto const& [anchor, other] : part) {
                result.others.push_back(other);
                ++result.begin[anchor + 1];
            }
        for (std::size_t i = 0; i < n; ++i)
            result.begin[i + 1] += result.begin[i];
        return result;
    }
};

} // namespace trine::miners
