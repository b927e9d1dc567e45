#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "../core/error.hpp"
#include "findings.hpp"

namespace trine::experiments {

namespace detail {

inline double mean_of(std::vector<outcome> const& runs, measure m) {
    double sum = 0;
    for (auto const& o : runs)
        sum += o[m] / static_cast<double>(runs.size());
    return sum;
}

// The shortest digits that give the number back.
inline std::string digits(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}
// A field of a table of comma-separated values.
inline std::string quoted(std::string_view text) {
    if (text.find_first_of(",\"\n\r") == std::string_view::npos)
        return std::string(text);
    std::string all = "\"";
    for (char c : text)
        c == '"' ? all += "\"\"" : all += c;
    return all + "\"";
}
inline std::string values_in_words(std::vector<parameter> const& parameters, std::vector<double> const& values) {
    std::string all;
    for (std::size_t i = 0; i < values.size(); ++i)
        all += (i > 0 ? " " : "") + parameters[i].name + "=" + digits(values[i]);
    return all;
}
// Calls f(result, fold, kind, seed, values, outcome) for all trainings.
template <class F>
void each_training(std::span<entry_result const> results, F&& f) {
    for (auto const& r : results) {
        std::vector<double> given;
        for (auto const& p : r.parameters)
            given.push_back(p.given);
        for (std::size_t k = 0; k < r.folds.size(); ++k) {
            for (std::size_t i = 0; i < r.folds[k].tuned.size(); ++i)
                f(r, k, "tuned", i, r.folds[k].values, r.folds[k].tuned[i]);
            for (std::size_t i = 0; i < r.folds[k].given.size(); ++i)
                f(r, k, "given", i, given, r.folds[k].given[i]);
        }
    }
}

} // namespace detail

TRINE_INLINE bool findings::differ(std::size_t first, std::size_t second, double significance) const {
    return std::any_of(pairs.begin(), pairs.end(), [&](pair_finding const& p) {
        return std::min(p.first, p.second) == std::min(first, second) &&
               std::max(p.first, p.second) == std::max(first, second) && p.p < significance;
    });
}

TRINE_INLINE findings conclude(std::span<entry_result const> results) {
    require<data_error>(!results.empty(), "no entry has all its runs yet: there is nothing to conclude from");
    std::size_t const folds = results.front().folds.size();
    findings all;
    std::vector<std::vector<double>> map(results.size()); // MAP@R of each entry, fold by fold
    for (std::size_t e = 0; e < results.size(); ++e) {
        auto const& r = results[e];
        entry_finding one;
        one.name = r.name;
        std::vector<double> of_fold(folds), given(folds), worth(folds);
        for (std::size_t m = 0; m < measure_count; ++m) {
            for (std::size_t k = 0; k < folds; ++k)
                of_fold[k] = detail::mean_of(r.folds[k].tuned, static_cast<measure>(m));
            one.measures[m] = evaluation::corrected_mean(of_fold);
            if (static_cast<measure>(m) == measure::map_at_r)
                map[e] = of_fold;
        }
        double trainings = 0, steps = 0, seconds = 0;
        for (std::size_t k = 0; k < folds; ++k) {
            given[k] = detail::mean_of(r.folds[k].given, measure::map_at_r);
            worth[k] = map[e][k] - given[k];
            for (auto const& o : r.folds[k].tuned) {
                one.active += o.mean_active(), trainings += 1;
                steps += static_cast<double>(o.steps), seconds += o.seconds;
            }
            for (auto const* runs : {&r.folds[k].tuned, &r.folds[k].given})
                one.failures += static_cast<std::size_t>(
                    std::count_if(runs->begin(), runs->end(), [](outcome const& o) { return !o.failure.empty(); }));
            one.failures += static_cast<std::size_t>(std::count_if(r.folds[k].trials.begin(), r.folds[k].trials.end(),
                                                                   [](trial const& t) { return std::isnan(t.score); }));
        }
        one.given = evaluation::corrected_mean(given), one.tuning = evaluation::corrected_mean(worth);
        one.active /= std::max(1.0, trainings);
        one.seconds_per_step = steps > 0 ? seconds / steps : 0;
        all.entries.push_back(std::move(one));
    }
    std::vector<double> p;
    for (std::size_t i = 0; i < results.size(); ++i)
        for (std::size_t j = i + 1; j < results.size(); ++j) {
            std::vector<double> differences(folds);
            for (std::size_t k = 0; k < folds; ++k)
                differences[k] = map[i][k] - map[j][k];
            all.pairs.push_back({i, j, evaluation::corrected_mean(differences), 1});
            p.push_back(all.pairs.back().difference.p);
        }
    auto const corrected = evaluation::holm(p);
    for (std::size_t i = 0; i < corrected.size(); ++i)
        all.pairs[i].p = corrected[i];
    if (results.size() >= 2) {
        std::vector<double> table;
        for (std::size_t k = 0; k < folds; ++k)
            for (auto const& of_fold : map)
                table.push_back(of_fold[k]);
        all.ranks = evaluation::rank_methods({table.data(), folds, results.size()}, 1 / static_cast<double>(folds));
        for (std::size_t e = 0; e < results.size(); ++e)
            all.entries[e].rank = all.ranks.mean_ranks[e];
    } else
        all.entries[0].rank = 1;
    return all;
}

TRINE_INLINE std::string results_csv(std::span<entry_result const> results) {
    std::string text = "entry,fold,kind,seed,values";
    for (std::size_t m = 0; m < measure_count; ++m)
        text.append(",").append(name_of(static_cast<measure>(m)));
    text += ",active,failure\n";
    detail::each_training(results, [&](entry_result const& r, std::size_t fold, char const* kind, std::size_t seed,
                                       std::vector<double> const& values, outcome const& o) {
        text += detail::quoted(r.name) + "," + std::to_string(fold + 1) + "," + kind + "," + std::to_string(seed + 1) +
                "," + detail::values_in_words(r.parameters, values);
        for (double m : o.measures)
            text += "," + detail::digits(m);
        text += "," + detail::digits(o.mean_active()) + "," + detail::quoted(o.failure) + "\n";
    });
    return text;
}

TRINE_INLINE std::string tries_csv(std::span<entry_result const> results) {
    std::string text = "entry,fold,try,values,map_at_r,chosen\n";
    for (auto const& r : results)
        for (std::size_t k = 0; k < r.folds.size(); ++k)
            for (std::size_t i = 0; i < r.folds[k].trials.size(); ++i) {
                auto const& t = r.folds[k].trials[i];
                text += detail::quoted(r.name) + "," + std::to_string(k + 1) + "," + std::to_string(i + 1) + "," +
                        detail::values_in_words(r.parameters, t.values) + "," +
                        (std::isnan(t.score) ? "" : detail::digits(t.score)) + "," +
                        (i == r.folds[k].chosen ? "yes" : "no") + "\n";
            }
    return text;
}

TRINE_INLINE std::string costs_csv(std::span<entry_result const> results) {
    std::string text = "entry,fold,kind,seed,steps,seconds\n";
    detail::each_training(results, [&](entry_result const& r, std::size_t fold, char const* kind, std::size_t seed,
                                       std::vector<double> const&, outcome const& o) {
        text += detail::quoted(r.name) + "," + std::to_string(fold + 1) + "," + kind + "," + std::to_string(seed + 1) +
                "," + std::to_string(o.steps) + "," + detail::digits(o.seconds) + "\n";
    });
    return text;
}

TRINE_INLINE std::string pairs_csv(findings const& found) {
    std::string text = "first,second,difference,half_width,p,p_holm\n";
    for (auto const& pair : found.pairs)
        text += detail::quoted(found.entries[pair.first].name) + "," + detail::quoted(found.entries[pair.second].name) +
                "," + detail::digits(pair.difference.mean) + "," + detail::digits(pair.difference.half_width) + "," +
                detail::digits(pair.difference.p) + "," + detail::digits(pair.p) + "\n";
    return text;
}

} // namespace trine::experiments
