#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../core/config.hpp"
#include "../core/error.hpp"
#include "../core/view.hpp"
#include "concepts.hpp"

namespace trine::neighbors {

/// For each photo the photos that are near it. Mutual: when a is near b, b is near a, at the same distance.
struct neighbor_graph {
    std::vector<std::vector<neighbor>> near; ///< nearest first, none itself

    std::size_t size() const { return near.size(); }
};

namespace detail {

// Brings lists that were found from both sides into order: nearest first, each neighbour once.
void unite_lists(neighbor_graph& graph);

} // namespace detail

/// Joins each point with those of its k nearest that are not farther than a limit.
///
/// @param index   holds exactly `points`, at the same places
/// @param points  N×D
/// @param limit   the largest distance between two photos of one person
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
    detail::unite_lists(graph);
    return graph;
}

/// Groups photos by Chinese whispers: at first everybody believes in a class of their own; then all, again and again in
/// another order, take over the class that most of their neighbours believe in. Needs no number of groups; a photo
/// without neighbours is a group of its own.
///
/// @return for each photo the number of its group, 0, 1, … in the order of their first photos; the same for the same
/// seed
/// @see C. Biemann, "Chinese Whispers: an Efficient Graph Clustering Algorithm", 2006
std::vector<std::ptrdiff_t> chinese_whispers(neighbor_graph const& graph, std::uint64_t seed = 1,
                                             std::size_t most_rounds = 100);

/// Groups photos by density: a photo with enough neighbours is a group's core, cores that are neighbours are of one
/// group, and what is no core belongs to its nearest core's.
///
/// @param least  how many photos, itself among them, make a core
/// @return for each photo the number of its group, or −1 when it is near no core
/// @throws argument_error  when `least` is 0
/// @see M. Ester, H.-P. Kriegel, J. Sander, X. Xu, "A Density-Based Algorithm for Discovering Clusters in Large Spatial
/// Databases with Noise", KDD 1996
std::vector<std::ptrdiff_t> dbscan(neighbor_graph const& graph, std::size_t least);

} // namespace trine::neighbors

#ifdef TRINE_HEADER_ONLY
#include "clustering_impl.hpp"
#endif
