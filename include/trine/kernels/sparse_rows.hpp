#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/view.hpp"

namespace trine::kernels {

/// The elements of a square matrix that are not 0, by rows and by columns, where they are so few that going through
/// them beats a matrix product.
///
/// Miners that choose a triplet or two an anchor leave a gradient of distances that is nearly all zeros. Bounded by
/// reading the matrix once.
template <class T>
class sparse_rows {
public:
    struct element {
        std::size_t other;
        T value;
    };

    /// Takes the elements off the diagonal. A matrix that is not sparse is left alone: then `found` is false.
    explicit sparse_rows(matrix_view<T const> m) {
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

    bool found() const { return found_; }
    std::span<element const> row(std::size_t i) const {
        return std::span(by_row_).subspan(by_row_begin_[i], by_row_begin_[i + 1] - by_row_begin_[i]);
    }
    std::span<element const> column(std::size_t j) const {
        return std::span(by_column_).subspan(by_column_begin_[j], by_column_begin_[j + 1] - by_column_begin_[j]);
    }

private:
    bool found_ = false;
    std::vector<std::size_t> by_row_begin_, by_column_begin_;
    std::vector<element> by_row_, by_column_;
};

/// out = factor · (M + Mᵀ) · e without M's diagonal, or false where M is not sparse.
///
/// @param m    B×B
/// @param e    B×D
/// @param out  B×D
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

} // namespace trine::kernels
