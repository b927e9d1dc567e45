#include <trine/neighbors/clustering.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <trine/core/label.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/clustering.hpp>
#include <trine/neighbors/exact.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEST_CASE("photos are grouped by person", "[neighbors]") {
    std::size_t const people = 6, each = 9, d = 16, n = people * each + 4;
    auto points = random_values<float>(n * d, 1);
    auto const centers = random_values<float>(people * d, 2);
    std::vector<label> labels;
    for (std::size_t i = 0; i < n; ++i) {
        labels.push_back(static_cast<label>(i < people * each ? i % people : i));
        for (std::size_t k = 0; k < d; ++k)
            points[i * d + k] = i < people * each ? centers[i % people * d + k] + 0.1f * points[i * d + k]
                                                  : 10 * points[i * d + k]; // the last four are strangers
    }
    matrix_view<float const> const view(points.data(), n, d);
    neighbors::exact::index<distances::euclidean> index(d);
    index.add(view);
    auto const graph = neighbors::join_neighbors(index, view, 5, 2.0f);
    for (std::size_t i = 0; i < n; ++i)
        for (auto const& other : graph.near[i]) {
            CHECK(other.index != i);
            CHECK(std::count_if(graph.near[other.index].begin(), graph.near[other.index].end(),
                                [&](auto const& back) { return back.index == i; }) == 1);
        }
    auto const whispers = neighbors::chinese_whispers(graph);
    auto const dense = neighbors::dbscan(graph, 4);
    CHECK(evaluation::compare_clusters<label>(whispers, labels).f1 == 1);
    CHECK(evaluation::compare_clusters<label>(dense, labels).f1 == 1);
    CHECK(std::set(whispers.begin(), whispers.end()).size() == people + 4);
    CHECK(whispers[0] == 0);
    CHECK(whispers[1] == 1); // numbered by their first photos
    for (std::size_t i = people * each; i < n; ++i)
        CHECK(dense[i] == -1);
    CHECK(neighbors::chinese_whispers(graph, 1) == whispers);
    CHECK_THROWS_AS(neighbors::dbscan(graph, 0), argument_error);
    CHECK_THROWS_AS(neighbors::join_neighbors(index, view, 0, 1.f), argument_error);
    CHECK_THROWS_AS(neighbors::join_neighbors(index, view, 5, NAN), argument_error);
    CHECK_THROWS_AS(neighbors::join_neighbors(index, view.slice(0, 5), 5, 1.f), argument_error);
    // A chain: its ends are no cores, and belong to the nearest core's group.
    neighbors::neighbor_graph const chain{{{{1.f, 1}}, {{1.f, 0}, {2.f, 2}}, {{2.f, 1}, {3.f, 3}}, {{3.f, 2}}, {}}};
    CHECK(neighbors::dbscan(chain, 3) == std::vector<std::ptrdiff_t>{0, 0, 0, 0, -1});
    CHECK(neighbors::dbscan(chain, 4) == std::vector<std::ptrdiff_t>(5, -1));
    CHECK(neighbors::dbscan(chain, 1) == std::vector<std::ptrdiff_t>{0, 0, 0, 0, 1});
    CHECK(neighbors::chinese_whispers({}).empty());
}
