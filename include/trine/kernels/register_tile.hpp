#pragma once

/// The one inner loop that convolutions, their gradient of data and pairwise distances share.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "../core/parallel.hpp"
#include "simd.hpp"
#include "tile_operations.hpp"

namespace trine::kernels {

/// Vectors a panel is wide when it holds `columns` columns.
template <class T>
constexpr std::size_t panel_vectors(std::size_t columns) {
    return columns <= simd_width<T> ? 1 : 2;
}

/// Columns of a panel, filled up with zeros where the matrix has fewer.
template <class T>
constexpr std::size_t panel_width(std::size_t columns) {
    return panel_vectors<T>(columns) * simd_width<T>;
}

template <class T>
constexpr std::size_t panel_count(std::size_t columns) {
    return (columns + panel_width<T>(columns) - 1) / panel_width<T>(columns);
}

/// Where a tile reads its left operand and how deep it goes: `segments` runs of `run` scalars each, for every row.
template <class T>
struct tile_operand {
    T const* first;             ///< the first row's first run
    std::size_t row_stride;     ///< from a row to the next
    std::size_t segment_stride; ///< from a run to the next
    std::size_t segments;
    std::size_t run;
    T const* next =
        nullptr; ///< what the tile after this one will read: fetched from memory meanwhile, two lines a step
    std::size_t next_size = 0; ///< scalars of it
};

namespace detail {

template <class Op, class V>
inline constexpr bool takes_lanes = std::is_same_v<Op, multiply_add>&& requires(V v) {
    fma_lane<0>(v, v, v);
};

// Arithmetic bounds it: Rows·Vectors FMAs against Rows broadcasts and Vectors loads; the panel streams from L2.
template <class Op, std::size_t Rows, std::size_t Vectors, class T>
void register_tile(tile_operand<T> const& left, T const* panel, T const* initial, T* out, std::size_t out_stride,
                   std::size_t columns) {
    using V = simd<T>;
    V acc[Rows][Vectors];
    TRINE_UNROLL
    for (std::size_t v = 0; v < Vectors; ++v) {
        V const start = initial ? V::load_unaligned(initial + v * V::size) : V(T(0));
        TRINE_UNROLL
        for (std::size_t r = 0; r < Rows; ++r)
            acc[r][v] = start;
    }
    T const* a = left.first;
    auto const step = [&]() __attribute__((always_inline)) {
        V b[Vectors];
        TRINE_UNROLL
        for (std::size_t v = 0; v < Vectors; ++v)
            b[v] = V::load_unaligned(panel + v * V::size);
        TRINE_UNROLL
        for (std::size_t r = 0; r < Rows; ++r) {
            V const value(a[r * left.row_stride]);
            TRINE_UNROLL
            for (std::size_t v = 0; v < Vectors; ++v)
                acc[r][v] = Op::apply(value, b[v], acc[r][v]);
        }
        ++a, panel += Vectors * V::size;
    };
    // As many steps as a vector has lanes, where products can take a row's value out of one.
    auto const lane_steps = [&]<std::size_t... Lane>(std::index_sequence<Lane...>) __attribute__((always_inline)) {
        V values[Rows];
        TRINE_UNROLL
        for (std::size_t r = 0; r < Rows; ++r)
            values[r] = V::load_unaligned(a + r * left.row_stride);
        auto const one = [&]<std::size_t L>(std::integral_constant<std::size_t, L>) __attribute__((always_inline)) {
            TRINE_UNROLL
            for (std::size_t v = 0; v < Vectors; ++v) {
                V const b = V::load_unaligned(panel + (L * Vectors + v) * V::size);
                TRINE_UNROLL
                for (std::size_t r = 0; r < Rows; ++r)
                    acc[r][v] = fma_lane<L>(values[r], b, acc[r][v]);
            }
        };
        (one(std::integral_constant<std::size_t, Lane>{}), ...);
        a += V::size, panel += V::size * Vectors * V::size;
    };
    // Lines that will be written, then lines that the next tile will read, come from memory while products are summed:
    // a step at a time, for all at once they would block the loads.
    constexpr std::size_t line = 64 / sizeof(T);
    std::size_t const written = left.segments * left.run >= 64 ? std::min(Rows, left.run) : 0;
    std::size_t const fetched = std::min(left.run, written + left.next_size / (2 * line));
    for (std::size_t k = 0; k < written; ++k) {
        __builtin_prefetch(out + k * out_stride, 1);
        __builtin_prefetch(out + k * out_stride + (Vectors - 1) * V::size, 1);
        step();
    }
    for (std::size_t k = written; k < fetched; ++k) {
        __builtin_prefetch(left.next + (k - written) * 2 * line);
        __builtin_prefetch(left.next + (k - written) * 2 * line + line);
        step();
    }
    // One loop over all runs: the end of a loop over one is mispredicted, which cost seven runs of 21 scalars a
    // twentieth of their time.
    auto const jump = static_cast<std::ptrdiff_t>(left.segment_stride) - static_cast<std::ptrdiff_t>(left.run);
    std::size_t rest = left.run - fetched;
    if (rest == 0)
        a += jump, rest = left.run;
    for (std::size_t k = left.segments * left.run - fetched; k > 0;) {
        std::size_t done = 1;
        if constexpr (takes_lanes<Op, V>) {
            if (rest >= V::size)
                lane_steps(std::make_index_sequence<V::size>{}), done = V::size;
            else
                step();
        } else
            step();
        k -= done, rest -= done;
        a += rest == 0 ? jump : 0;
        rest = rest == 0 ? left.run : rest;
    }
    TRINE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r) {
        TRINE_UNROLL
        for (std::size_t v = 0; v < Vectors; ++v)
            if (columns > v * V::size)
                store_first(out + r * out_stride + v * V::size, acc[r][v], columns - v * V::size);
    }
}

template <class Op, class T>
using tile_function = void (*)(tile_operand<T> const&, T const*, T const*, T*, std::size_t, std::size_t);

template <class Op, std::size_t Vectors, class T>
inline constexpr auto tile_table = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<tile_function<Op, T>, sizeof...(I)>{&register_tile<Op, I + 1, Vectors, T>...};
}
(std::make_index_sequence<tile_rows>{});

} // namespace detail

/// One output tile: out[r][c] = initial[c] ⊕ Σ over segments and runs of Op(left[r], panel[c]).
///
/// Every element is summed in the order of the panel's rows, whatever the tile's size or place: results do not depend
/// on how the rows were cut into tiles.
///
/// @param rows     1 … tile_rows
/// @param panel    (segments · run) × panel width, packed by `pack_panels`
/// @param initial  panel width values to start from, or null for zeros
/// @param columns  how many of the panel's columns are stored
template <class Op, class T>
void compute_tile(std::size_t rows, std::size_t vectors, tile_operand<T> const& left, T const* panel, T const* initial,
                  T* out, std::size_t out_stride, std::size_t columns) {
    auto const& table = vectors == 1 ? detail::tile_table<Op, 1, T> : detail::tile_table<Op, 2, T>;
    table[rows - 1](left, panel, initial, out, out_stride, columns);
}

/// The same for rows of `next_few_heights`: where most tiles are as high as can be, fewer of them are compiled.
template <class Op, class T>
void compute_tile_of_few_heights(std::size_t rows, std::size_t vectors, tile_operand<T> const& left, T const* panel,
                                 T* out, std::size_t out_stride, std::size_t columns) {
    auto const tile = [&]<std::size_t Rows>(std::integral_constant<std::size_t, Rows>) {
        auto const function =
            vectors == 1 ? &detail::register_tile<Op, Rows, 1, T> : &detail::register_tile<Op, Rows, 2, T>;
        function(left, panel, nullptr, out, out_stride, columns);
    };
    static_assert(tile_rows > 4);
    if (rows == tile_rows)
        tile(std::integral_constant<std::size_t, tile_rows>{});
    else if (rows == 8)
        tile(std::integral_constant<std::size_t, std::min<std::size_t>(8, tile_rows)>{});
    else if (rows == 4)
        tile(std::integral_constant<std::size_t, 4>{});
    else if (rows == 2)
        tile(std::integral_constant<std::size_t, 2>{});
    else
        tile(std::integral_constant<std::size_t, 1>{});
}

/// How many rows the next of such tiles takes when `remaining` are left.
constexpr std::size_t next_few_heights(std::size_t remaining) {
    return remaining >= tile_rows ? tile_rows : std::bit_floor(remaining);
}

/// How many rows the next tile takes when `remaining` are left: tiles of nearly equal height rather than full ones and
/// a stump.
constexpr std::size_t next_tile(std::size_t remaining) {
    std::size_t const tiles = (remaining + tile_rows - 1) / tile_rows;
    return (remaining + tiles - 1) / tiles;
}

/// Packs a depth×columns matrix into panels: element (k, c) is read from `at(k, c)`.
///
/// @param out  panel_count · depth · panel_width scalars
template <class T, class At>
void pack_panels(std::size_t depth, std::size_t columns, T* out, At&& at) {
    std::size_t const width = panel_width<T>(columns);
    auto const rows = [&](std::size_t panel, std::size_t begin, std::size_t end) {
        std::size_t const first = panel * width, used = std::min(width, columns - first);
        T* to = out + (panel * depth + begin) * width;
        for (std::size_t k = begin; k < end; ++k, to += width) {
            for (std::size_t c = 0; c < used; ++c)
                to[c] = at(k, first + c);
            std::fill(to + used, to + width, T(0));
        }
    };
    constexpr std::size_t block = 256;
    std::size_t const panels = panel_count<T>(columns), blocks = (depth + block - 1) / block;
    if (panels * blocks < 4) { // not worth waking the others for
        for (std::size_t panel = 0; panel < panels; ++panel)
            rows(panel, 0, depth);
        return;
    }
    parallel_for(panels * blocks, [&](std::size_t item) {
        rows(item / blocks, item % blocks * block, std::min(depth, (item % blocks + 1) * block));
    });
}

} // namespace trine::kernels
