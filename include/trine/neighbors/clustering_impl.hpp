#pragma once

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "../core/random.hpp"
#include "clustering.hpp"

namespace trine::neighbors {

namespace detail {

TRINE_INLINE void unite_lists(neighbor_graph& graph) {
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
}

// Numbers clusters 0, 1, … in the order of their first photos; what is negative stays.
inline void renumber(std::vector<std::ptrdiff_t>& clusters) {
    std::unordered_map<std::ptrdiff_t, std::ptrdiff_t> numbers;
    for (auto& c : clusters)
        if (c >= 0)
            c = numbers.try_emplace(c, static_cast<std::ptrdiff_t>(numbers.size())).first->second;
}

} // namespace detail

TRINE_INLINE std::vector<std::ptrdiff_t> chinese_whispers(neighbor_graph const& graph, std::uint64_t seed,
                                                          std::size_t most_rounds) {
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

TRINE_INLINE std::vector<std::ptrdiff_t> dbscan(neighbor_graph const& graph, std::size_t least) {
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
