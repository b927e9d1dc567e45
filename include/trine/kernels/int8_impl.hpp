#pragma once

#include <cstddef>
#include <cstdint>
#include "simd.hpp"
#include "int8.hpp"

namespace trine::kernels {

TRINE_INLINE void sum_codes(std::size_t size, std::int16_t const* query, std::int8_t const* codes, std::size_t stride,
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

TRINE_INLINE std::int32_t widen_row(std::size_t size, std::int8_t const* codes, std::int16_t* wide) {
    std::int32_t squares = 0;
    for (std::size_t i = 0; i < size; ++i) {
        wide[i] = codes[i];
        squares += std::int32_t{codes[i]} * codes[i];
    }
    if (size % 2 != 0)
        wide[size] = 0;
    return squares;
}

TRINE_INLINE void widen_codes(std::size_t size, std::int8_t const* codes, float scale, float* to) {
    for (std::size_t i = 0; i < size; ++i)
        to[i] = scale * static_cast<float>(codes[i]);
}

} // namespace trine::kernels
