#pragma once

#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"

namespace trine::kernels {

/// Rows whose sums are taken together.
inline constexpr std::size_t code_rows = 16;

/// The largest code of a query: 256 · 127 + 127, so that it can be cut into two bytes with signs.
inline constexpr std::int16_t largest_query_code = 32639;

/// Sums over rows of eight-bit codes against a query of sixteen bits: exact integers, so the order does not matter.
///
/// Memory bounds it, just: a byte a value, and with AVX-512 three instructions for 32 of them, with ARM's products of
/// bytes four for 16. The sums of the lanes are taken for many rows at once, or they would cost as much as the
/// products.
///
/// @param query     up to ±largest_query_code, and Σ |query| · 128 below 2³¹
/// @param codes     rows of `size` codes, `stride` apart; at most `code_rows` of them
/// @param products  Σ query · code of each row
/// @param squares   Σ code² of each row
void sum_codes(std::size_t size, std::int16_t const* query, std::int8_t const* codes, std::size_t stride,
               std::size_t rows, std::int32_t* products, std::int32_t* squares);

/// Most codes of a row for `widen_row`: so the sum of their squares fits 32 bits.
inline constexpr std::size_t most_widened = std::size_t{1} << 16;

/// wide[i] = codes[i], zero from `size` to whole pairs.
///
/// @return Σ codes²
std::int32_t widen_row(std::size_t size, std::int8_t const* codes, std::int16_t* wide);

/// to[i] = scale · codes[i].
void widen_codes(std::size_t size, std::int8_t const* codes, float scale, float* to);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "int8_impl.hpp"
#endif
