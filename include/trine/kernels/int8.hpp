#pragma once

#include <cstddef>
#include <cstdint>

#include "simd.hpp"

namespace trine::kernels {

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
    constexpr std::size_t lanes = code_sums::size, step = 2 * lanes;
    std::size_t const done = size / step * step;
    for (std::size_t first = 0; first < rows; first += lanes) {
        code_sums product[lanes], square[lanes];
        for (std::size_t r = 0; r < lanes; ++r) {
            std::int8_t const* const row = codes + (first + r < rows ? first + r : first) * stride;
            code_sums p(0), s(0);
            for (std::size_t i = 0; i < done; i += step) {
                code_sums const c = load_codes(row + i);
                p = add_pair_products(p, c,
                                      code_sums::load_unaligned(reinterpret_cast<std::int32_t const*>(query + i)));
                s = add_pair_products(s, c, c);
            }
            product[r] = p, square[r] = s;
        }
        sum_each(product).store_first(products + first, rows - first);
        sum_each(square).store_first(squares + first, rows - first);
    }
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
