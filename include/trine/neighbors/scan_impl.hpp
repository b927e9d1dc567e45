#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/parallel.hpp"
#include "geometries.hpp"
#include "panel_scan.hpp"
#include "row_scan.hpp"
#include "scan.hpp"

namespace trine::neighbors::detail {

template <distances::geometry G, class Storage>
neighbor_lists scan(std::span<part<Storage> const> parts, std::vector<bool> const& removed, std::size_t k,
                    matrix_view<float const> queries, double (*distance_of)(double), std::span<double> values) {
    using geometry = geometry_type<G>;
    neighbor_lists lists(queries.rows(), k);
    scan_input<geometry, Storage> const in(parts, removed, k);
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
            terms.push_back(make_query<geometry>(queries.row(q + i).data(), in.size));
        auto const tell = [&](std::size_t i, std::span<candidate const> best) {
            std::transform(best.begin(), best.end(), lists.room(q + i).begin(), [&](candidate const& c) {
                return neighbor{static_cast<float>(distance_of(c.lower)), c.index};
            });
            lists.set_length(q + i, best.size());
            for (std::size_t j = 0; !values.empty() && j < best.size(); ++j)
                values[(q + i) * k + j] = best[j].lower;
        };
        if (large)
            row_scan<geometry, Storage>(in).one_with_many_neighbors(terms, tell);
        else if (few)
            row_scan<geometry, Storage>(in).few_queries(terms, tell);
        else
            panel_scan<geometry, Storage>(in, terms).run(tell);
    }
    return lists;
}

#ifdef TRINE_COMPILED
#define TRINE_SCAN(G, Storage)                                                                                         \
    template neighbor_lists scan<distances::geometry::G, Storage>(                                                     \
        std::span<part<Storage> const>, std::vector<bool> const&, std::size_t, matrix_view<float const>,               \
        double (*)(double), std::span<double>);
#define TRINE_SCANS(Storage)                                                                                           \
    TRINE_SCAN(squared_length, Storage)                                                                                \
    TRINE_SCAN(one_minus_cosine, Storage)                                                                              \
    TRINE_SCAN(half_squared_chord, Storage)                                                                            \
    TRINE_SCAN(negated_product, Storage)
TRINE_SCANS(storage::float32)
TRINE_SCANS(storage::float16)
TRINE_SCANS(storage::int8)
#undef TRINE_SCANS
#undef TRINE_SCAN
#endif

} // namespace trine::neighbors::detail
