#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../core/config.hpp"
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
    explicit sparse_rows(matrix_view<T const> m);

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
bool sparse_symmetric_product(T factor, matrix_view<T const> m, matrix_view<T const> e, matrix_view<T> out);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "sparse_rows_impl.hpp"
#endif
