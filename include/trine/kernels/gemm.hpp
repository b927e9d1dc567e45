#pragma once

#include <type_traits>

#include "../core/config.hpp"
#include "../core/view.hpp"

namespace trine::kernels {

/// Whether a matrix is taken as it lies or transposed.
enum class transposed : bool { no, yes };

/// C = alpha · op(A) · op(B) + beta · C by OpenBLAS, on blocks of C's rows in parallel.
///
/// Each block is one single-threaded call and blocks depend on the sizes alone, so the result does not depend on the
/// number of threads.
///
/// @param a  M×K, or K×M when transposed
/// @param b  K×N, or N×K when transposed
/// @param c  M×N
template <class T>
void gemm(transposed ta, transposed tb, T alpha, matrix_view<std::type_identity_t<T> const> a,
          matrix_view<std::type_identity_t<T> const> b, T beta, matrix_view<std::type_identity_t<T>> c);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "gemm_impl.hpp"
#endif
