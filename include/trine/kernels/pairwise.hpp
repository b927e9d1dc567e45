#pragma once

#include "../core/config.hpp"
#include "../core/view.hpp"
#include "tile_operations.hpp"

namespace trine::kernels {

/// out[i][j] = Σ over k of Op(a[i][k], b[j][k]): all pairs of rows of two matrices. `Op` is symmetric.
///
/// Squared distances are summed from differences, not expanded into norms and products, so that equal rows are at
/// distance exactly 0, close ones keep their digits, and d(a, b) = d(b, a) bit for bit. Of a matrix against itself,
/// half is computed and mirrored. Bounded by arithmetic.
///
/// @param a    Q×D
/// @param b    R×D
/// @param out  Q×R
template <class Op, class T>
void pairwise(matrix_view<T const> a, matrix_view<T const> b, matrix_view<T> out);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "pairwise_impl.hpp"
#endif
