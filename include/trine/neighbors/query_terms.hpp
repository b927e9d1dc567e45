#pragma once

/// A query of an exact search, with what the bounds of its values need.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "../kernels/int8.hpp"

namespace trine::neighbors::detail {

inline constexpr float infinite = std::numeric_limits<float>::infinity();

// Squared lengths beyond this may overflow a float on the way: such rows and queries are settled in double, each.
inline constexpr double largest_squares = 1e37;
// Directions of rows shorter than this are lost in float.
inline constexpr double smallest_squares = 1e-30;

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

struct query_terms {
    float const* values;
    double squares, norm;
    bool is_unbounded; // neither floats nor codes can bound its values
    float code_scale;  // for references of eight-bit codes: values ≈ code_scale · codes
    double code_error; // ‖values − code_scale · codes‖ at most
};

template <class Geometry>
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
    q.is_unbounded = !(q.squares < largest_squares) || !Geometry::is_long_enough(q.squares, q.squares == 0);
    return q;
}

// Sixteen-bit codes of a query, so that sums of products with eight-bit codes fit 32 bits.
inline void encode_query(query_terms& q, std::size_t size, std::int16_t* codes) {
    float largest = 0;
    for (std::size_t k = 0; k < size; ++k)
        largest = std::max(largest, std::abs(q.values[k]));
    double const range =
        std::min<double>(kernels::largest_query_code, std::floor(2147483647.0 / (128.0 * static_cast<double>(size))));
    q.code_scale = static_cast<float>(largest / range);
    double const inverse = q.code_scale > 0 ? 1 / static_cast<double>(q.code_scale) : 0;
    for (std::size_t k = 0; k < size; ++k)
        codes[k] = static_cast<std::int16_t>(std::clamp(std::nearbyint(q.values[k] * inverse), -range, range));
    q.code_error = q.code_scale * 0.51 * std::sqrt(static_cast<double>(size));
}

} // namespace trine::neighbors::detail
