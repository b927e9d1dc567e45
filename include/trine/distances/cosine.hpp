#pragma once

#include <string_view>

#include "../core/buffer.hpp"
#include "../kernels/elementwise.hpp"
#include "euclidean.hpp"

namespace trine::distances {

namespace detail {

// Rows to unit length, in memory of their own.
template <class T>
struct unit_rows {
    explicit unit_rows(matrix_view<T const> e) : values(e.rows() * e.cols()), norms(e.rows()), rows(e.rows()), cols(e.cols()) {
        for (std::size_t i = 0; i < rows; ++i)
            std::copy_n(e.row(i).data(), cols, values.data() + i * cols);
        kernels::normalize_rows(rows, cols, static_cast<T const*>(values.data()), values.data(), norms.data());
    }
    matrix_view<T const> view() const { return {values.data(), rows, cols}; }
    // Through the normalisation: `out` holds the gradient of the unit rows and becomes that of the rows.
    void backward(matrix_view<T> out) const {
        assert(out.is_contiguous());
        kernels::normalize_rows_backward(rows, cols, values.data(), norms.data(), static_cast<T const*>(out.data()), out.data());
    }
    buffer<T> values, norms;
    std::size_t rows, cols;
};

template <class T>
void one_minus(matrix_view<T> m) {
    parallel_blocks(m.rows(), 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            for (T& v : m.row(i))
                v = T(1) - v;
    });
}

} // namespace detail

/// d(x, y) = 1 − x·y / (‖x‖ ‖y‖), from 0 (same direction) to 2. A zero vector is at distance 1 from all, with gradient 0.
struct cosine {
    static constexpr std::string_view name = "cosine";

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const {
        detail::unit_rows<T> const unit(e);
        kernels::pairwise<kernels::multiply_add>(unit.view(), unit.view(), out);
        detail::one_minus(out);
    }
    template <class T>
    void cross(matrix_view<T const> queries, matrix_view<T const> references, matrix_view<T> out) const {
        detail::unit_rows<T> const q(queries), r(references);
        kernels::pairwise<kernels::multiply_add>(q.view(), r.view(), out);
        detail::one_minus(out);
    }
    template <class T>
    void gradient(matrix_view<T const> e, matrix_view<T const>, matrix_view<T> g, matrix_view<T> out) const {
        detail::unit_rows<T> const unit(e);
        kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(-1), g, unit.view(), T(0), out);
        kernels::gemm(kernels::transposed::yes, kernels::transposed::no, T(-1), g, unit.view(), T(1), out);
        unit.backward(out);
    }
};

/// Another distance, taken between the embeddings' directions: each is first brought to length 1.
template <class Distance>
struct normalized {
    static constexpr std::string_view name = "normalized";
    Distance inner{};

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const { inner.pairwise(detail::unit_rows<T>(e).view(), out); }
    template <class T>
    void cross(matrix_view<T const> queries, matrix_view<T const> references, matrix_view<T> out) const {
        inner.cross(detail::unit_rows<T>(queries).view(), detail::unit_rows<T>(references).view(), out);
    }
    template <class T>
    void gradient(matrix_view<T const> e, matrix_view<T const> d, matrix_view<T> g, matrix_view<T> out) const {
        detail::unit_rows<T> const unit(e);
        inner.gradient(unit.view(), d, g, out);
        unit.backward(out);
    }
};

} // namespace trine::distances
