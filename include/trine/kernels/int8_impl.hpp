#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include "simd.hpp"
#include "int8.hpp"

namespace trine::kernels {

namespace detail {

// The sums of the codes' first part, as many as it has; returns how many that are.
template <class Target>
std::size_t sum_whole_steps(std::size_t size, std::int16_t const* query, std::int8_t const* codes, std::size_t stride,
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
                p = add_code_products(p, c,
                                      code_sums::load_unaligned(reinterpret_cast<std::int32_t const*>(query + i)));
                s = add_code_products(s, c, c);
            }
            product[r] = p, square[r] = s;
        }
        sum_each(product).store_first(products + first, rows - first);
        sum_each(square).store_first(squares + first, rows - first);
    }
    return done;
}

// The same by products of bytes: the query is cut into its high and low bytes.
template <class Target>
    requires requires { &Target::add_byte_products; }
std::size_t sum_whole_steps(std::size_t size, std::int16_t const* query, std::int8_t const* codes, std::size_t stride,
                            std::size_t rows, std::int32_t* products, std::int32_t* squares) {
    constexpr std::size_t lanes = code_sums::size, step = 4 * lanes, most = 512;
    std::size_t const done = size / step * step;
    std::fill_n(products, rows, 0), std::fill_n(squares, rows, 0);
    for (std::size_t begin = 0; begin < done; begin += most) {
        std::size_t const count = std::min(most, done - begin);
        std::int8_t high[most], low[most];
        for (std::size_t i = 0; i < count; ++i) {
            int const code = query[begin + i], above = (code + 128) >> 8;
            high[i] = static_cast<std::int8_t>(above), low[i] = static_cast<std::int8_t>(code - above * 256);
        }
        for (std::size_t first = 0; first < rows; first += lanes) {
            std::int8_t const* row[lanes];
            code_sums highs[lanes], lows[lanes], square[lanes];
            TRINE_UNROLL
            for (std::size_t r = 0; r < lanes; ++r) {
                row[r] = codes + (first + r < rows ? first + r : first) * stride + begin;
                highs[r] = lows[r] = square[r] = code_sums(0);
            }
            for (std::size_t i = 0; i < count; i += step) {
                TRINE_UNROLL
                for (std::size_t r = 0; r < lanes; ++r) {
                    highs[r].native = Target::add_byte_products(highs[r].native, row[r] + i, high + i);
                    lows[r].native = Target::add_byte_products(lows[r].native, row[r] + i, low + i);
                    square[r].native = Target::add_byte_products(square[r].native, row[r] + i, row[r] + i);
                }
            }
            TRINE_UNROLL
            for (std::size_t r = 0; r < lanes; ++r)
                lows[r].native = Target::joined_bytes(highs[r].native, lows[r].native);
            std::size_t const left = rows - first;
            (sum_each(lows) + code_sums::load_first(products + first, left)).store_first(products + first, left);
            (sum_each(square) + code_sums::load_first(squares + first, left)).store_first(squares + first, left);
        }
    }
    return done;
}

} // namespace detail

TRINE_INLINE void sum_codes(std::size_t size, std::int16_t const* query, std::int8_t const* codes, std::size_t stride,
                            std::size_t rows, std::int32_t* products, std::int32_t* squares) {
    std::size_t const done = detail::sum_whole_steps<isa::target>(size, query, codes, stride, rows, products, squares);
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
