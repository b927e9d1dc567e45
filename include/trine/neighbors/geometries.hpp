#pragma once

/// What exact search knows of a value, one type for each geometry: the value itself, in double, and bounds of it that
/// arithmetic in float or in codes gives.
///
/// A geometry has
///   true_value          the value, in double, from differences: equal rows are at exactly 0, near ones keep their
///   digits is_long_enough      whether a row's squared length is one that floats can work with needs_lengths whether
///   sums over a row are to include its squared length query_value         a query's value as the sums over rows
///   multiply it sum                 one step of a sum over a row and of its squared length of_sums, of_codes   value
///   and error from such a sum, or from one of codes with_loss           bounds of the value of the row that was
///   stored, from those of the stored one code_factor         what a query's sixteen-bit codes are multiplied by, to be
///   −2 q or −q/‖q‖ set_terms           what a row makes of its products with those, x = product · factor + offset
///   limit               below which x has to be for a value up to a threshold
///   of_product          value and error from a product
/// Every error is taken larger than it is, so that the roundings here do not matter.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "../distances/concepts.hpp"
#include "../kernels/simd.hpp"
#include "query_terms.hpp"

namespace trine::neighbors {

namespace detail {

// How far float arithmetic may be off: `unit` relative to the squared lengths, and `tiny` besides, where numbers become
// denormal.
struct float_error {
    float unit, tiny;
};

// A value and how far it may be off, for one row or a vector of them.
template <class V>
struct estimate {
    V value, error;
};

// What was summed over rows: the value's main part, the squared length, and the length, hardly more than it is. Where
// lengths are not at hand, `norm` is below the query's length and the distance.
template <class V>
struct row_sums {
    V main, squares, length, norm;
};

// A query's terms as floats: length, and 1 / length; `error` is what its codes are off.
struct query_floats {
    float squares, norm, inverse, error;
};

// What a row makes of its products with queries, x = product · factor + offset, and what it lost in storage.
struct row_terms {
    float squares, norm, factor, offset, lost;
};

// The same words for one float and for a vector of them.
inline float pick(bool condition, float a, float b) { return condition ? a : b; }
inline float root(float v) { return std::sqrt(v); }
template <class C>
kernels::simd<float> pick(C const& condition, kernels::simd<float> const& a, kernels::simd<float> const& b) {
    return kernels::select(condition, a, b);
}
inline kernels::simd<float> root(kernels::simd<float> const& v) { return kernels::sqrt(v); }
template <class V>
V larger(V const& a, V const& b) {
    return pick(a > b, a, b);
}

// A float that is not below a double, and hardly above. (std::nextafter is a call, and this is asked millions of
// times.)
inline float round_up(double v) {
    auto const f = static_cast<float>(v);
    if (!(static_cast<double>(f) < v))
        return f;
    auto const bits = std::bit_cast<std::uint32_t>(f);
    return f == 0 ? std::numeric_limits<float>::denorm_min() : std::bit_cast<float>(f > 0 ? bits + 1 : bits - 1);
}

inline double wide(float v) { return static_cast<double>(v); }

} // namespace detail

namespace geometries {

using detail::estimate, detail::float_error, detail::query_floats, detail::query_terms, detail::row_sums,
    detail::row_terms;

/// ‖x − y‖².
struct squared_length {
    static double true_value(float const* q, float const* r, std::size_t size) {
        return detail::sum_in_double(size, [&](std::size_t k) {
            double const difference = detail::wide(q[k]) - detail::wide(r[k]);
            return difference * difference;
        });
    }
    template <class T>
    static bool is_long_enough(T squares, bool zero) {
        return squares > static_cast<T>(detail::smallest_squares) || zero;
    }

    static constexpr bool needs_lengths = false;
    static constexpr float smallest_row = -detail::infinite;
    static float query_value(query_terms const& q, std::size_t k) { return q.values[k]; }
    template <class V>
    [[gnu::always_inline]] static void sum(V const& q, V const& r, V& sum, V&) {
        V const difference = q - r;
        sum = kernels::fma(difference, difference, sum);
    }
    [[gnu::always_inline]] static void sum(float q, float r, float& sum, float& squares) {
        sum += (q - r) * (q - r);
        squares += r * r;
    }
    template <class V>
    [[gnu::always_inline]] static estimate<V> of_sums(row_sums<V> const& r, query_floats const&, float_error const& e) {
        return {r.main, V(e.unit) * r.main + V(e.tiny)};
    }
    template <class V>
    [[gnu::always_inline]] static estimate<V> of_codes(row_sums<V> const& r, query_floats const& q,
                                                       float_error const& e) {
        return {V(q.squares) + r.squares - (r.main + r.main),
                V(e.unit) * (V(q.squares) + r.squares) + V(2 * q.error) * r.norm + V(e.tiny)};
    }
    template <class V>
    [[gnu::always_inline]] static void with_loss(V const&, V const& lost, float, V& lower, V& upper) {
        V const zero(0.0f), less(0.999999f), more(1.000001f);
        V const near = detail::larger(detail::root(detail::larger(lower, zero)) * less - lost, zero),
                far = detail::root(upper) * more + lost;
        lower = near * near * less, upper = far * far * more;
    }

    static double code_factor(query_terms const& q) { return 2 * q.norm; }
    static void set_terms(row_terms& t, float, float, float unit) { t.offset = t.squares * (1 - unit); }
    static double limit(query_terms const& q, double threshold, double lost, double, float_error const& e) {
        if (lost > 0) {
            double const far = std::sqrt(std::max(threshold, 0.0)) + lost;
            threshold = far * far * (1 + 1e-5);
        }
        double const limit = threshold - q.squares * (1 - static_cast<double>(e.unit)) + static_cast<double>(e.tiny);
        return limit + (std::abs(limit) + q.squares) * 0x1p-22;
    }
    static estimate<float> of_product(float product, row_terms const& r, query_floats const& q, float_error const& e) {
        return {product + r.squares + q.squares, e.unit * (r.squares + q.squares) + e.tiny};
    }
};

// What follows from products with the query's direction.
struct by_products {
    template <class T>
    static bool is_long_enough(T squares, bool) {
        return squares > static_cast<T>(detail::smallest_squares);
    }

    static constexpr bool needs_lengths = true;
    static constexpr auto smallest_row = static_cast<float>(detail::smallest_squares);
    static float query_value(query_terms const& q, std::size_t k) {
        return q.is_unbounded ? 0.0f : static_cast<float>(q.values[k] / q.norm);
    }
    template <class V>
    [[gnu::always_inline]] static void sum(V const& q, V const& r, V& sum, V& squares) {
        sum = kernels::fma(q, r, sum);
        squares = kernels::fma(r, r, squares);
    }
    [[gnu::always_inline]] static void sum(float q, float r, float& sum, float& squares) {
        sum += q * r;
        squares += r * r;
    }
    static double code_factor(query_terms const&) { return 1; }
};

// What depends on where rows point alone. Where x or y is zero, the two of this kind differ.
struct of_directions : by_products {
    template <class V>
    [[gnu::always_inline]] static estimate<V> of_sums(row_sums<V> const& r, query_floats const&, float_error const& e) {
        return {V(1.0f) - r.main / r.length, V(e.unit)};
    }
    template <class V>
    [[gnu::always_inline]] static estimate<V> of_codes(row_sums<V> const& r, query_floats const& q,
                                                       float_error const& e) {
        return {V(1.0f) - r.main * V(q.inverse) / r.length, V(e.unit + q.error * q.inverse * 1.001f)};
    }
    // The direction turns by at most asin(lost / ‖row‖); as a chord of the unit circle: within 4 % of the angle's sine
    // while that is below a half.
    template <class V>
    [[gnu::always_inline]] static void with_loss(V const& norm, V const& lost, float, V& lower, V& upper) {
        V const zero(0.0f), less(0.999999f), more(1.000001f);
        V const turn = detail::pick(V(3.0f) * lost < norm, V(1.05f) * lost / (norm - lost), V(2.0f));
        V const near = detail::larger(detail::root(detail::larger(lower + lower, zero)) * less - turn, zero),
                far = detail::root(detail::larger(upper + upper, zero)) * more + turn;
        lower = V(0.4999995f) * near * near, upper = V(0.5000005f) * far * far;
    }

    static void set_terms(row_terms& t, float length, float code_scale, float) { t.factor = code_scale / length; }
    static double limit(query_terms const&, double threshold, double lost, double shortest, float_error const& e) {
        if (lost > 0) {
            double const turn = 3 * lost < shortest ? 1.05 * lost / (shortest - lost) : 2,
                         far = std::sqrt(std::max(2 * threshold, 0.0)) + turn;
            threshold = 0.5 * far * far * (1 + 1e-5);
        }
        double const limit = threshold - 1 + static_cast<double>(e.unit);
        return limit + std::abs(limit) * 0x1p-22;
    }
    static estimate<float> of_product(float product, row_terms const&, query_floats const&, float_error const& e) {
        return {1 + product, e.unit};
    }

protected:
    static double squares(float const* x, std::size_t size) {
        return detail::sum_in_double(size, [&](std::size_t k) { return detail::wide(x[k]) * detail::wide(x[k]); });
    }
    // ½ ‖q/‖q‖ − r/‖r‖‖² from the squared lengths; a zero row stays zero.
    static double half_chord(float const* q, float const* r, std::size_t size, double qq, double rr) {
        double const a = qq > 0 ? 1 / std::sqrt(qq) : 0, b = rr > 0 || rr != rr ? 1 / std::sqrt(rr) : 0;
        return 0.5 * detail::sum_in_double(size, [&](std::size_t k) {
                   double const difference = detail::wide(q[k]) * a - detail::wide(r[k]) * b;
                   return difference * difference;
               });
    }
};

/// 1 − x·y / (‖x‖ ‖y‖); 1 where x or y is zero.
struct one_minus_cosine : of_directions {
    static double true_value(float const* q, float const* r, std::size_t size) {
        double const qq = squares(q, size), rr = squares(r, size);
        if (qq == 0 || rr == 0)
            return rr == rr ? 1 : rr;
        return half_chord(q, r, size, qq, rr);
    }
};

/// ½ ‖x/‖x‖ − y/‖y‖‖², the same but where x or y is zero, which stays zero.
struct half_squared_chord : of_directions {
    static double true_value(float const* q, float const* r, std::size_t size) {
        return half_chord(q, r, size, squares(q, size), squares(r, size));
    }
};

/// −x·y.
struct negated_product : by_products {
    static double true_value(float const* q, float const* r, std::size_t size) {
        return -detail::sum_in_double(size, [&](std::size_t k) { return detail::wide(q[k]) * detail::wide(r[k]); });
    }

    template <class V>
    [[gnu::always_inline]] static estimate<V> of_sums(row_sums<V> const& r, query_floats const& q,
                                                      float_error const& e) {
        return {-r.main * V(q.norm), error(r, q, e)};
    }
    template <class V>
    [[gnu::always_inline]] static estimate<V> of_codes(row_sums<V> const& r, query_floats const& q,
                                                       float_error const& e) {
        return {-r.main, error(r, q, e)};
    }
    template <class V>
    [[gnu::always_inline]] static void with_loss(V const&, V const& lost, float query_norm, V& lower, V& upper) {
        V const turn = V(query_norm * 1.000001f) * lost;
        lower -= turn + V(1e-6f) * detail::larger(lower, -lower);
        upper += turn + V(1e-6f) * detail::larger(upper, -upper);
    }

    static void set_terms(row_terms& t, float, float, float unit) { t.offset = -unit * t.norm; }
    static double limit(query_terms const& q, double threshold, double lost, double, float_error const& e) {
        double const limit = threshold / q.norm + lost * (1 + 1e-5) + static_cast<double>(e.tiny) * 2;
        return limit + std::abs(limit) * 0x1p-22;
    }
    static estimate<float> of_product(float product, row_terms const& r, query_floats const& q, float_error const& e) {
        return {product * q.norm, e.unit * r.norm * q.norm + e.tiny * (1 + q.norm)};
    }

private:
    template <class V>
    [[gnu::always_inline]] static V error(row_sums<V> const& r, query_floats const& q, float_error const& e) {
        return V(e.unit * q.norm + q.error) * r.norm + V(e.tiny * (1 + q.norm));
    }
};

} // namespace geometries

namespace detail {

// The type of what a distance rises with.
template <distances::geometry>
struct geometry_type;
template <>
struct geometry_type<distances::geometry::squared_length> : geometries::squared_length {};
template <>
struct geometry_type<distances::geometry::one_minus_cosine> : geometries::one_minus_cosine {};
template <>
struct geometry_type<distances::geometry::half_squared_chord> : geometries::half_squared_chord {};
template <>
struct geometry_type<distances::geometry::negated_product> : geometries::negated_product {};

} // namespace detail

} // namespace trine::neighbors
