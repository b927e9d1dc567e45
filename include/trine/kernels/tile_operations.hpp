#pragma once

/// What a register tile sums over pairs of values.

namespace trine::kernels {

/// acc + a·b: products of matrices, convolutions, dot products.
struct multiply_add {
    template <class V>
    [[gnu::always_inline]] static V apply(V const& a, V const& b, V const& acc) {
        return fma(a, b, acc);
    }
};

/// acc + (a − b)²: squared Euclidean distances, exactly 0 between equal rows.
struct add_squared_difference {
    template <class V>
    [[gnu::always_inline]] static V apply(V const& a, V const& b, V const& acc) {
        V const difference = a - b;
        return fma(difference, difference, acc);
    }
};

/// acc + |a − b|: Manhattan distances.
struct add_absolute_difference {
    template <class V>
    [[gnu::always_inline]] static V apply(V const& a, V const& b, V const& acc) {
        return acc + abs(a - b);
    }
};

} // namespace trine::kernels
