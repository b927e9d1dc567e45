#pragma once

#include "simd.hpp"
#include "half.hpp"

namespace trine::kernels {

TRINE_INLINE void widen_halves(std::size_t size, std::uint16_t const* from, float* to) {
    // (For i + width <= size GCC warns of more turns than there can be, where it sees the size.)
    constexpr std::size_t width = simd_width<float>;
    std::size_t const whole = size / width * width;
    for (std::size_t i = 0; i < whole; i += width)
        load_halves(from + i).store_unaligned(to + i);
    for (std::size_t i = whole; i < size; ++i)
        to[i] = half_to_float(from[i]);
}

} // namespace trine::kernels
