#pragma once

/// How exact search goes over all references: float arithmetic bounds every value, and the few that bounds cannot
/// separate are settled in double.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/view.hpp"
#include "panel_scan.hpp"
#include "row_scan.hpp"

namespace trine::neighbors::detail {

// Calls done(query, settled candidates, nearest first) for every query. All queries are finite.
template <geometry G, class Storage, class Done>
void scan(std::span<part<Storage> const> parts, std::vector<bool> const& removed, std::size_t k,
          matrix_view<float const> queries, Done&& done) {
    scan_input<G, Storage> const in(parts, removed, k);
    std::size_t const threads = thread_count(), pool_bytes = candidate_pool::capacity_for(k) * sizeof(candidate);
    bool const few = queries.rows()<4, large = pool_bytes * threads * (few ? queries.rows() : 32)> working_memory;
    std::size_t const most =
        large ? 1
        : few ? queries.rows()
              : std::clamp<std::size_t>(working_memory / (4 * threads * k * sizeof(candidate)), 32, 2048);
    for (std::size_t q = 0; q < queries.rows(); q += most) {
        std::size_t const count = std::min(most, queries.rows() - q);
        std::vector<query_terms> terms;
        for (std::size_t i = 0; i < count; ++i)
            terms.push_back(make_query<G>(queries.row(q + i).data(), in.size));
        auto const tell = [&](std::size_t i, std::span<candidate const> found) { done(q + i, found); };
        if (large)
            row_scan<G, Storage>(in).one_with_many_neighbors(terms, tell);
        else if (few)
            row_scan<G, Storage>(in).few_queries(terms, tell);
        else
            panel_scan<G, Storage>(in, terms).run(tell);
    }
}

} // namespace trine::neighbors::detail
