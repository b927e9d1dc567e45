#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "cross_validation.hpp"

namespace trine::evaluation {

namespace detail {

inline std::size_t count_folds(std::span<double const> distances, std::size_t answers,
                               std::span<std::size_t const> folds) {
    require<shape_error>(distances.size() == answers && distances.size() == folds.size(), distances.size(),
                         " distances, ", answers, " answers and ", folds.size(), " folds");
    require_numbers(distances.size(), distances.data(), "the distance of pair");
    std::size_t const last = folds.empty() ? 0 : *std::max_element(folds.begin(), folds.end()),
                      count = folds.empty() ? 0 : last + 1;
    require<data_error>(folds.empty() || last < folds.size(), "fold ", last, " of ", folds.size(),
                        " pairs: folds are numbered from 0 on, and none is empty");
    require<data_error>(count >= 2, "cross-validation needs at least two folds; there are ", count);
    return count;
}

inline cross_validated summarised(cross_validated result) {
    auto const folds = static_cast<double>(result.accuracies.size());
    for (double a : result.accuracies)
        result.mean += a / folds;
    for (double a : result.accuracies)
        result.deviation += (a - result.mean) * (a - result.mean) / folds;
    result.deviation = std::sqrt(result.deviation);
    return result;
}

} // namespace detail

TRINE_INLINE cross_validated cross_validate(std::span<double const> distances, std::vector<bool> const& same,
                                            std::span<std::size_t const> folds, double step, std::size_t count) {
    std::size_t const fold_count = detail::count_folds(distances, same.size(), folds);
    require<argument_error>(step > 0 && std::isfinite(step) && count > 0, count, " thresholds with a step of ", step,
                            ": there has to be one, and the step a number above 0");
    // Right answers of each fold at each threshold.
    std::vector<std::vector<std::size_t>> right(fold_count, std::vector<std::size_t>(count));
    std::vector<std::size_t> sizes(fold_count);
    for (std::size_t i = 0; i < distances.size(); ++i) {
        ++sizes[folds[i]];
        for (std::size_t t = 0; t < count; ++t)
            right[folds[i]][t] += (distances[i] < static_cast<double>(t) * step) == same[i];
    }
    cross_validated result;
    for (std::size_t f = 0; f < fold_count; ++f) {
        require<data_error>(sizes[f] > 0, "fold ", f, " has no pairs");
        std::size_t best = 0, most = 0;
        for (std::size_t t = 0; t < count; ++t) {
            std::size_t others = 0;
            for (std::size_t g = 0; g < fold_count; ++g)
                others += g == f ? 0 : right[g][t];
            if (others > most)
                most = others, best = t;
        }
        result.accuracies.push_back(static_cast<double>(right[f][best]) / static_cast<double>(sizes[f]));
        result.thresholds.push_back(static_cast<double>(best) * step);
    }
    return detail::summarised(std::move(result));
}

TRINE_INLINE cross_validated cross_validate_at_distances(std::span<double const> distances,
                                                         std::vector<bool> const& same,
                                                         std::span<std::size_t const> folds) {
    std::size_t const fold_count = detail::count_folds(distances, same.size(), folds);
    std::vector<std::size_t> order(distances.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return distances[i] < distances[j]; });
    cross_validated result;
    for (std::size_t f = 0; f < fold_count; ++f) {
        // Going up the distances, each same pair taken in is right and each different one wrong.
        std::ptrdiff_t right = 0, most = std::numeric_limits<std::ptrdiff_t>::min();
        double threshold = 0;
        for (std::size_t k = 0; k < order.size();) {
            bool candidate = false;
            double const at = distances[order[k]];
            for (; k < order.size() && distances[order[k]] == at; ++k)
                if (folds[order[k]] != f)
                    right += same[order[k]] ? 1 : -1, candidate = true;
            if (candidate && right > most)
                most = right, threshold = at;
        }
        std::size_t good = 0, all = 0;
        for (std::size_t i = 0; i < distances.size(); ++i)
            if (folds[i] == f)
                ++all, good += (distances[i] <= threshold) == same[i];
        require<data_error>(all > 0, "fold ", f, " has no pairs");
        result.accuracies.push_back(static_cast<double>(good) / static_cast<double>(all));
        result.thresholds.push_back(threshold);
    }
    return detail::summarised(std::move(result));
}

} // namespace trine::evaluation
