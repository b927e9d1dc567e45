#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <iostream>
#include <type_traits>
#include <xtensor-blas/xblas_config.hpp>
#include <xflens/cxxblas/cxxblas.cxx>
#include "../core/parallel.hpp"
#include "../core/view.hpp"
#include "gemm.hpp"

namespace trine::kernels {

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

#ifdef TRINE_COMPILED
template void gemm<float>(transposed ta, transposed tb, float alpha, matrix_view<std::type_identity_t<float> const> a,
                          matrix_view<std::type_identity_t<float> const> b, float beta,
                          matrix_view<std::type_identity_t<float>> c);
template void gemm<double>(transposed ta, transposed tb, double alpha,
                           matrix_view<std::type_identity_t<double> const> a,
                           matrix_view<std::type_identity_t<double> const> b, double beta,
                           matrix_view<std::type_identity_t<double>> c);
#endif

} // namespace trine::kernels
