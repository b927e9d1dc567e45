#pragma once

#include <cstddef>
#include <cstdint>

#include "simd.hpp"

namespace trine::kernels {

namespace detail {

#if defined(__AVX512BW__)

// (With a mask of ones, for without one GCC 12 warns of its own headers.)
// The sixteen sums of sixteen vectors, by adding as they are transposed.
inline __m512i sum_each(__m512i const* v) {
    auto const across32 = [](__m512i a, __m512i b) {
        return _mm512_add_epi32(_mm512_maskz_unpacklo_epi32(0xffff, a, b), _mm512_maskz_unpackhi_epi32(0xffff, a, b));
    };
    auto const across64 = [](__m512i a, __m512i b) {
        return _mm512_add_epi32(_mm512_maskz_unpacklo_epi64(0xff, a, b), _mm512_maskz_unpackhi_epi64(0xff, a, b));
    };
    __m512i quarter[4]; // each 128 bits of them: four rows' sums over every fourth part
    for (std::size_t i = 0; i < 4; ++i)
        quarter[i] = across64(across32(v[4 * i], v[4 * i + 1]), across32(v[4 * i + 2], v[4 * i + 3]));
    auto const halves = [](__m512i a, __m512i b) {
        return _mm512_add_epi32(_mm512_maskz_shuffle_i32x4(0xffff, a, b, 0x88),
                                _mm512_maskz_shuffle_i32x4(0xffff, a, b, 0xdd));
    };
    return halves(halves(quarter[0], quarter[1]), halves(quarter[2], quarter[3]));
}

#endif

} // namespace detail

/// Rows whose sums are taken together.
inline constexpr std::size_t code_rows = 16;

/// Sums over rows of eight-bit codes against a query of sixteen bits: exact integers, so the order does not matter.
///
/// Memory bounds it, just: a byte a value, and three instructions for 32 of them. The sums of the lanes are taken for
/// sixteen rows at once, or they would cost as much as the products. The caller keeps Σ |query| · 127 below 2³¹.
///
/// @param codes     rows of `size` codes, `stride` apart; at most `code_rows` of them
/// @param products  Σ query · code of each row
/// @param squares   Σ code² of each row
inline void sum_codes(std::size_t size, std::int16_t const* query, std::int8_t const* codes, std::size_t stride,
                      std::size_t rows, std::int32_t* products, std::int32_t* squares) {
    std::size_t done = 0;
#if defined(__AVX512BW__)
    done = size / 32 * 32;
    __m512i product[code_rows], square[code_rows];
    for (std::size_t r = 0; r < code_rows; ++r) {
        std::int8_t const* const row = codes + (r < rows ? r : 0) * stride;
        __m512i p = _mm512_setzero_si512(), s = _mm512_setzero_si512();
        for (std::size_t i = 0; i < done; i += 32) {
            __m512i const c =
                _mm512_maskz_cvtepi8_epi16(~0u, _mm256_loadu_si256(reinterpret_cast<__m256i const*>(row + i)));
            p = add_pair_products(p, c, code_sums(_mm512_loadu_si512(query + i))).data;
            s = add_pair_products(s, c, c).data;
        }
        product[r] = p, square[r] = s;
    }
    alignas(64) std::int32_t sums[2][code_rows];
    _mm512_store_si512(sums[0], detail::sum_each(product));
    _mm512_store_si512(sums[1], detail::sum_each(square));
    for (std::size_t r = 0; r < rows; ++r)
        products[r] = sums[0][r], squares[r] = sums[1][r];
#elif defined(__AVX2__)
    done = size / 16 * 16;
    for (std::size_t r = 0; r < rows; ++r) {
        __m256i p = _mm256_setzero_si256(), s = _mm256_setzero_si256();
        for (std::size_t i = 0; i < done; i += 16) {
            __m256i const c =
                _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<__m128i const*>(codes + r * stride + i)));
            p = _mm256_add_epi32(p,
                                 _mm256_madd_epi16(c, _mm256_loadu_si256(reinterpret_cast<__m256i const*>(query + i))));
            s = _mm256_add_epi32(s, _mm256_madd_epi16(c, c));
        }
        __m256i const both = _mm256_hadd_epi32(p, s); // p p s s, twice
        __m128i const halves = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
        products[r] = _mm_extract_epi32(halves, 0) + _mm_extract_epi32(halves, 1);
        squares[r] = _mm_extract_epi32(halves, 2) + _mm_extract_epi32(halves, 3);
    }
#else
    for (std::size_t r = 0; r < rows; ++r)
        products[r] = squares[r] = 0;
#endif
    for (std::size_t r = 0; r < rows && done < size; ++r)
        for (std::size_t i = done; i < size; ++i) {
            products[r] += std::int32_t{query[i]} * codes[r * stride + i];
            squares[r] += std::int32_t{codes[r * stride + i]} * codes[r * stride + i];
        }
}

/// Most codes of a row for `widen_row`: so the sum of their squares fits 32 bits.
inline constexpr std::size_t most_widened = std::size_t{1} << 16;

/// wide[i] = codes[i], zero from `size` to whole pairs.
///
/// @return Σ codes²
inline std::int32_t widen_row(std::size_t size, std::int8_t const* codes, std::int16_t* wide) {
    std::int32_t squares = 0;
    for (std::size_t i = 0; i < size; ++i) {
        wide[i] = codes[i];
        squares += std::int32_t{codes[i]} * codes[i];
    }
    if (size % 2 != 0)
        wide[size] = 0;
    return squares;
}

/// to[i] = scale · codes[i].
inline void widen_codes(std::size_t size, std::int8_t const* codes, float scale, float* to) {
    for (std::size_t i = 0; i < size; ++i)
        to[i] = scale * static_cast<float>(codes[i]);
}

} // namespace trine::kernels
