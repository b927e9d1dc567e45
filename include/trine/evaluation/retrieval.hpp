#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/tensor.hpp"

namespace trine::evaluation {

/// How well each photo's nearest neighbours are of its own person; means over the queries that have any.
struct retrieval {
    double precision_at_1 = 0;           ///< share whose nearest neighbour is the same person (rank-1)
    double r_precision = 0;              ///< share of the R nearest that are the same person, R being how many there are to find
    double mean_average_precision_at_r = 0;
    double mean_reciprocal_rank = 0;
    std::size_t queries = 0;             ///< that had something to find
};

/// Retrieval metrics of queries among references.
///
/// With `same_source`, queries and references are the same photos and none finds itself. Queries whose person has no (other) reference do not
/// count. MAP@R = mean over queries of 1/R Σ over ranks i ≤ R of precision(i)·relevant(i). Holds one block of queries × references.
///
/// @throws shape_error  when sizes differ
/// @see K. Musgrave, S. Belongie, S.-N. Lim, "A Metric Learning Reality Check", ECCV 2020
template <class Distance, class T>
retrieval evaluate_retrieval(Distance const& distance, matrix_view<T const> queries, std::span<label const> query_labels, matrix_view<T const> references,
                             std::span<label const> reference_labels, bool same_source = false) {
    require<shape_error>(queries.rows() == query_labels.size() && references.rows() == reference_labels.size(), "labels for ", query_labels.size(), " and ",
                         reference_labels.size(), " embeddings of ", queries.rows(), " and ", references.rows());
    require<shape_error>(queries.cols() == references.cols(), "queries of ", queries.cols(), " values among references of ", references.cols());
    std::map<label, std::size_t> population;
    for (label l : reference_labels)
        ++population[l];
    struct figures {
        bool counts = false;
        double first = 0, r_precision = 0, map = 0, reciprocal = 0;
    };
    std::vector<figures> each(queries.rows());
    constexpr std::size_t block = 128;
    buffer<T> distances(std::min(block, queries.rows()) * references.rows());
    for (std::size_t q = 0; q < queries.rows(); q += block) {
        std::size_t const rows = std::min(block, queries.rows() - q);
        matrix_view<T> const d(distances.data(), rows, references.rows());
        distance.cross(queries.slice(q, rows), references, d);
        parallel_for(rows, [&](std::size_t i) {
            label const who = query_labels[q + i];
            auto const at = population.find(who);
            std::size_t const r = (at == population.end() ? 0 : at->second) - (same_source ? 1 : 0);
            if (at == population.end() || r == 0)
                return;
            std::vector<std::pair<T, std::size_t>> order; // of equal distances the smaller index first
            order.reserve(references.rows());
            for (std::size_t j = 0; j < references.rows(); ++j)
                if (!same_source || j != q + i)
                    order.emplace_back(d(i, j), j);
            std::sort(order.begin(), order.end());
            figures f{.counts = true};
            std::size_t hits = 0;
            for (std::size_t rank = 0; rank < order.size() && (rank < r || hits == 0); ++rank) {
                if (reference_labels[order[rank].second] != who)
                    continue;
                ++hits;
                if (hits == 1)
                    f.reciprocal = 1.0 / static_cast<double>(rank + 1);
                if (rank < r)
                    f.map += static_cast<double>(hits) / static_cast<double>(rank + 1);
                if (rank < r)
                    f.r_precision += 1;
                if (rank == 0)
                    f.first = 1;
            }
            f.map /= static_cast<double>(r);
            f.r_precision /= static_cast<double>(r);
            each[q + i] = f;
        });
    }
    retrieval result;
    for (auto const& f : each) {
        result.queries += f.counts;
        result.precision_at_1 += f.first;
        result.r_precision += f.r_precision;
        result.mean_average_precision_at_r += f.map;
        result.mean_reciprocal_rank += f.reciprocal;
    }
    if (result.queries > 0)
        for (double* v : {&result.precision_at_1, &result.r_precision, &result.mean_average_precision_at_r, &result.mean_reciprocal_rank})
            *v /= static_cast<double>(result.queries);
    return result;
}

} // namespace trine::evaluation
