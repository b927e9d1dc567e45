#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__F16C__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "simd.hpp"

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

/// to[i] = from[i], binary16 to float.
inline void widen_halves(std::size_t size, std::uint16_t const* from, float* to) {
    std::size_t done = 0;
#if defined(__AVX512F__)
    done = size / 16 * 16;
    for (std::size_t i = 0; i < done; i += 16)
        _mm512_storeu_ps(to + i,
                         _mm512_maskz_cvtph_ps(0xffff, _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from + i))));
#elif defined(__F16C__)
    done = size / 8 * 8;
    for (std::size_t i = 0; i < done; i += 8)
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<__m128i const*>(from + i))));
#endif
    for (std::size_t i = done; i < size; ++i)
        to[i] = half_to_float(from[i]);
}

/// A vector of floats from binary16.
[[gnu::always_inline]] inline simd<float> load_halves(std::uint16_t const* from) {
#if defined(__AVX512F__)
    return simd<float>(_mm512_maskz_cvtph_ps(0xffff, _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from))));
#else
    alignas(64) float values[simd_width<float>];
    widen_halves(simd_width<float>, from, values);
    return simd<float>::load_aligned(values);
#endif
}

} // namespace trine::kernels
