#pragma once

/// Products of rows and columns of sixteen-bit codes: with one instruction, twice as many multiplications as floats
/// allow, and no rounding.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "register_tile.hpp"
#include "simd.hpp"

namespace trine::kernels {

/// The length ‖codes‖ that a vector is scaled to: as long as every code fits sixteen bits and every product of two of
/// them 32, for up to 10⁸ codes.
inline constexpr float code_norm = 32000;

/// Two codes side by side are multiplied and summed at once; rows and panels are filled up with zeros to whole pairs.
constexpr std::size_t code_pairs(std::size_t size) { return (size + 1) / 2; }

/// How far the product of two vectors can be from that of their codes, as a share of ‖a‖·‖b‖: every code is off by half
/// a unit, or hardly more.
inline float code_error(std::size_t size) {
    float const off = 0.51f * std::sqrt(static_cast<float>(size)) / code_norm;
    return 1.0001f * (2 * off + off * off);
}

[[gnu::always_inline]] inline simd<float> to_floats(code_sums const& sums) { return to_float(sums); }

/// codes[i] = values[i] · factor, rounded to the nearest; zero from `size` to whole pairs.
///
/// @param factor  so that ‖values‖ · factor is `code_norm` at most
inline void encode_row(std::size_t size, float const* values, float factor, std::int16_t* codes) {
    using V = simd<float>;
    // Adding it leaves the nearest integer in the last bits of a float's fraction.
    constexpr float magic = 0x1.8p23f;
    auto const encode = [&](V const& v) __attribute__((always_inline)) {
        return bitwise_cast<std::int32_t>(fma(v, V(factor), V(magic))) - code_sums(0x4b400000);
    };
    std::size_t i = 0;
    for (; i + 2 * V::size <= size; i += 2 * V::size) {
        code_sums const low = encode(V::load_unaligned(values + i)),
                        high = encode(V::load_unaligned(values + i + V::size));
        store_codes(codes + i, low, high);
    }
    for (; i < size; ++i)
        codes[i] = static_cast<std::int16_t>(std::nearbyint(values[i] * factor));
    if (size % 2 != 0)
        codes[size] = 0;
}

/// Where the k-th code of a column lies in a panel of so many columns, whole vectors of them.
constexpr std::size_t place_in_panel(std::size_t columns, std::size_t column, std::size_t k) {
    constexpr std::size_t lanes = code_sums::size;
    return (k / 2 * columns + column / lanes * lanes) * 2 + panel_place(column % lanes, k % 2);
}

/// A tile of `tile_rows` rows of codes, and one or two vectors of columns.
struct code_tile {
    std::int16_t const* rows;
    std::size_t row_stride, pairs;
    std::int16_t const* panel;       ///< for each pair of a row, the same pair of every column, at `place_in_panel`
    std::byte const* next = nullptr; ///< what will be read later: fetched from memory meanwhile, two lines a step
    std::size_t next_lines = 0;
};

/// products[r][c] = Σ rows[r] · panel[c].
///
/// Arithmetic bounds it: as many multiplications as rows and vectors against a broadcast for each row and a load for
/// each vector. (What becomes of the sums is left to others, for they fill the registers: GCC 12 spills them all in the
/// loop where it wants one register more after it.)
///
/// @param products  tile_rows × Vectors · lanes, aligned
template <std::size_t Vectors>
[[gnu::noinline]] void multiply_codes(code_tile const& tile, std::int32_t* products) {
    constexpr std::size_t lanes = code_sums::size, pair = 2, line = 64;
    code_sums acc[tile_rows][Vectors];
    TRINE_UNROLL
    for (std::size_t r = 0; r < tile_rows; ++r) {
        TRINE_UNROLL
        for (std::size_t v = 0; v < Vectors; ++v)
            acc[r][v] = code_sums(0);
    }
    std::int16_t const *a = tile.rows, *panel = tile.panel;
    auto const step = [&]<std::size_t... Pair>(std::index_sequence<Pair...>) __attribute__((always_inline)) {
        constexpr std::size_t count = sizeof...(Pair);
        code_sums b[count][Vectors];
        TRINE_UNROLL
        for (std::size_t v = 0; v < count * Vectors; ++v)
            b[v / Vectors][v % Vectors] =
                code_sums::load_aligned(reinterpret_cast<std::int32_t const*>(panel + v * lanes * pair));
        TRINE_UNROLL
        for (std::size_t r = 0; r < tile_rows; ++r) {
            std::int16_t const* const from = a + r * tile.row_stride;
            auto const row = count == pairs_at_once ? load_pairs(from) : load_pair(from);
            TRINE_UNROLL
            for (std::size_t v = 0; v < Vectors; ++v)
                ((acc[r][v] = add_pair_products<Pair>(acc[r][v], row, b[Pair][v])), ...);
        }
        a += count * pair, panel += count * Vectors * lanes * pair;
    };
    constexpr std::make_index_sequence<pairs_at_once> several;
    std::size_t const fetched = std::min(tile.pairs, tile.next_lines / 2);
    std::size_t k = 0;
    for (; k + pairs_at_once <= fetched; k += pairs_at_once) {
        for (std::size_t i = k; i < k + pairs_at_once; ++i) {
            __builtin_prefetch(tile.next + i * 2 * line);
            __builtin_prefetch(tile.next + i * 2 * line + line);
        }
        step(several);
    }
    for (; k + pairs_at_once <= tile.pairs; k += pairs_at_once)
        step(several);
    for (; k < tile.pairs; ++k)
        step(std::index_sequence<0>{});
    TRINE_UNROLL
    for (std::size_t r = 0; r < tile_rows; ++r) {
        TRINE_UNROLL
        for (std::size_t v = 0; v < Vectors; ++v)
            acc[r][v].store_aligned(products + (r * Vectors + v) * lanes);
    }
}

} // namespace trine::kernels
