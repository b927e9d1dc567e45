#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "../core/parallel.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/pairwise.hpp"
#include "../kernels/sparse_rows.hpp"
#include "concepts.hpp"

namespace trine::distances {

namespace detail {

// W = (G + Gᵀ)∘factor(d), in g's place; then out_i = Σ_j W_ij (e_i − e_j) = (Σ_j W_ij) e_i − (W E)_i. W is symmetric.
template <class T, class Factor>
void difference_gradient(matrix_view<T const> e, matrix_view<T const> d, matrix_view<T> g, matrix_view<T> out,
                         Factor&& factor) {
    std::size_t const n = e.rows();
    if (kernels::sparse_rows<T> const sparse{matrix_view<T const>(g)}; sparse.found()) {
        parallel_blocks(n, 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                T* const to = out.row(i).data();
                T const* const own = e.row(i).data();
                std::fill_n(to, e.cols(), T(0));
                for (auto const& side : {sparse.row(i), sparse.column(i)})
                    for (auto const& x : side) {
                        T const weight = x.value * factor(d(i, x.other));
                        T const* const other = e.row(x.other).data();
                        for (std::size_t k = 0; k < e.cols(); ++k)
                            to[k] += weight * (own[k] - other[k]);
                    }
            }
        });
        return;
    }
    // In squares, so that the lines of a column are still in cache when its next element is due.
    constexpr std::size_t square = 32;
    parallel_blocks(n, square, [&](std::size_t first, std::size_t last) {
        for (std::size_t start = 0; start < last; start += square)
            for (std::size_t i = first; i < last; ++i)
                for (std::size_t j = start; j < std::min(start + square, i); ++j) {
                    T const sum = g(i, j) + g(j, i);
                    // What contributes nothing stays exactly nothing, even beside an infinite factor.
                    g(i, j) = g(j, i) = sum == T(0) ? T(0) : sum * factor(d(i, j));
                }
        for (std::size_t i = first; i < last; ++i)
            g(i, i) = T(0); // an embedding's distance to itself does not change
    });
    kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(-1), g, e, T(0), out);
    parallel_blocks(n, 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            T sum = 0;
            for (std::size_t j = 0; j < n; ++j)
                sum += g(i, j);
            for (std::size_t k = 0; k < e.cols(); ++k)
                out(i, k) += sum * e(i, k);
        }
    });
}

// The same against references that stand still: out_i = Σ_j W_ij (q_i − r_j) with W = G∘factor(d), in g's place.
template <class T, class Factor>
void difference_cross_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const> d, matrix_view<T> g,
                               matrix_view<T> out, Factor&& factor) {
    parallel_blocks(q.rows(), 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            for (std::size_t j = 0; j < r.rows(); ++j)
                g(i, j) = g(i, j) == T(0) ? T(0) : g(i, j) * factor(d(i, j));
    });
    kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(-1), g, r, T(0), out);
    parallel_blocks(q.rows(), 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            T sum = 0;
            for (std::size_t j = 0; j < r.rows(); ++j)
                sum += g(i, j);
            for (std::size_t k = 0; k < q.cols(); ++k)
                out(i, k) += sum * q(i, k);
        }
    });
}

template <class T>
void take_roots(matrix_view<T> m) {
    parallel_blocks(m.rows(), 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            for (T& v : m.row(i))
                v = std::sqrt(v);
    });
}

} // namespace detail

/// d(x, y) = Σ (x − y)².
struct squared_euclidean {
    static constexpr std::string_view name = "squared_euclidean";
    static constexpr geometry rises_with = geometry::squared_length;
    static double from_geometry(double squared) { return squared; }

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const {
        kernels::pairwise<kernels::add_squared_difference>(e, e, out);
    }
    template <class T>
    void cross(matrix_view<T const> queries, matrix_view<T const> references, matrix_view<T> out) const {
        kernels::pairwise<kernels::add_squared_difference>(queries, references, out);
    }
    template <class T>
    void gradient(matrix_view<T const> e, matrix_view<T const> d, matrix_view<T> g, matrix_view<T> out) const {
        detail::difference_gradient(e, d, g, out, [](T) { return T(2); });
    }
    template <class T>
    void cross_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const> d, matrix_view<T> g,
                        matrix_view<T> out) const {
        detail::difference_cross_gradient(q, r, d, g, out, [](T) { return T(2); });
    }
};

/// d(x, y) = √Σ (x − y)². Its gradient between equal embeddings, where it has none, is taken as 0.
struct euclidean {
    static constexpr std::string_view name = "euclidean";
    static constexpr geometry rises_with = geometry::squared_length;
    static double from_geometry(double squared) { return std::sqrt(squared); }
    static constexpr bool is_euclidean = true;

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const {
        cross(e, e, out);
    }
    template <class T>
    void cross(matrix_view<T const> queries, matrix_view<T const> references, matrix_view<T> out) const {
        kernels::pairwise<kernels::add_squared_difference>(queries, references, out);
        detail::take_roots(out);
    }
    template <class T>
    void gradient(matrix_view<T const> e, matrix_view<T const> d, matrix_view<T> g, matrix_view<T> out) const {
        detail::difference_gradient(e, d, g, out, inverse<T>);
    }
    template <class T>
    void cross_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const> d, matrix_view<T> g,
                        matrix_view<T> out) const {
        detail::difference_cross_gradient(q, r, d, g, out, inverse<T>);
    }

private:
    template <class T>
    static T inverse(T distance) {
        return distance > T(0) ? T(1) / distance : T(0);
    }
};

} // namespace trine::distances
