#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace trine::kernels {

/// What one pass over a row of codes gives.
struct code_sums {
    std::int32_t product; ///< Σ query · code
    std::int32_t squares; ///< Σ code²
};

/// Sums over a row of eight-bit codes against a query of sixteen bits: exact integers, so the order does not matter.
///
/// Memory bounds it: a byte a value, and some three instructions a vector. The caller keeps Σ |query| · 127 below 2³¹.
inline code_sums sum_codes(std::size_t size, std::int16_t const* query, std::int8_t const* codes) {
    std::size_t i = 0;
    code_sums sums{0, 0};
#if defined(__AVX512BW__)
    __m512i product = _mm512_setzero_si512(), squares = _mm512_setzero_si512();
    for (; i + 32 <= size; i += 32) {
        __m512i const c = _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(codes + i))), q = _mm512_loadu_si512(query + i);
#if defined(__AVX512VNNI__)
        product = _mm512_dpwssd_epi32(product, c, q);
        squares = _mm512_dpwssd_epi32(squares, c, c);
#else
        product = _mm512_add_epi32(product, _mm512_madd_epi16(c, q));
        squares = _mm512_add_epi32(squares, _mm512_madd_epi16(c, c));
#endif
    }
    sums = {_mm512_reduce_add_epi32(product), _mm512_reduce_add_epi32(squares)};
#elif defined(__AVX2__)
    __m256i product = _mm256_setzero_si256(), squares = _mm256_setzero_si256();
    for (; i + 16 <= size; i += 16) {
        __m256i const c = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<__m128i const*>(codes + i)));
        __m256i const q = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(query + i));
        product = _mm256_add_epi32(product, _mm256_madd_epi16(c, q));
        squares = _mm256_add_epi32(squares, _mm256_madd_epi16(c, c));
    }
    alignas(32) std::int32_t lanes[2][8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes[0]), product);
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes[1]), squares);
    for (std::size_t l = 0; l < 8; ++l)
        sums.product += lanes[0][l], sums.squares += lanes[1][l];
#endif
    for (; i < size; ++i) {
        sums.product += std::int32_t{query[i]} * codes[i];
        sums.squares += std::int32_t{codes[i]} * codes[i];
    }
    return sums;
}

/// to[i] = scale · codes[i].
inline void widen_codes(std::size_t size, std::int8_t const* codes, float scale, float* to) {
    for (std::size_t i = 0; i < size; ++i)
        to[i] = scale * static_cast<float>(codes[i]);
}

} // namespace trine::kernels
