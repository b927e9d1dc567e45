#pragma once

/// How far a figure might be off, had other people been photographed: intervals by drawing people again.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "../arrays/tensor.hpp"

namespace trine::evaluation {

struct bootstrap_options {
    std::size_t resamples = 2000;
    double confidence = 0.95;
    std::uint64_t seed = 1;
};

/// A figure and where it would lie in such a share of repetitions.
struct bootstrap_interval {
    double estimate = 0, low = 0, high = 0;
};

/// The interval of any figure by the percentile bootstrap: units are drawn with replacement, as many as there are, and
/// the figure is computed from those. Parallel, the same for any number of threads.
///
/// A unit is what would be drawn anew if all were repeated: with photos of faces a person, not a photo, for photos of
/// one person are alike.
///
/// @param units   how many there are
/// @param figure  called with the numbers of the units drawn, as `std::span<std::size_t const>`, from several threads
/// @throws data_error      when there are no units
/// @throws argument_error  unless 0 < confidence < 1 and there are at least 2 resamples
/// @see B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13
template <class Figure>
bootstrap_interval bootstrap(std::size_t units, Figure const& figure, bootstrap_options const& how = {}) {
    require<data_error>(units > 0, "there is nothing to draw from");
    require<argument_error>(how.confidence > 0 && how.confidence < 1, "a confidence of ", how.confidence,
                            ": it has to lie between 0 and 1");
    require<argument_error>(how.resamples >= 2, how.resamples,
                            " resamples: an interval needs at least 2, and 1000 to be steady");
    std::vector<std::size_t> all(units);
    for (std::size_t i = 0; i < units; ++i)
        all[i] = i;
    std::vector<double> values(how.resamples);
    parallel_for(how.resamples, [&](std::size_t b) {
        random_stream stream(how.seed, purpose::evaluation, 1, static_cast<std::uint32_t>(b));
        std::vector<std::size_t> drawn(units);
        for (auto& unit : drawn)
            unit = stream.below(units);
        values[b] = figure(std::span<std::size_t const>(drawn));
    });
    std::sort(values.begin(), values.end());
    // Quantiles between the two values that enclose them.
    auto const quantile = [&](double share) {
        double const place = share * static_cast<double>(values.size() - 1);
        auto const below = static_cast<std::size_t>(place);
        double const rest = place - static_cast<double>(below);
        return below + 1 < values.size() ? values[below] + rest * (values[below + 1] - values[below]) : values[below];
    };
    double const tail = (1 - how.confidence) / 2;
    return {figure(std::span<std::size_t const>(all)), quantile(tail), quantile(1 - tail)};
}

/// The interval of a mean over photos, such as the share recognised, when people are drawn whole with all their photos.
///
/// @param values   one a photo: 1 for right and 0 for wrong, or an average precision
/// @param people   whose photo it is
/// @throws shape_error  unless there is a person for each value
/// @throws as `bootstrap`
/// @see C. Field, A. Welsh, "Bootstrapping Clustered Data", Journal of the Royal Statistical Society B 69(3), 2007
inline bootstrap_interval bootstrap_mean(std::span<double const> values, std::span<label const> people,
                                         bootstrap_options const& how = {}) {
    require<shape_error>(values.size() == people.size(), people.size(), " people given for ", values.size(), " values");
    struct total {
        double sum = 0, count = 0;
    };
    std::map<label, total> of;
    for (std::size_t i = 0; i < values.size(); ++i)
        of[people[i]].sum += values[i], of[people[i]].count += 1;
    std::vector<total> totals;
    for (auto const& [person, t] : of)
        totals.push_back(t);
    return bootstrap(
        totals.size(),
        [&](std::span<std::size_t const> drawn) {
            total all;
            for (std::size_t unit : drawn)
                all.sum += totals[unit].sum, all.count += totals[unit].count;
            return all.sum / all.count;
        },
        how);
}

} // namespace trine::evaluation
