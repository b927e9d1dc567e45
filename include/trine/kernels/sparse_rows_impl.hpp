#pragma once

#include <algorithm>
#include <cstddef>

#include "../core/parallel.hpp"
#include "sparse_rows.hpp"

namespace trine::kernels {

template <class T>
sparse_rows<T>::sparse_rows(matrix_view<T const> m) {
    std::size_t const n = m.rows();
    by_row_begin_.assign(n + 1, 0);
    parallel_blocks(n, 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            T const* const row = m.row(i).data();
            unsigned count = 0;
            for (std::size_t j = 0; j < n; ++j)
                count += row[j] != T(0);
            by_row_begin_[i + 1] = count - (row[i] != T(0));
        }
    });
    for (std::size_t i = 0; i < n; ++i)
        by_row_begin_[i + 1] += by_row_begin_[i];
    // An element costs some sixteen times its share of a matrix product.
    if (by_row_begin_[n] > n * n / 16)
        return;
    found_ = true;
    by_row_.resize(by_row_begin_[n]), by_column_.resize(by_row_begin_[n]);
    parallel_blocks(n, 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            element* to = by_row_.data() + by_row_begin_[i];
            element const* const end = by_row_.data() + by_row_begin_[i + 1];
            for (std::size_t j = 0; to != end; ++j)
                if (j != i && m(i, j) != T(0))
                    *to++ = {j, m(i, j)};
        }
    });
    by_column_begin_.assign(n + 2, 0);
    for (auto const& e : by_row_)
        ++by_column_begin_[e.other + 2];
    for (std::size_t j = 0; j < n; ++j)
        by_column_begin_[j + 2] += by_column_begin_[j + 1];
    for (std::size_t i = 0; i < n; ++i)
        for (auto const& e : row(i))
            by_column_[by_column_begin_[e.other + 1]++] = {i, e.value};
}

template <class T>
bool sparse_symmetric_product(T factor, matrix_view<T const> m, matrix_view<T const> e, matrix_view<T> out) {
    sparse_rows<T> const sparse(m);
    if (!sparse.found())
        return false;
    parallel_blocks(e.rows(), 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            T* const to = out.row(i).data();
            std::fill_n(to, e.cols(), T(0));
            for (auto const& side : {sparse.row(i), sparse.column(i)})
                for (auto const& x : side) {
                    T const weight = factor * x.value;
                    T const* const from = e.row(x.other).data();
                    for (std::size_t k = 0; k < e.cols(); ++k)
                        to[k] += weight * from[k];
                }
        }
    });
    return true;
}

#ifdef TRINE_COMPILED
template class sparse_rows<float>;
template class sparse_rows<double>;
template bool sparse_symmetric_product<float>(float factor, matrix_view<float const> m, matrix_view<float const> e,
                                              matrix_view<float> out);
template bool sparse_symmetric_product<double>(double factor, matrix_view<double const> m, matrix_view<double const> e,
                                               matrix_view<double> out);
#endif

} // namespace trine::kernels
