#pragma once

#include <bit>
#include <cstdint>

namespace trine::kernels {

/// A number of IEEE 754's binary16 as float; exact.
inline float half_to_float(std::uint16_t h) {
    std::uint32_t const sign = static_cast<std::uint32_t>(h & 0x8000) << 16, exponent = (h >> 10) & 31,
                        fraction = h & 1023;
    if (exponent == 31)
        return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
    if (exponent == 0) { // zero or subnormal: fraction · 2⁻²⁴
        float const value = static_cast<float>(fraction) * 0x1p-24f;
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
    }
    return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

/// The binary16 nearest to a float, ties to even; infinite beyond 65504.
inline std::uint16_t float_to_half(float value) {
    std::uint32_t const bits = std::bit_cast<std::uint32_t>(value), magnitude = bits & 0x7fffffffu;
    auto const sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
    if (magnitude > 0x7f800000u)
        return static_cast<std::uint16_t>(sign | 0x7e00);
    if (magnitude >= 0x477ff000u) // rounds to 65536 or more
        return static_cast<std::uint16_t>(sign | 0x7c00);
    if (magnitude < 0x38800000u) // subnormal: adding ½ leaves the rounding to the processor
        return static_cast<std::uint16_t>(
            sign | (std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u));
    return static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13));
}

} // namespace trine::kernels
