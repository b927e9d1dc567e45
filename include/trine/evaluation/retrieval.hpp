#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../core/config.hpp"
#include "../core/label.hpp"
#include "../core/view.hpp"
#include "cross_distances.hpp"

namespace trine::evaluation {

/// How well each photo's nearest neighbours are of its own person; means over the queries that have any.
struct retrieval {
    double precision_at_1 = 0; ///< share whose nearest neighbour is the same person (rank-1)
    double r_precision = 0;    ///< share of the R nearest that are the same person, R being how many there are to find
    double mean_average_precision_at_r = 0;
    double mean_reciprocal_rank = 0;
    std::size_t queries = 0;              ///< that had something to find
    std::vector<std::size_t> first_ranks; ///< of each query, at which rank its person came first; sorted

    /// Share of the queries that have their person among the k nearest.
    double recall_at(std::size_t k) const;
};

namespace detail {

template <class T>
retrieval evaluate_retrieval(cross_distances<T> distance, matrix_view<T const> queries,
                             std::span<label const> query_labels, matrix_view<T const> references,
                             std::span<label const> reference_labels, bool same_source);

} // namespace detail

/// Retrieval metrics of queries among references.
///
/// With `same_source`, queries and references are the same photos and none finds itself. Queries whose person has no
/// (other) reference do not count. The mean average precision at R is the mean over queries of 1/R Σ over ranks i ≤ R
/// of precision(i)·relevant(i). Holds one block of queries × references.
///
/// @throws shape_error  when sizes differ
/// @see K. Musgrave, S. Belongie, S.-N. Lim, "A Metric Learning Reality Check", ECCV 2020
template <class Distance>
retrieval evaluate_retrieval(Distance const& distance, matrix_view<float const> queries,
                             std::span<label const> query_labels, matrix_view<float const> references,
                             std::span<label const> reference_labels, bool same_source = false) {
    return detail::evaluate_retrieval(detail::cross_distances<float>(distance), queries, query_labels, references,
                                      reference_labels, same_source);
}
template <class Distance>
retrieval evaluate_retrieval(Distance const& distance, matrix_view<double const> queries,
                             std::span<label const> query_labels, matrix_view<double const> references,
                             std::span<label const> reference_labels, bool same_source = false) {
    return detail::evaluate_retrieval(detail::cross_distances<double>(distance), queries, query_labels, references,
                                      reference_labels, same_source);
}

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "retrieval_impl.hpp"
#endif
