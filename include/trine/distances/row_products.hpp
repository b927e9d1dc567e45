#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/view.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/gemm.hpp"

namespace trine::distances {

/// Inner products of the rows of two matrices, or with `Cosines` of their directions, and the gradients of either side:
/// what embeddings are compared with class weights by.
template <bool Cosines, class T>
class row_products {
public:
    /// @param left      N×D
    /// @param right     M×D
    /// @param products  N×M, set to left·rightᵀ
    void multiply(matrix_view<T const> left, matrix_view<T const> right, matrix_view<T> products) {
        left_ = left, right_ = right;
        if constexpr (Cosines) {
            left_ = directions(left, unit_left_, left_norms_);
            right_ = directions(right, unit_right_, right_norms_);
        }
        kernels::gemm(kernels::transposed::no, kernels::transposed::yes, T(1), left_, right_, T(0), products);
    }
    /// Lengths of the left rows; of cosines alone.
    std::span<T const> left_norms() const { return left_norms_; }
    std::span<T const> right_norms() const { return right_norms_; }

    /// @param by   N×M, ∂loss/∂products of the last `multiply`
    /// @param out  M×D, set to ∂loss/∂right
    void gradient_of_right(matrix_view<T const> by, matrix_view<T> out) const {
        gradient_of_right_directions(by, out);
        if constexpr (Cosines)
            kernels::normalize_rows_backward(right_.rows(), right_.cols(), unit_right_.data(), right_norms_.data(),
                                             static_cast<T const*>(out.data()), out.data());
    }
    /// The same, not through the right rows' normalisation.
    void gradient_of_right_directions(matrix_view<T const> by, matrix_view<T> out) const {
        kernels::gemm(kernels::transposed::yes, kernels::transposed::no, T(1), by, left_, T(0), out);
    }
    /// Adds what comes through the lengths of the right rows; of cosines alone.
    ///
    /// @param by_norms  M, ∂loss/∂length of the right rows
    void add_gradient_of_right_norms(std::span<T const> by_norms, matrix_view<T> out) const {
        for (std::size_t j = 0; j < right_.rows(); ++j)
            for (std::size_t k = 0; by_norms[j] != T(0) && k < right_.cols(); ++k)
                out(j, k) += by_norms[j] * right_(j, k);
    }
    /// @param by        N×M, ∂loss/∂products
    /// @param by_norms  N, ∂loss/∂length of the left rows; of cosines alone
    /// @param out       N×D, set to ∂loss/∂left
    void gradient_of_left(matrix_view<T const> by, std::span<T const> by_norms, matrix_view<T> out) const {
        kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(1), by, right_, T(0), out);
        if constexpr (Cosines) {
            assert(out.is_contiguous());
            std::size_t const d = left_.cols();
            kernels::normalize_rows_backward(left_.rows(), d, unit_left_.data(), left_norms_.data(),
                                             static_cast<T const*>(out.data()), out.data());
            for (std::size_t i = 0; i < left_.rows(); ++i) // the length's own part runs along the direction
                for (std::size_t k = 0; k < d; ++k)
                    out(i, k) += by_norms[i] * left_(i, k);
        }
    }

    /// Adds the columns' sums of an N×M matrix to M scalars: the gradient of biases.
    static void add_column_sums(matrix_view<T const> by, T* out) {
        kernels::add_column_sums(by.rows(), by.cols(), by.data(), out);
    }

private:
    static matrix_view<T const> directions(matrix_view<T const> rows, buffer<T>& unit, std::vector<T>& norms) {
        std::size_t const n = rows.rows(), d = rows.cols();
        unit.reserve_discarding(n * d), norms.resize(n);
        for (std::size_t i = 0; i < n; ++i)
            std::copy_n(rows.row(i).data(), d, unit.data() + i * d);
        kernels::normalize_rows(n, d, static_cast<T const*>(unit.data()), unit.data(), norms.data());
        return {unit.data(), n, d};
    }

    matrix_view<T const> left_, right_;
    buffer<T> unit_left_, unit_right_;
    std::vector<T> left_norms_, right_norms_;
};

} // namespace trine::distances
