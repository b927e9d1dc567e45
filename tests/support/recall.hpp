#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <trine/neighbors/exact.hpp>

#include "catch.hpp"

/// The share of the true k nearest that an index finds. Checks that its lists are sorted, and that distances are right.
template <class Distance, class Index>
double recall(Index const& index, trine::matrix_view<float const> points, trine::matrix_view<float const> queries,
              std::size_t k, std::vector<bool> const& removed = {}) {
    trine::neighbors::exact::index<Distance> exact(points.cols());
    exact.borrow(points);
    for (std::size_t i = 0; i < removed.size(); ++i)
        if (removed[i])
            exact.remove(i);
    auto const expected = exact.search(queries, k), found = index.search(queries, k);
    std::size_t hits = 0;
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        CHECK(std::is_sorted(found[q].begin(), found[q].end()));
        for (auto const& f : found[q])
            for (auto const& e : expected[q])
                if (f.index == e.index) {
                    ++hits;
                    CHECK(f.distance == Approx(e.distance).margin(1e-4));
                }
    }
    return static_cast<double>(hits) / static_cast<double>(queries.rows() * k);
}
