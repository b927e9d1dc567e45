#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include "clustering.hpp"

namespace trine::evaluation {

TRINE_INLINE cluster_agreement detail::compare_groups(std::span<std::ptrdiff_t const> clusters,
                                                      std::span<std::size_t const> who, std::size_t person_count) {
    std::map<std::pair<std::ptrdiff_t, std::size_t>, double> cells;
    std::map<std::ptrdiff_t, double> groups;
    std::vector<double> people(person_count);
    std::ptrdiff_t alone = -1;
    for (std::size_t i = 0; i < who.size(); ++i) {
        std::ptrdiff_t const group = clusters[i] >= 0 ? clusters[i] : alone--;
        ++cells[{group, who[i]}], ++groups[group], ++people[who[i]];
    }
    cluster_agreement a;
    double const n = static_cast<double>(who.size());
    auto const pairs = [](double count) { return count * (count - 1) / 2; };
    double both = 0, grouped = 0, same = 0, mutual = 0, group_entropy = 0, people_entropy = 0;
    for (auto const& [at, count] : cells)
        both += pairs(count), mutual += count / n * std::log(count * n / (groups[at.first] * people[at.second]));
    for (auto const& [group, count] : groups)
        grouped += pairs(count), group_entropy -= count / n * std::log(count / n);
    for (double count : people)
        same += pairs(count), people_entropy -= count / n * std::log(count / n);
    a.precision = grouped > 0 ? both / grouped : 1, a.recall = same > 0 ? both / same : 1;
    a.f1 = a.precision + a.recall > 0 ? 2 * a.precision * a.recall / (a.precision + a.recall) : 0;
    if (who.empty() || (groups.size() == 1 && people.size() == 1) ||
        (groups.size() == who.size() && people.size() == who.size())) {
        a.normalized_mutual_information = a.adjusted_mutual_information = 1; // nothing to be wrong about
        return a;
    }
    double const mean_entropy = (group_entropy + people_entropy) / 2;
    a.normalized_mutual_information = mean_entropy > 0 ? std::max(0.0, mutual) / mean_entropy : 0;
    // What is to be expected of random groups of these sizes; sizes that occur often are computed once.
    std::map<double, double> group_sizes, people_sizes;
    for (auto const& [group, count] : groups)
        ++group_sizes[count];
    for (double count : people)
        ++people_sizes[count];
    std::vector<double> log_factorial(who.size() + 1, 0.0);
    for (std::size_t i = 1; i < log_factorial.size(); ++i)
        log_factorial[i] = log_factorial[i - 1] + std::log(static_cast<double>(i));
    auto const lf = [&](double v) { return log_factorial[static_cast<std::size_t>(v)]; };
    double expected = 0;
    for (auto const& [g, g_times] : group_sizes)
        for (auto const& [p, p_times] : people_sizes)
            for (double shared = std::max(1.0, g + p - n); shared <= std::min(g, p); ++shared)
                expected += g_times * p_times * shared / n * std::log(n * shared / (g * p)) *
                            std::exp(lf(g) + lf(p) + lf(n - g) + lf(n - p) - lf(n) - lf(shared) - lf(g - shared) -
                                     lf(p - shared) - lf(n - g - p + shared));
    double const room = mean_entropy - expected;
    a.adjusted_mutual_information = std::abs(room) < 1e-15 ? 0 : (mutual - expected) / room;
    return a;
}

} // namespace trine::evaluation
