#pragma once

#include "simd.hpp"
#include "half.hpp"

namespace trine::kernels {

TRINE_INLINE void widen_halves(std::size_t size, std::uint16_t const* from, float* to) {
    constexpr std::size_t width = simd_width<float>;
    std::size_t i = 0;
    for (; i + width <= size; i += width)
        load_halves(from + i).store_unaligned(to + i);
    for (; i < size; ++i)
        to[i] = half_to_float(from[i]);
}

} // namespace trine::kernels
