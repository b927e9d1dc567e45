#pragma once

/// Winograd's transforms: a small convolution as few multiplications between transformed kernel and transformed input.
///
/// y = Aᵀ[(G w Gᵀ) ∘ (Bᵀ d B)]A with the points 0, ±1/√2, ±√2, ∞, which
/// keep all constants of a size, which makes the rounding error several times smaller than that of the usual points 0,
/// ±1, ±2, ∞, at the same number of operations.
///
/// @see S. Winograd, "Arithmetic Complexity of Computations", 1980; A. Lavin, S. Gray, "Fast Algorithms for
/// Convolutional Neural Networks", CVPR 2016;
///      B. Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural
///      Networks", ACM TOMS 46(4), 2020

#include <cstddef>

#include "simd.hpp"

namespace trine::kernels {

/// One-dimensional transforms of F(Outputs, Kernel); in two dimensions they act on columns, then on rows. `V` is a
/// scalar or a vector.
template <std::size_t Outputs, std::size_t Kernel>
struct winograd {
    static constexpr std::size_t outputs = Outputs, kernel = Kernel, tile = Outputs + Kernel - 1;
    static_assert(tile == 6, "tiles of 6 are known");

    /// Bᵀ d.
    template <class V>
    [[gnu::always_inline]] static void input(V const (&d)[tile], V (&t)[tile]) {
        V const even_a = multiply_add(-b2, d[2], d[4]), odd_a = multiply_add(-b2, d[1], d[3]);
        V const even_b = multiply_add(-a2, d[2], d[4]), odd_b = multiply_add(-a2, d[1], d[3]);
        t[0] = multiply_add(-(a2 + b2), d[2], d[0] + d[4]);
        t[1] = multiply_add(a, odd_a, even_a);
        t[2] = multiply_add(-a, odd_a, even_a);
        t[3] = multiply_add(b, odd_b, even_b);
        t[4] = multiply_add(-b, odd_b, even_b);
        t[5] = multiply_add(-(a2 + b2), d[3], d[1] + d[5]);
    }
    /// G w.
    template <class V>
    [[gnu::always_inline]] static void weights(V const (&w)[Kernel], V (&u)[tile]) {
        V even_a = multiply_add(a2, w[2], w[0]), odd_a = w[1], even_b = multiply_add(b2, w[2], w[0]), odd_b = w[1];
        if constexpr (Kernel == 5) {
            even_a = multiply_add(a2 * a2, w[4], even_a), odd_a = multiply_add(a2, w[3], odd_a);
            even_b = multiply_add(b2 * b2, w[4], even_b), odd_b = multiply_add(b2, w[3], odd_b);
        }
        u[0] = w[0];
        u[1] = scale(1 / norm_a, multiply_add(a, odd_a, even_a));
        u[2] = scale(1 / norm_a, multiply_add(-a, odd_a, even_a));
        u[3] = scale(1 / norm_b, multiply_add(b, odd_b, even_b));
        u[4] = scale(1 / norm_b, multiply_add(-b, odd_b, even_b));
        u[tile - 1] = w[Kernel - 1];
    }
    /// Aᵀ m.
    template <class V>
    [[gnu::always_inline]] static void output(V const (&m)[tile], V (&y)[Outputs]) {
        V const even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
        y[0] = m[0] + (even_a + even_b);
        y[1] = multiply_add(b, odd_b, scale(a, odd_a));
        if constexpr (Outputs == 4) {
            y[2] = multiply_add(b2, even_b, scale(a2, even_a));
            y[3] = multiply_add(b * b2, odd_b, multiply_add(a * a2, odd_a, m[5]));
        } else
            y[1] = y[1] + m[5];
    }
    /// A y: the transpose of `output`.
    template <class V>
    [[gnu::always_inline]] static void output_gradient(V const (&y)[Outputs], V (&z)[tile]) {
        V even_a = y[0], odd_a = scale(a, y[1]), even_b = y[0], odd_b = scale(b, y[1]);
        if constexpr (Outputs == 4) {
            even_a = multiply_add(a2, y[2], even_a), odd_a = multiply_add(a * a2, y[3], odd_a);
            even_b = multiply_add(b2, y[2], even_b), odd_b = multiply_add(b * b2, y[3], odd_b);
        }
        z[1] = even_a + odd_a;
        z[2] = even_a - odd_a;
        z[3] = even_b + odd_b;
        z[4] = even_b - odd_b;
        z[0] = y[0];
        z[tile - 1] = y[Outputs - 1];
    }
    /// Gᵀ u: the transpose of `weights`.
    template <class V>
    [[gnu::always_inline]] static void weights_gradient(V const (&u)[tile], V (&w)[Kernel]) {
        V const even_a = scale(1 / norm_a, u[1] + u[2]), odd_a = scale(a / norm_a, u[1] - u[2]);
        V const even_b = scale(1 / norm_b, u[3] + u[4]), odd_b = scale(b / norm_b, u[3] - u[4]);
        w[0] = u[0] + (even_a + even_b);
        w[1] = odd_a + odd_b;
        w[2] = multiply_add(b2, even_b, scale(a2, even_a));
        if constexpr (Kernel == 5) {
            w[3] = multiply_add(b2, odd_b, scale(a2, odd_a));
            w[4] = multiply_add(b2 * b2, even_b, scale(a2 * a2, even_a));
        }
        w[Kernel - 1] = w[Kernel - 1] + u[5];
    }

private:
    static constexpr double a = 0.70710678118654752440, b = 1.41421356237309504880, a2 = 0.5, b2 = 2;
    static constexpr double norm_a = 2 * a2 * (a2 - b2), norm_b = 2 * b2 * (b2 - a2);

    template <class V>
    [[gnu::always_inline]] static V constant(double value) {
        if constexpr (is_simd<V>)
            return V(static_cast<typename V::value_type>(value));
        else
            return static_cast<V>(value);
    }
    template <class V>
    [[gnu::always_inline]] static V multiply_add(double factor, V const& x, V const& y) {
        if constexpr (is_simd<V>)
            return fma(constant<V>(factor), x, y);
        else
            return static_cast<V>(factor) * x + y;
    }
    template <class V>
    [[gnu::always_inline]] static V scale(double factor, V const& x) {
        return constant<V>(factor) * x;
    }
};

namespace detail {

// Applies a one-dimensional transform From → To to the columns of a From×From square.
template <std::size_t From, std::size_t To, class V, class Load, class One>
[[gnu::always_inline]] inline void transform_columns(Load&& load, One&& one, V (&middle)[To][From]) {
    TRINE_UNROLL
    for (std::size_t j = 0; j < From; ++j) {
        V in[From], out[To];
        TRINE_UNROLL
        for (std::size_t i = 0; i < From; ++i)
            in[i] = load(i, j);
        one(in, out);
        TRINE_UNROLL
        for (std::size_t i = 0; i < To; ++i)
            middle[i][j] = out[i];
    }
}

// The same to the columns, then to the rows.
template <std::size_t From, std::size_t To, class V, class Load, class One, class Store>
[[gnu::always_inline]] inline void transform_square(Load&& load, One&& one, Store&& store) {
    V middle[To][From];
    transform_columns<From, To, V>(load, one, middle);
    TRINE_UNROLL
    for (std::size_t i = 0; i < To; ++i) {
        V out[To];
        one(middle[i], out);
        TRINE_UNROLL
        for (std::size_t j = 0; j < To; ++j)
            store(i, j, out[j]);
    }
}

// The same, of whose rows only these are wanted; `store` is told their number among these. What only other rows need is
// neither loaded nor computed.
template <std::size_t... Rows>
struct some_rows {
    static constexpr std::size_t count = sizeof...(Rows), number[] = {Rows...};
};
template <std::size_t From, std::size_t To, class V, std::size_t... Rows, class Load, class One, class Store>
[[gnu::always_inline]] inline void transform_square(some_rows<Rows...> rows, Load&& load, One&& one, Store&& store) {
    V middle[To][From];
    transform_columns<From, To, V>(load, one, middle);
    TRINE_UNROLL
    for (std::size_t i = 0; i < rows.count; ++i) {
        V out[To];
        one(middle[rows.number[i]], out);
        TRINE_UNROLL
        for (std::size_t j = 0; j < To; ++j)
            store(i, j, out[j]);
    }
}

} // namespace detail

} // namespace trine::kernels
