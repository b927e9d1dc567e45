#pragma once

/// The inner loop of gradients of weights: a product of two matrices summed over pixels or tiles, its accumulators in
/// registers throughout.

#include <array>
#include <cstddef>

#include "register_tile.hpp"

namespace trine::kernels::detail {

// What will be read next: `rows` runs of `run` scalars. It is fetched into the second cache meanwhile, a line for each
// step of a product.
template <class T>
struct fetch_ahead {
    static constexpr std::size_t line = 64 / sizeof(T);
    T const* at = nullptr;
    std::size_t rows = 0, run = 0, row_stride = 0, fetched = 0; // scalars of this run

    [[gnu::always_inline]] void step() {
        if (rows == 0)
            return;
        __builtin_prefetch(at + fetched, 0, 2);
        if ((fetched += line) >= run)
            fetched = 0, at += row_stride, --rows;
    }
};

// Each element of the tile sums one product a pixel over `rows` strips of `cols` pixels; `left` is the run's first
// scalar at the first pixel. With `Pack` the right side is read where it lies, `right_stride` apart, and a copy without
// gaps is left for the tiles that follow: memory is then read while products are summed. `fresh` sums begin at 0
// instead of what is there.
template <std::size_t Rows, std::size_t Vectors, bool Pack, class T>
void gradient_tile(T const* left, std::size_t left_row, std::size_t left_pixel, T const* right,
                   std::size_t right_stride, T* packed, std::size_t rows, std::size_t cols, T* out, bool fresh,
                   fetch_ahead<T>& ahead) {
    using V = simd<T>;
    fetch_ahead<T> next = ahead;
    V acc[Rows][Vectors];
    TRINE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r) {
        TRINE_UNROLL
        for (std::size_t v = 0; v < Vectors; ++v)
            acc[r][v] = fresh ? V(T(0)) : V::load_unaligned(out + (r * Vectors + v) * V::size);
    }
    if constexpr (!Pack)
        right_stride = Vectors * V::size;
    for (std::size_t y = 0; y < rows; ++y) {
        T const* a = left + y * left_row;
        for (std::size_t x = 0; x < cols; ++x, a += left_pixel, right += right_stride) {
            next.step();
            V b[Vectors];
            TRINE_UNROLL
            for (std::size_t v = 0; v < Vectors; ++v)
                b[v] = V::load_unaligned(right + v * V::size);
            if constexpr (Pack) {
                TRINE_UNROLL
                for (std::size_t v = 0; v < Vectors; ++v)
                    b[v].store_unaligned(packed + v * V::size);
                packed += Vectors * V::size;
            }
            TRINE_UNROLL
            for (std::size_t r = 0; r < Rows; ++r) {
                V const value(a[r]);
                TRINE_UNROLL
                for (std::size_t v = 0; v < Vectors; ++v)
                    acc[r][v] = fma(value, b[v], acc[r][v]);
            }
        }
    }
    TRINE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r) {
        TRINE_UNROLL
        for (std::size_t v = 0; v < Vectors; ++v)
            acc[r][v].store_unaligned(out + (r * Vectors + v) * V::size);
    }
    ahead = next;
}

template <class T>
using gradient_tile_function = void (*)(T const*, std::size_t, std::size_t, T const*, std::size_t, T*, std::size_t,
                                        std::size_t, T*, bool, fetch_ahead<T>&);

template <std::size_t Vectors, bool Pack, class T>
inline constexpr auto gradient_tile_table = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<gradient_tile_function<T>, sizeof...(I)>{&gradient_tile<I + 1, Vectors, Pack, T>...};
}
(std::make_index_sequence<tile_rows>{});

// Adds to `rows_of_tile` rows of sums, each `vectors` wide, or begins them.
template <class T>
void sum_products(std::size_t rows_of_tile, std::size_t vectors, T const* left, std::size_t left_row,
                  std::size_t left_pixel, T const* right, std::size_t rows, std::size_t cols, T* out, bool fresh,
                  fetch_ahead<T>& ahead) {
    auto const& table = vectors == 1 ? gradient_tile_table<1, false, T> : gradient_tile_table<2, false, T>;
    table[rows_of_tile - 1](left, left_row, left_pixel, right, 0, nullptr, rows, cols, out, fresh, ahead);
}
// The same, leaving a packed copy of the right side.
template <class T>
void sum_products_and_pack(std::size_t rows_of_tile, std::size_t vectors, T const* left, std::size_t left_row,
                           std::size_t left_pixel, T const* right, std::size_t right_stride, T* packed,
                           std::size_t rows, std::size_t cols, T* out, bool fresh, fetch_ahead<T>& ahead) {
    auto const& table = vectors == 1 ? gradient_tile_table<1, true, T> : gradient_tile_table<2, true, T>;
    table[rows_of_tile - 1](left, left_row, left_pixel, right, right_stride, packed, rows, cols, out, fresh, ahead);
}

} // namespace trine::kernels::detail
