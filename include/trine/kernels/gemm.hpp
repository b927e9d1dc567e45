#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <iostream>
#include <type_traits>

// xtensor-blas's own door to the BLAS, so that its users can include both.
#include <xtensor-blas/xblas_config.hpp>
#include <xflens/cxxblas/cxxblas.cxx>

#include "../core/parallel.hpp"
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
          matrix_view<std::type_identity_t<T> const> b, T beta, matrix_view<std::type_identity_t<T>> c) {
    std::size_t const m = c.rows(), n = c.cols(), k = ta == transposed::yes ? a.rows() : a.cols();
    assert((ta == transposed::yes ? a.cols() : a.rows()) == m);
    assert((tb == transposed::yes ? b.cols() : b.rows()) == k && (tb == transposed::yes ? b.rows() : b.cols()) == n);
    if (m == 0 || n == 0)
        return;
    auto const flag = [](transposed t) { return t == transposed::yes ? cxxblas::Trans : cxxblas::NoTrans; };
    // Tall matrices are cut by rows and wide ones by columns; 16 blocks balance on the machines we know without thin
    // calls.
    bool const by_rows = m >= n;
    std::size_t const extent = by_rows ? m : n;
    std::size_t const block = std::max<std::size_t>((extent + 15) / 16, 32);
    parallel_blocks(extent, block, [&](std::size_t first, std::size_t last) {
        std::size_t const rows = by_rows ? last - first : m, cols = by_rows ? n : last - first;
        T const* pa = a.data();
        T const* pb = b.data();
        T* pc = c.data();
        if (by_rows) {
            pa += ta == transposed::yes ? first : first * a.stride();
            pc += first * c.stride();
        } else {
            pb += tb == transposed::yes ? first * b.stride() : first;
            pc += first;
        }
        cxxblas::gemm(cxxblas::RowMajor, flag(ta), flag(tb), static_cast<int>(rows), static_cast<int>(cols),
                      static_cast<int>(k), alpha, pa, static_cast<int>(a.stride()), pb, static_cast<int>(b.stride()),
                      beta, pc, static_cast<int>(c.stride()));
    });
}

} // namespace trine::kernels
