#pragma once

#include <cstddef>

#include "../core/view.hpp"
#include "concepts.hpp"
#include "exact.hpp"

namespace trine::neighbors {

/// The k nearest references of each query, nearest first, of arrays that one has: `exact::search`.
///
///     xt::xtensor<float, 2> queries = …, references = …;
///     auto const found = neighbors::search(distances::euclidean{}, queries, references, 5);
///     found[0][0].index; // of the first query's nearest
///
/// @param queries     Q×D: a two-dimensional array with contiguous rows, {pointer, rows, cols} or {span, rows, cols}
/// @param references  R×D
/// @return Q lists of k neighbours
/// @throws shape_error     when the embeddings' sizes differ
/// @throws argument_error  when k is 0 or larger than R
/// @throws numeric_error   when a query holds NaN or infinity
template <class Distance>
neighbor_lists search(Distance const& distance, matrix_view<float const> queries, matrix_view<float const> references,
                      std::size_t k) {
    return exact{}.search(distance, queries, references, k);
}

} // namespace trine::neighbors
