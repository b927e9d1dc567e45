#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "comparison.hpp"
#include "distributions.hpp"

namespace trine::evaluation {

TRINE_INLINE fold_mean corrected_mean(std::span<double const> folds, double confidence) {
    require<data_error>(!folds.empty(), "there is no fold to take the mean of");
    require_numbers(folds.size(), folds.data(), "the value of fold");
    require<argument_error>(confidence > 0 && confidence < 1, "a confidence of ", confidence,
                            ": it has to lie between 0 and 1");
    auto const k = static_cast<double>(folds.size());
    double mean = 0, squares = 0;
    for (double v : folds)
        mean += v / k;
    if (folds.size() == 1)
        return {mean, std::numeric_limits<double>::infinity(), 1};
    for (double v : folds)
        squares += (v - mean) * (v - mean);
    double const deviation = std::sqrt((1 / k + 1 / (k - 1)) * squares / (k - 1));
    // Equal values in all folds: no difference, or one that no noise explains.
    if (deviation <= 1e-15 * std::abs(mean) || deviation == 0)
        return {mean, 0, mean == 0 ? 1.0 : 0.0};
    return {mean, student_t_quantile((1 + confidence) / 2, k - 1) * deviation,
            2 * student_t_above(std::abs(mean) / deviation, k - 1)};
}

TRINE_INLINE std::vector<double> holm(std::span<double const> p) {
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = 0; i < p.size(); ++i)
        require<argument_error>(p[i] >= 0 && p[i] <= 1, "p-value ", i, " is ", p[i], ": it has to lie between 0 and 1");
    std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return p[i] < p[j]; });
    std::vector<double> adjusted(p.size());
    double largest = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        largest = std::max(largest, std::min(1.0, static_cast<double>(order.size() - i) * p[order[i]]));
        adjusted[order[i]] = largest;
    }
    return adjusted;
}

TRINE_INLINE ranking rank_methods(matrix_view<double const> values, double correlation, double significance) {
    std::size_t const blocks = values.rows(), methods = values.cols();
    require<data_error>(blocks >= 2 && methods >= 2, blocks, " blocks of ", methods,
                        " methods: ranks are compared for two and more of both");
    require<argument_error>(correlation >= 0 && correlation <= 1, "a correlation of ", correlation,
                            " between blocks: it has to lie between 0 and 1");
    ranking r;
    r.mean_ranks.assign(methods, 0);
    auto const b = static_cast<double>(blocks), k = static_cast<double>(methods);
    double tied = 0;
    std::vector<std::size_t> order(methods);
    for (std::size_t i = 0; i < blocks; ++i) {
        auto const row = values.row(i);
        require_numbers(row.size(), row.data(), "the value of method");
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return row[x] > row[y]; });
        for (std::size_t first = 0, last = 0; first < methods; first = last) {
            while (last < methods && row[order[last]] == row[order[first]])
                ++last;
            auto const same = static_cast<double>(last - first);
            for (std::size_t j = first; j < last; ++j)
                r.mean_ranks[order[j]] += (static_cast<double>(first + last) + 1) / 2 / b;
            tied += same * same * same - same;
        }
    }
    double squares = 0;
    for (double rank : r.mean_ranks)
        squares += rank * rank;
    double const distinct = 1 - tied / (b * k * (k * k - 1)), shared = 1 + correlation * (b - 1);
    if (distinct > 0) { // else all are equal everywhere
        r.chi_squared =
            std::max(0.0, 12 * b / (k * (k + 1)) * (squares - k * (k + 1) * (k + 1) / 4) / distinct / shared);
        r.p = chi_squared_above(r.chi_squared, k - 1);
    }
    r.critical_difference =
        normal_range_quantile(significance, k) / std::numbers::sqrt2 * std::sqrt(shared * k * (k + 1) / (6 * b));
    return r;
}

TRINE_INLINE std::vector<std::pair<std::size_t, std::size_t>> indistinguishable(std::span<double const> mean_ranks,
                                                                                double critical_difference) {
    std::vector<double> sorted(mean_ranks.begin(), mean_ranks.end());
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::pair<std::size_t, std::size_t>> runs;
    std::size_t reached = 0;
    for (std::size_t first = 0; first < sorted.size(); ++first) {
        std::size_t last = first;
        while (last + 1 < sorted.size() && sorted[last + 1] - sorted[first] <= critical_difference)
            ++last;
        if (last > first && (runs.empty() || last > reached))
            runs.emplace_back(first, last), reached = last;
    }
    return runs;
}

} // namespace trine::evaluation
