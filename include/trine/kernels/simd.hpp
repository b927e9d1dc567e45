#pragma once

/// Vectors of the instruction set that is compiled for, and what kernels do with them.

#include <cstddef>
#include <cstdint>

#include "isa/target.hpp"

namespace trine::kernels {

/// The widest vector of scalars that the compiler's target has.
template <class T>
using simd = isa::vector<T, isa::target>;

using isa::abs, isa::add_code_products, isa::all, isa::any, isa::bitwise_cast, isa::fma, isa::fma_lane, isa::lane_bits,
    isa::select, isa::sqrt, isa::store_codes, isa::sum_each, isa::to_float;

/// Whether a type is such a vector, and not a scalar.
template <class V>
inline constexpr bool is_simd = isa::is_vector<V>;

/// Scalars in a vector.
template <class T>
inline constexpr std::size_t simd_width = simd<T>::size;

/// Rows of the largest tile: with two vectors a row, its accumulators and operands fill the registers.
inline constexpr std::size_t tile_rows = isa::target::tile_rows;

/// Sums of products of sixteen-bit codes, two of which lie in each lane.
using code_sums = simd<std::int32_t>;

/// Pairs of a row's codes that are loaded at once, each to be multiplied with those of every column of a panel.
using row_pairs = isa::target::row_pairs;
inline constexpr std::size_t pairs_at_once = isa::target::pairs_at_once;

/// The next `pairs_at_once` pairs of a row, or the next one.
[[gnu::always_inline]] inline row_pairs load_pairs(std::int16_t const* from) { return isa::target::load_pairs(from); }
[[gnu::always_inline]] inline row_pairs load_pair(std::int16_t const* from) { return isa::target::load_pair(from); }

/// Where the first or the second code of a column lies in a panel's vector of pairs, one pair a lane.
constexpr std::size_t panel_place(std::size_t column, std::size_t code) {
    return isa::target::panel_place(column, code);
}

/// sums + row₀·panel₀ + row₁·panel₁ for the column of each lane, with the row's `Pair`-th pair.
template <std::size_t Pair>
[[gnu::always_inline]] inline code_sums add_pair_products(code_sums const& sums, row_pairs const& row,
                                                          code_sums const& panel) {
    return code_sums::from(isa::target::add_pair_products<Pair>(sums.native, row, panel.native));
}

/// Twice as many codes of eight bits as a vector has lanes, two in each lane as codes of sixteen.
[[gnu::always_inline]] inline code_sums load_codes(std::int8_t const* from) {
    return code_sums::from(isa::target::load_codes(from));
}

/// A vector of floats from binary16.
[[gnu::always_inline]] inline simd<float> load_halves(std::uint16_t const* from) {
    return simd<float>::from(isa::target::load_halves(from));
}

/// Before a loop with a constant number of turns, whose body works on arrays that have to end up in registers: leaves
/// no loop.
#ifdef __clang__
#define TRINE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define TRINE_UNROLL _Pragma("GCC unroll 64")
#endif

/// At least so many scalars, an odd number of cache lines: columns that far apart spread over all sets of a cache
/// instead of fighting for a few.
template <class T>
constexpr std::size_t staggered(std::size_t scalars) {
    constexpr std::size_t line = 64 / sizeof(T);
    return ((scalars + line - 1) / line | 1) * line;
}

/// Stores the first `count` scalars of a vector.
template <class T>
[[gnu::always_inline]] inline void store_first(T* to, simd<T> const& value, std::size_t count) {
    value.store_first(to, count);
}

/// Loads the first `count` scalars of a vector; the others are zero.
template <class T>
[[gnu::always_inline]] inline simd<T> load_first(T const* from, std::size_t count) {
    return simd<T>::load_first(from, count);
}

/// The larger of two; a NaN in the second comes out, so that it is seen.
template <class V>
[[gnu::always_inline]] inline V at_least(V const& low, V const& value) {
    return select(value < low, low, value);
}

/// The larger of two; NaN where either is.
template <class V>
[[gnu::always_inline]] inline V larger_or_nan(V const& a, V const& b) {
    return select(a == a, at_least(a, b), a);
}

/// Calls f(c, load, store) for every vector of channels; load(p) and store(p, v) mind the channels' end.
template <class T, class F>
[[gnu::always_inline]] inline void each_channel_vector(std::size_t channels, F&& f) {
    using V = simd<T>;
    std::size_t c = 0;
    for (; c + V::size <= channels; c += V::size)
        f(
            c, [](T const* p) __attribute__((always_inline)) { return V::load_unaligned(p); },
            [](T * p, V const& v) __attribute__((always_inline)) { v.store_unaligned(p); });
    if (c < channels)
        f(
            c, [=](T const* p) __attribute__((always_inline)) { return load_first(p, channels - c); },
            [=](T * p, V const& v) __attribute__((always_inline)) { store_first(p, v, channels - c); });
}

} // namespace trine::kernels
