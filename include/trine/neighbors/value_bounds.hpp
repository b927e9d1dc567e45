#pragma once

/// What exact search knows of a value: the value itself, in double, and bounds of it that float arithmetic gives.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "../distances/concepts.hpp"
#include "../kernels/simd.hpp"

namespace trine::neighbors::detail {

using distances::geometry;

inline constexpr float infinite = std::numeric_limits<float>::infinity();

// Squared lengths beyond this may overflow a float on the way: such rows and queries are settled in double, each.
inline constexpr double largest_squares = 1e37;
// Directions of rows shorter than this are lost in float.
inline constexpr double smallest_squares = 1e-30;

template <geometry G>
inline constexpr bool of_directions = distances::is_of_directions(G);

// Σ f(k) in double, in eight sums, whose order is fixed.
template <class F>
double sum_in_double(std::size_t size, F&& f) {
    double lanes[8] = {};
    std::size_t k = 0;
    for (; k + 8 <= size; k += 8)
        for (std::size_t l = 0; l < 8; ++l)
            lanes[l] += f(k + l);
    for (std::size_t l = 0; k < size; ++k, ++l)
        lanes[l] += f(k);
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

// The value itself, from differences: equal rows are at exactly 0, and near ones keep their digits.
template <geometry G>
double true_value(float const* q, float const* r, std::size_t size) {
    auto const wide = [](float v) { return static_cast<double>(v); };
    if constexpr (G == geometry::squared_length)
        return sum_in_double(size, [&](std::size_t k) {
            double const difference = wide(q[k]) - wide(r[k]);
            return difference * difference;
        });
    else if constexpr (G == geometry::negated_product)
        return -sum_in_double(size, [&](std::size_t k) { return wide(q[k]) * wide(r[k]); });
    else {
        double const qq = sum_in_double(size, [&](std::size_t k) { return wide(q[k]) * wide(q[k]); });
        double const rr = sum_in_double(size, [&](std::size_t k) { return wide(r[k]) * wide(r[k]); });
        if (G == geometry::one_minus_cosine && (qq == 0 || rr == 0))
            return rr == rr ? 1 : rr;
        double const a = qq > 0 ? 1 / std::sqrt(qq) : 0, b = rr > 0 || rr != rr ? 1 / std::sqrt(rr) : 0;
        return 0.5 * sum_in_double(size, [&](std::size_t k) {
                   double const difference = wide(q[k]) * a - wide(r[k]) * b;
                   return difference * difference;
               });
    }
}

// A query, and what the bounds of its values need.
struct query_terms {
    float const* values;
    double squares, norm;
    bool wild;         // neither floats nor codes can bound its values
    float code_scale;  // for references of eight-bit codes: values ≈ code_scale · codes
    double code_error; // ‖values − code_scale · codes‖ at most
};

template <geometry G>
query_terms make_query(float const* values, std::size_t size) {
    query_terms q{
        values,
        sum_in_double(size,
                      [&](std::size_t k) { return static_cast<double>(values[k]) * static_cast<double>(values[k]); }),
        0,
        false,
        0,
        0};
    q.norm = std::sqrt(q.squares);
    q.wild = !(q.squares < largest_squares) ||
             !(q.squares > smallest_squares || (G == geometry::squared_length && q.squares == 0));
    return q;
}

// Sixteen-bit codes of a query, so that sums of products with eight-bit codes fit 32 bits.
inline void encode_query(query_terms& q, std::size_t size, std::int16_t* codes) {
    float largest = 0;
    for (std::size_t k = 0; k < size; ++k)
        largest = std::max(largest, std::abs(q.values[k]));
    double const range = std::min(32767.0, std::floor(2147483647.0 / (127.0 * static_cast<double>(size))));
    q.code_scale = static_cast<float>(largest / range);
    double const inverse = q.code_scale > 0 ? 1 / static_cast<double>(q.code_scale) : 0;
    for (std::size_t k = 0; k < size; ++k)
        codes[k] = static_cast<std::int16_t>(std::clamp(std::nearbyint(q.values[k] * inverse), -range, range));
    q.code_error = q.code_scale * 0.51 * std::sqrt(static_cast<double>(size));
}

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

// Bounds of a value that lies within `error` of `value` for the row as stored, when the row that was stored lies within
// `lost` of it. For one row or a vector of them; every error is taken larger than it is, so that the roundings here do
// not matter.
template <geometry G, bool Lossy, class V>
[[gnu::always_inline]] inline void bounds(V const& value, V const& error, V const& norm, V const& lost,
                                          float query_norm, V& lower, V& upper) {
    lower = value - error, upper = value + error;
    if constexpr (Lossy) {
        V const zero(0.0f), less(0.999999f), more(1.000001f);
        if constexpr (G == geometry::squared_length) {
            V const near = larger(root(larger(lower, zero)) * less - lost, zero), far = root(upper) * more + lost;
            lower = near * near * less, upper = far * far * more;
        } else if constexpr (of_directions<G>) {
            // The direction turns by at most asin(lost / ‖row‖); as a chord of the unit circle: within 4 % of the
            // angle's sine while that is below a half.
            V const turn = pick(V(3.0f) * lost < norm, V(1.05f) * lost / (norm - lost), V(2.0f));
            V const near = larger(root(larger(lower + lower, zero)) * less - turn, zero),
                    far = root(larger(upper + upper, zero)) * more + turn;
            lower = V(0.4999995f) * near * near, upper = V(0.5000005f) * far * far;
        } else {
            V const turn = V(query_norm * 1.000001f) * lost;
            lower -= turn + V(1e-6f) * larger(lower, -lower), upper += turn + V(1e-6f) * larger(upper, -upper);
        }
    }
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

} // namespace trine::neighbors::detail
