#pragma once

#include <algorithm>
#include <cmath>

#include "../core/error.hpp"
#include "../kernels/half.hpp"
#include "../kernels/int8.hpp"
#include "rows.hpp"

namespace trine::neighbors::storage {

TRINE_INLINE float float16::encode(std::size_t size, float const* from, std::uint16_t* to) {
    for (std::size_t i = 0; i < size; ++i) {
        require<numeric_error>(std::abs(from[i]) < 65520.0f, "an embedding's value of ", from[i],
                               " does not fit into float16, whose largest is 65504: use float32 or int8");
        to[i] = kernels::float_to_half(from[i]);
    }
    return 1;
}
TRINE_INLINE float const* float16::decoded(std::size_t size, std::uint16_t const* from, float, float* space) {
    kernels::widen_halves(size, from, space);
    return space;
}
// Half a unit of the last of eleven bits; below 2⁻¹⁴ the bits are fewer.
TRINE_INLINE error_bound float16::error(std::size_t size) {
    return {0, 0x1.01p-11f, std::sqrt(static_cast<float>(size)) * 0x1.01p-25f};
}

TRINE_INLINE float int8::encode(std::size_t size, float const* from, std::int8_t* to) {
    float largest = 0;
    for (std::size_t i = 0; i < size; ++i)
        largest = std::max(largest, std::abs(from[i]));
    float const scale = largest / 127;
    double const inverse = scale > 0 ? 1 / static_cast<double>(scale) : 0;
    for (std::size_t i = 0; i < size; ++i)
        to[i] = static_cast<std::int8_t>(std::clamp(std::nearbyint(from[i] * inverse), -127.0, 127.0));
    return scale;
}
TRINE_INLINE float const* int8::decoded(std::size_t size, std::int8_t const* from, float scale, float* space) {
    kernels::widen_codes(size, from, scale, space);
    return space;
}
// Half a step a value; the little more is for scale / 127 and scale · code as floats.
TRINE_INLINE error_bound int8::error(std::size_t size) {
    return {(0.5f + 128 * 0x1p-22f) * 1.0001f * std::sqrt(static_cast<float>(size)), 0, 0};
}

} // namespace trine::neighbors::storage
