#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "../core/error.hpp"

namespace trine::evaluation {

/// How well groups agree with people.
struct cluster_agreement {
    double precision = 1; ///< of the pairs of photos in one group, how many are of one person; 1 where there are none
    double recall = 1;    ///< of the pairs of one person, how many are in one group; 1 where there are none
    double f1 = 0;        ///< the harmonic mean of both
    double normalized_mutual_information = 0; ///< what groups say of people, as a share of the mean of both entropies
    double adjusted_mutual_information =
        0; ///< the same beyond what groups of these sizes say by chance: 0 for random ones, 1 for the right ones
};

/// Compares groups with people; a photo in no group (−1) is a group of its own. Time grows with the photos, and for the
/// adjustment with groups × people.
///
/// @throws shape_error  when there are not as many groups as labels
/// @see N. Vinh, J. Epps, J. Bailey, "Information Theoretic Measures for Clusterings Comparison", JMLR 11, 2010
template <class Label>
cluster_agreement compare_clusters(std::span<std::ptrdiff_t const> clusters, std::span<Label const> labels) {
    require<shape_error>(clusters.size() == labels.size(), clusters.size(), " groups for ", labels.size(), " labels");
    std::map<std::pair<std::ptrdiff_t, std::size_t>, double> cells;
    std::map<std::ptrdiff_t, double> groups;
    std::map<Label, std::size_t> number;
    std::vector<double> people;
    std::ptrdiff_t alone = -1;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        auto const [at, fresh] = number.try_emplace(labels[i], people.size());
        if (fresh)
            people.push_back(0);
        std::ptrdiff_t const group = clusters[i] >= 0 ? clusters[i] : alone--;
        ++cells[{group, at->second}], ++groups[group], ++people[at->second];
    }
    cluster_agreement a;
    double const n = static_cast<double>(labels.size());
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
    if (labels.empty() || (groups.size() == 1 && people.size() == 1) ||
        (groups.size() == labels.size() && people.size() == labels.size())) {
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
    std::vector<double> log_factorial(labels.size() + 1, 0.0);
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
