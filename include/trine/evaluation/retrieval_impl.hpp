#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "retrieval.hpp"

namespace trine::evaluation {

TRINE_INLINE double retrieval::recall_at(std::size_t k) const {
    return queries == 0 ? 0
                        : static_cast<double>(std::upper_bound(first_ranks.begin(), first_ranks.end(), k) -
                                              first_ranks.begin()) /
                              static_cast<double>(queries);
}

template <class T>
retrieval detail::evaluate_retrieval(cross_distances<T> distance, matrix_view<T const> queries,
                                     std::span<label const> query_labels, matrix_view<T const> references,
                                     std::span<label const> reference_labels, bool same_source) {
    require<shape_error>(queries.rows() == query_labels.size() && references.rows() == reference_labels.size(),
                         "labels for ", query_labels.size(), " and ", reference_labels.size(), " embeddings of ",
                         queries.rows(), " and ", references.rows());
    require<shape_error>(queries.cols() == references.cols(), "queries of ", queries.cols(),
                         " values among references of ", references.cols());
    require_finite(queries, "query");
    require_finite(references, "reference");
    std::map<label, std::size_t> population;
    for (label l : reference_labels)
        ++population[l];
    struct figures {
        std::size_t rank = 0; // of the first right one; 0 where there is none to find
        double r_precision = 0, map = 0;
    };
    std::vector<figures> each(queries.rows());
    constexpr std::size_t block = 128;
    buffer<T> distances(std::min(block, queries.rows()) * references.rows());
    for (std::size_t q = 0; q < queries.rows(); q += block) {
        std::size_t const rows = std::min(block, queries.rows() - q);
        matrix_view<T> const d(distances.data(), rows, references.rows());
        distance(queries.slice(q, rows), references, d);
        parallel_for(rows, [&](std::size_t i) {
            require_numbers(references.rows(), d.row(i).data(), "the distance to reference");
            label const who = query_labels[q + i];
            auto const at = population.find(who);
            std::size_t const r = (at == population.end() ? 0 : at->second) - (same_source ? 1 : 0);
            if (at == population.end() || r == 0)
                return;
            // Of equal distances the smaller index comes first.
            std::vector<std::pair<T, std::size_t>> order;
            order.reserve(references.rows());
            std::pair<T, std::size_t> first{std::numeric_limits<T>::infinity(),
                                            static_cast<std::size_t>(-1)}; // of the right ones
            for (std::size_t j = 0; j < references.rows(); ++j)
                if (!same_source || j != q + i) {
                    order.emplace_back(d(i, j), j);
                    if (reference_labels[j] == who)
                        first = std::min(first, order.back());
                }
            figures f{.rank = 1};
            for (auto const& other : order)
                f.rank += other < first;
            // Only the R nearest have to be in order.
            std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(r - 1), order.end());
            std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(r));
            std::size_t hits = 0;
            for (std::size_t rank = 0; rank < r; ++rank)
                if (reference_labels[order[rank].second] == who) {
                    ++hits;
                    f.map += static_cast<double>(hits) / static_cast<double>(rank + 1);
                    f.r_precision += 1;
                }
            f.map /= static_cast<double>(r);
            f.r_precision /= static_cast<double>(r);
            each[q + i] = f;
        });
    }
    retrieval result;
    for (auto const& f : each) {
        if (f.rank == 0)
            continue;
        result.first_ranks.push_back(f.rank);
        result.r_precision += f.r_precision;
        result.mean_average_precision_at_r += f.map;
        result.mean_reciprocal_rank += 1.0 / static_cast<double>(f.rank);
    }
    result.queries = result.first_ranks.size();
    std::sort(result.first_ranks.begin(), result.first_ranks.end());
    result.precision_at_1 = result.recall_at(1);
    if (result.queries > 0)
        for (double* v : {&result.r_precision, &result.mean_average_precision_at_r, &result.mean_reciprocal_rank})
            *v /= static_cast<double>(result.queries);
    return result;
}

#ifdef TRINE_COMPILED
template retrieval detail::evaluate_retrieval(cross_distances<float>, matrix_view<float const>, std::span<label const>,
                                              matrix_view<float const>, std::span<label const>, bool);
template retrieval detail::evaluate_retrieval(cross_distances<double>, matrix_view<double const>,
                                              std::span<label const>, matrix_view<double const>, std::span<label const>,
                                              bool);
#endif

} // namespace trine::evaluation
