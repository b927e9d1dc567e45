#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "../core/buffer.hpp"
#include "../core/parallel.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/sparse_rows.hpp"
#include "concepts.hpp"
#include "euclidean.hpp"

namespace trine::distances {

namespace detail {

// Rows to unit length, in memory of their own.
template <class T>
struct unit_rows {
    explicit unit_rows(matrix_view<T const> e)
        : values(e.rows() * e.cols()), norms(e.rows()), rows(e.rows()), cols(e.cols()) {
        for (std::size_t i = 0; i < rows; ++i)
            std::copy_n(e.row(i).data(), cols, values.data() + i * cols);
        kernels::normalize_rows(rows, cols, static_cast<T const*>(values.data()), values.data(), norms.data());
    }
    matrix_view<T const> view() const { return {values.data(), rows, cols}; }
    // Through the normalisation: `out` holds the gradient of the unit rows and becomes that of the rows.
    void backward(matrix_view<T> out) const {
        assert(out.is_contiguous());
        kernels::normalize_rows_backward(rows, cols, values.data(), norms.data(), static_cast<T const*>(out.data()),
                                         out.data());
    }
    buffer<T> values, norms;
    std::size_t rows, cols;
};

inline constexpr std::string_view normalized_prefix = "normalized ";

// Two names as one that lives as long as the program.
template <std::string_view const&... Parts>
struct join_names {
    static constexpr auto characters = [] {
        std::array<char, (Parts.size() + ...)> all{};
        std::size_t at = 0;
        auto const add = [&](std::string_view part) {
            for (char c : part)
                all[at++] = c;
        };
        (add(Parts), ...);
        return all;
    }();
};
template <std::string_view const&... Parts>
inline constexpr std::string_view joined_name{join_names<Parts...>::characters.data(),
                                              join_names<Parts...>::characters.size()};

template <class T>
void one_minus(matrix_view<T> m) {
    parallel_blocks(m.rows(), 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            for (T& v : m.row(i))
                v = T(1) - v;
    });
}

} // namespace detail

/// d(x, y) = 1 − x·y / (‖x‖ ‖y‖), from 0 (same direction) to 2. A zero vector is at distance 1 from all, with gradient
/// 0.
struct cosine {
    static constexpr std::string_view name = "cosine";
    static constexpr geometry rises_with = geometry::one_minus_cosine;
    static double from_geometry(double one_minus) { return one_minus; }
    static constexpr double similarity_offset = 1;

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
        // The diagonal, a row with itself, falls away in the normalisation; so it may be left out.
        if (!kernels::sparse_symmetric_product<T>(T(-1), g, unit.view(), out)) {
            kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(-1), g, unit.view(), T(0), out);
            kernels::gemm(kernels::transposed::yes, kernels::transposed::no, T(-1), g, unit.view(), T(1), out);
        }
        unit.backward(out);
    }
    template <class T>
    void cross_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const>, matrix_view<T> g,
                        matrix_view<T> out) const {
        kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(-1), g, detail::unit_rows<T>(r).view(), T(0),
                      out);
        detail::unit_rows<T>(q).backward(out);
    }
};

/// d(x, y) = arccos of the cosine, in radians, from 0 to π. The cosine is kept a few roundings away from ±1, where the
/// angle's slope is infinite; beyond, the gradient is 0.
struct angular {
    static constexpr std::string_view name = "angular";
    static constexpr geometry rises_with = geometry::one_minus_cosine;
    static double from_geometry(double one_minus) { return std::acos(std::clamp(1 - one_minus, -1.0, 1.0)); }

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const {
        cosine{}.pairwise(e, out);
        to_angles(out);
    }
    template <class T>
    void cross(matrix_view<T const> queries, matrix_view<T const> references, matrix_view<T> out) const {
        cosine{}.cross(queries, references, out);
        to_angles(out);
    }
    template <class T>
    void gradient(matrix_view<T const> e, matrix_view<T const> d, matrix_view<T> g, matrix_view<T> out) const {
        to_cosine_gradient(d, g);
        cosine{}.gradient(e, d, g, out);
    }
    template <class T>
    void cross_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const> d, matrix_view<T> g,
                        matrix_view<T> out) const {
        to_cosine_gradient(d, g);
        cosine{}.cross_gradient(q, r, d, g, out);
    }

private:
    template <class T>
    static constexpr T limit = T(1) - 4 * std::numeric_limits<T>::epsilon();

    template <class T>
    static void to_angles(matrix_view<T> m) {
        parallel_blocks(m.rows(), 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                for (T& v : m.row(i))
                    v = std::acos(std::clamp(T(1) - v, -limit<T>, limit<T>));
        });
    }
    // With c = 1 − cos: d = arccos(1 − c), ∂d/∂c = 1/sin d.
    template <class T>
    static void to_cosine_gradient(matrix_view<T const> d, matrix_view<T> g) {
        parallel_blocks(g.rows(), 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                for (std::size_t j = 0; j < g.cols(); ++j)
                    g(i, j) = std::abs(std::cos(d(i, j))) >= limit<T> ? T(0) : g(i, j) / std::sin(d(i, j));
        });
    }
};

/// d(x, y) = −x·y: the more alike, the larger the inner product. Unbounded, and not 0 between equal embeddings.
struct dot_product {
    static constexpr std::string_view name = "dot_product";
    static constexpr geometry rises_with = geometry::negated_product;
    static double from_geometry(double negated) { return negated; }

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const {
        cross(e, e, out);
    }
    template <class T>
    void cross(matrix_view<T const> queries, matrix_view<T const> references, matrix_view<T> out) const {
        kernels::pairwise<kernels::multiply_add>(queries, references, out);
        parallel_blocks(out.rows(), 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                for (T& v : out.row(i))
                    v = -v;
        });
    }
    template <class T>
    void gradient(matrix_view<T const> e, matrix_view<T const>, matrix_view<T> g, matrix_view<T> out) const {
        kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(-1), g, e, T(0), out);
        kernels::gemm(kernels::transposed::yes, kernels::transposed::no, T(-1), g, e, T(1), out);
    }
    template <class T>
    void cross_gradient(matrix_view<T const>, matrix_view<T const> r, matrix_view<T const>, matrix_view<T> g,
                        matrix_view<T> out) const {
        kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(-1), g, r, T(0), out);
    }
};

/// Another distance, taken between the embeddings' directions: each is first brought to length 1.
template <class Distance>
struct normalized {
    static constexpr std::string_view name = detail::joined_name<detail::normalized_prefix, Distance::name>;
    static constexpr double similarity_offset = distances::similarity_offset<Distance>();
    static constexpr bool is_euclidean = distances::is_euclidean<Distance>();
    static constexpr geometry rises_with =
        geometry_of<Distance>() == geometry::squared_length    ? geometry::half_squared_chord
        : geometry_of<Distance>() == geometry::negated_product ? geometry::one_minus_cosine
                                                               : geometry_of<Distance>();
    static double from_geometry(double value) {
        if constexpr (geometry_of<Distance>() == geometry::squared_length)
            return Distance::from_geometry(2 * value);
        else if constexpr (geometry_of<Distance>() == geometry::negated_product)
            return Distance::from_geometry(value - 1);
        else
            return Distance::from_geometry(value);
    }
    Distance inner{};

    // The inner distance's own: its name is in this one's.
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        if constexpr (requires { Distance::values(self.inner, visit); })
            Distance::values(self.inner, visit);
    }

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const {
        inner.pairwise(detail::unit_rows<T>(e).view(), out);
    }
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
    template <class T>
    void cross_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const> d, matrix_view<T> g,
                        matrix_view<T> out) const requires cross_distance<Distance, T> {
        detail::unit_rows<T> const unit(q);
        inner.cross_gradient(unit.view(), detail::unit_rows<T>(r).view(), d, g, out);
        unit.backward(out);
    }
};

} // namespace trine::distances
