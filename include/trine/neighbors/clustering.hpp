#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "../core/error.hpp"
#include "../core/random.hpp"
#include "concepts.hpp"

namespace trine::neighbors {

/// For each photo the photos that are near it. Mutual: when a is near b, b is near a, at the same distance.
struct neighbor_graph {
    std::vector<std::vector<neighbor>> near; ///< nearest first, none itself

    std::size_t size() const { return near.size(); }
};

/// Joins each point with those of its k nearest that are not farther than a limit.
///
/// @param index   holds exactly `points`, at the same places
/// @param points  N×D
/// @param limit   a distance: how far two photos of one person may lie apart
/// @throws argument_error  when k is 0, the limit is not a number, or the index does not hold as many points
template <index Index>
neighbor_graph join_neighbors(Index const& index, matrix_view<float const> points, std::size_t k, float limit) {
    require<argument_error>(k > 0, "a point needs at least one neighbour to be joined with");
    require<argument_error>(!std::isnan(limit), "the limit is not a number");
    require<argument_error>(index.size() == points.rows(), "an index of ", index.size(), " points for ", points.rows());
    std::size_t const n = points.rows();
    neighbor_graph graph{std::vector<std::vector<neighbor>>(n)};
    constexpr std::size_t block = 1024;
    for (std::size_t first = 0; first < n; first += block) {
        std::size_t const count = std::min(block, n - first);
        auto const found = index.search(points.slice(first, count), std::min(k + 1, n)); // and itself
        for (std::size_t i = 0; i < count; ++i)
            for (auto const& f : found[i])
                if (f.index != first + i && f.distance <= limit) {
                    graph.near[first + i].push_back(f);
                    graph.near[f.index].push_back({f.distance, first + i});
                }
    }
    for (auto& list : graph.near) {
        // Found from both sides, a neighbour is there twice, at distances that may differ by a rounding.
        std::sort(list.begin(), list.end(), [](neighbor const& a, neighbor const& b) {
            return a.index < b.index || (a.index == b.index && a.distance < b.distance);
        });
        list.erase(std::unique(list.begin(), list.end(),
                               [](neighbor const& a, neighbor const& b) { return a.index == b.index; }),
                   list.end());
        std::sort(list.begin(), list.end());
    }
    return graph;
}

namespace detail {

// Numbers clusters 0, 1, … in the order of their first photos; what is negative stays.
inline void renumber(std::vector<std::ptrdiff_t>& clusters) {
    std::unordered_map<std::ptrdiff_t, std::ptrdiff_t> numbers;
    for (auto& c : clusters)
        if (c >= 0)
            c = numbers.try_emplace(c, static_cast<std::ptrdiff_t>(numbers.size())).first->second;
}

} // namespace detail

/// Groups photos by Chinese whispers: at first everybody believes in a class of their own; then all, again and again in
/// another order, take over the class that most of their neighbours believe in. Needs no number of groups; a photo
/// without neighbours is a group of its own.
///
/// @return for each photo the number of its group, 0, 1, … in the order of their first photos; the same for the same
/// seed
/// @see C. Biemann, "Chinese Whispers: an Efficient Graph Clustering Algorithm", 2006
inline std::vector<std::ptrdiff_t> chinese_whispers(neighbor_graph const& graph, std::uint64_t seed = 1,
                                                    std::size_t most_rounds = 100) {
    std::size_t const n = graph.size();
    std::vector<std::ptrdiff_t> clusters(n);
    std::vector<std::size_t> order(n);
    std::iota(clusters.begin(), clusters.end(), 0);
    std::iota(order.begin(), order.end(), 0);
    std::unordered_map<std::ptrdiff_t, std::size_t> voices;
    for (std::size_t round = 0; round < most_rounds; ++round) {
        random_stream stream(seed, purpose::user, static_cast<std::uint32_t>(round));
        for (std::size_t i = n; i > 1; --i)
            std::swap(order[i - 1], order[stream.below(static_cast<std::uint32_t>(i))]);
        bool changed = false;
        for (std::size_t i : order) {
            if (graph.near[i].empty())
                continue;
            voices.clear();
            for (auto const& other : graph.near[i])
                ++voices[clusters[other.index]];
            // Of equally loud ones the own, else that of the nearest.
            std::size_t most = 0;
            for (auto const& [c, count] : voices)
                most = std::max(most, count);
            if (auto const own = voices.find(clusters[i]); own != voices.end() && own->second == most)
                continue;
            for (auto const& other : graph.near[i])
                if (voices[clusters[other.index]] == most) {
                    clusters[i] = clusters[other.index];
                    break;
                }
            changed = true;
        }
        if (!changed)
            break;
    }
    detail::renumber(clusters);
    return clusters;
}

/// Groups photos by density: a photo with enough neighbours is a group's core, cores that are neighbours are of one
/// group, and what is no core belongs to its nearest core's.
///
/// @param least  how many photos, itself among them, make a core
/// @return for each photo the number of its group, or −1 when it is near no core
/// @throws argument_error  when `least` is 0
/// @see M. Ester, H.-P. Kriegel, J. Sander, X. Xu, "A Density-Based Algorithm for Discovering Clusters in Large Spatial
/// Databases with Noise", KDD 1996
inline std::vector<std::ptrdiff_t> dbscan(neighbor_graph const& graph, std::size_t least) {
    require<argument_error>(least > 0, "a core needs at least one photo");
    std::size_t const n = graph.size();
    auto const is_core = [&](std::size_t i) { return graph.near[i].size() + 1 >= least; };
    std::vector<std::ptrdiff_t> clusters(n, -1);
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < n; ++i) {
        if (clusters[i] >= 0 || !is_core(i))
            continue;
        clusters[i] = static_cast<std::ptrdiff_t>(i);
        open.push_back(i);
        while (!open.empty()) {
            std::size_t const at = open.back();
            open.pop_back();
            for (auto const& other : graph.near[at])
                if (clusters[other.index] < 0 && is_core(other.index)) {
                    clusters[other.index] = static_cast<std::ptrdiff_t>(i);
                    open.push_back(other.index);
                }
        }
    }
    for (std::size_t i = 0; i < n; ++i)
        if (!is_core(i))
            for (auto const& other : graph.near[i]) // nearest first
                if (is_core(other.index)) {
                    clusters[i] = clusters[other.index];
                    break;
                }
    detail::renumber(clusters);
    return clusters;
}

} // namespace trine::neighbors
