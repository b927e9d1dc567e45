#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "bootstrap.hpp"

namespace trine::evaluation {

TRINE_INLINE bootstrap_interval detail::bootstrap(std::size_t units, void const* figure,
                                                  double (*call)(void const*, std::span<std::size_t const>),
                                                  bootstrap_options const& how) {
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
        values[b] = call(figure, std::span<std::size_t const>(drawn));
    });
    require_numbers(values.size(), values.data(), "the figure of resample");
    std::sort(values.begin(), values.end());
    // Quantiles between the two values that enclose them.
    auto const quantile = [&](double share) {
        double const place = share * static_cast<double>(values.size() - 1);
        auto const below = static_cast<std::size_t>(place);
        double const rest = place - static_cast<double>(below);
        return below + 1 < values.size() ? values[below] + rest * (values[below + 1] - values[below]) : values[below];
    };
    double const tail = (1 - how.confidence) / 2;
    return {call(figure, std::span<std::size_t const>(all)), quantile(tail), quantile(1 - tail)};
}

TRINE_INLINE bootstrap_interval bootstrap_mean(std::span<double const> values, std::span<label const> people,
                                               bootstrap_options const& how) {
    require<shape_error>(values.size() == people.size(), people.size(), " people given for ", values.size(), " values");
    require_numbers(values.size(), values.data(), "value");
    struct total {
        double sum = 0, count = 0;
    };
    std::map<label, total> of;
    for (std::size_t i = 0; i < values.size(); ++i)
        of[people[i]].sum += values[i], of[people[i]].count += 1;
    std::vector<total> totals;
    totals.reserve(of.size());
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
