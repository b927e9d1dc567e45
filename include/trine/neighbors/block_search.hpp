#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/view.hpp"
#include "../kernels/candidate_pool.hpp"
#include "concepts.hpp"
#include "scan.hpp"

namespace trine::neighbors::detail {

// The k nearest of all parts, by a distance of which nothing is known but that it can be computed: blocks of queries
// against blocks of references. `values` as of `scan`.
template <class Distance, class Storage>
neighbor_lists search_by_blocks(Distance const& distance, matrix_view<float const> queries,
                                std::span<part<Storage> const> parts, std::vector<bool> const& removed, std::size_t k,
                                std::span<double> values = {}) {
    using kernels::candidate, kernels::candidate_pool;
    std::size_t const cols = queries.cols(),
                      query_block = std::clamp<std::size_t>(
                          (std::size_t{16} << 20) / (candidate_pool::capacity_for(k) * sizeof(candidate)), 1, 64);
    constexpr std::size_t reference_block = 1024;
    neighbor_lists lists(queries.rows(), k);
    std::vector<float> distances(query_block * reference_block), decoded(reference_block * cols);
    std::vector<candidate_pool> pools(query_block);
    auto const settled = [](std::size_t) { return 0.0; }; // never asked: every candidate comes settled
    for (std::size_t q = 0; q < queries.rows(); q += query_block) {
        std::size_t const rows = std::min(query_block, queries.rows() - q);
        for (auto& pool : pools)
            pool.reset(k);
        for (auto const& p : parts)
            for (std::size_t r = 0; r < p.rows.rows; r += reference_block) {
                std::size_t const count = std::min(reference_block, p.rows.rows - r);
                matrix_view<float const> references;
                if (p.originals.rows() > 0)
                    references = p.originals.slice(r, count);
                else {
                    for (std::size_t i = 0; i < count; ++i)
                        p.rows.copy_row(r + i, decoded.data() + i * cols);
                    references = {decoded.data(), count, cols};
                }
                matrix_view<float> const block(distances.data(), rows, count);
                distance.cross(queries.slice(q, rows), references, block);
                parallel_for(rows, [&](std::size_t i) {
                    for (std::size_t j = 0; j < count; ++j) {
                        double const d = static_cast<double>(block(i, j));
                        std::size_t const place = p.first + r + j;
                        if (d <= pools[i].threshold() && !(place < removed.size() && removed[place]))
                            pools[i].add({d, d, place}, settled);
                    }
                });
            }
        for (std::size_t i = 0; i < rows; ++i) {
            auto const best = pools[i].finish(settled);
            std::transform(best.begin(), best.end(), lists.room(q + i).begin(), [](candidate const& c) {
                return neighbor{static_cast<float>(c.lower), c.index};
            });
            lists.set_length(q + i, best.size());
            for (std::size_t j = 0; !values.empty() && j < best.size(); ++j)
                values[(q + i) * k + j] = best[j].lower;
        }
    }
    return lists;
}

} // namespace trine::neighbors::detail
