#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <iostream>
#include <mutex>
#include <type_traits>
#include <omp.h>
#include <xtensor-blas/xblas_config.hpp>
#include <xflens/cxxblas/cxxblas.cxx>
#include "../core/parallel.hpp"
#include "../core/view.hpp"
#include "gemm.hpp"

#if defined(__ELF__)
// Weak, so that another BLAS, which lacks them, will do.
extern "C" {
[[gnu::weak]] int openblas_get_parallel();
[[gnu::weak]] void openblas_set_num_threads(int count);
}
#endif

namespace trine::kernels {

namespace detail {

// How OpenBLAS was built; nothing is known of other libraries. The build with threads of its own knows one number of
// them for the whole program: it is told once, so that a program may tell it another afterwards.
enum class blas_build { serial = 0, own_threads = 1, openmp = 2, unknown };
inline blas_build find_blas_build() {
    static blas_build const found = [] {
#if defined(__ELF__)
        if (openblas_get_parallel && openblas_set_num_threads) {
            auto const build = static_cast<blas_build>(openblas_get_parallel());
            if (build == blas_build::own_threads)
                openblas_set_num_threads(1);
            return build;
        }
#endif
        return blas_build::unknown;
    }();
    return found;
}

// OpenBLAS cuts a product among threads of its own where the caller is no thread of OpenMP's regions, and sums in
// another order then: bits would depend on which thread came by which block. What is told to OpenMP holds for this
// thread alone. The serial build may share its memory among all that call it, so they take turns.
class one_thread_of_blas {
public:
    one_thread_of_blas() : before_(omp_get_max_threads()) {
        static std::mutex turns;
        if (find_blas_build() == blas_build::serial)
            turn_ = std::unique_lock(turns);
        if (before_ != 1)
            omp_set_num_threads(1);
    }
    ~one_thread_of_blas() {
        if (before_ != 1)
            omp_set_num_threads(before_);
    }
    one_thread_of_blas(one_thread_of_blas const&) = delete;
    one_thread_of_blas& operator=(one_thread_of_blas const&) = delete;

private:
    int before_;
    std::unique_lock<std::mutex> turn_;
};

} // namespace detail

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
        detail::one_thread_of_blas const alone;
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
