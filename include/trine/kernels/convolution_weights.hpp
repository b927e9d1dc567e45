#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "../core/parallel.hpp"
#include "convolution.hpp"

namespace trine::kernels {

namespace detail {

// Each element of the tile sums one product a pixel over `rows` strips of `cols` pixels; `left` is the run's first scalar at the first pixel.
template <std::size_t Rows, std::size_t Vectors, class T>
void gradient_tile(T const* left, std::size_t left_row, std::size_t left_pixel, T const* right, std::size_t rows, std::size_t cols, T* out) {
    using V = simd<T>;
    V acc[Rows][Vectors];
    unrolled<Rows>([&](auto r) __attribute__((always_inline)) {
        unrolled<Vectors>([&](auto v) __attribute__((always_inline)) { acc[r][v] = V::load_unaligned(out + (r * Vectors + v) * V::size); });
    });
    for (std::size_t y = 0; y < rows; ++y) {
        T const* a = left + y * left_row;
        for (std::size_t x = 0; x < cols; ++x, a += left_pixel, right += Vectors * V::size) {
            V b[Vectors];
            unrolled<Vectors>([&](auto v) __attribute__((always_inline)) { b[v] = V::load_unaligned(right + v * V::size); });
            unrolled<Rows>([&](auto r) __attribute__((always_inline)) {
                V const value(a[r]);
                unrolled<Vectors>([&](auto v) __attribute__((always_inline)) { acc[r][v] = xsimd::fma(value, b[v], acc[r][v]); });
            });
        }
    }
    unrolled<Rows>([&](auto r) __attribute__((always_inline)) {
        unrolled<Vectors>([&](auto v) __attribute__((always_inline)) { acc[r][v].store_unaligned(out + (r * Vectors + v) * V::size); });
    });
}

template <class T>
using gradient_tile_function = void (*)(T const*, std::size_t, std::size_t, T const*, std::size_t, std::size_t, T*);

template <std::size_t Vectors, class T>
inline constexpr auto gradient_tile_table = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<gradient_tile_function<T>, sizeof...(I)>{&gradient_tile<I + 1, Vectors, T>...};
}(std::make_index_sequence<tile_rows>{});

// How the batch's output rows are cut: into blocks that a strip holds, and blocks into chunks that are summed apart.
struct weights_plan {
    strip_plan strip;
    std::size_t rows_per_block, blocks_per_image, chunks;

    template <class T>
    static weights_plan make(convolution_shape const& s) {
        weights_plan p{forward_plan(s), 1, 1, 1};
        p.strip.kernel_height = 1; // an item looks at one row of the kernel
        std::size_t const row_bytes = (p.strip.strip_width() * s.channels * s.stride + s.out_width() * panel_width<T>(s.outputs)) * sizeof(T);
        p.rows_per_block = std::clamp<std::size_t>(256 * 1024 / row_bytes, 1, s.out_height());
        p.blocks_per_image = (s.out_height() + p.rows_per_block - 1) / p.rows_per_block;
        std::size_t const shares = s.kernel_height * panel_count<T>(s.outputs);
        p.chunks = std::clamp<std::size_t>((48 + shares - 1) / shares, 1, s.batch * p.blocks_per_image);
        return p;
    }
    std::size_t strip_size(convolution_shape const& s) const { return strip.strip_rows(rows_per_block) * strip.strip_width() * s.channels; }
};

} // namespace detail

/// Scalars of scratch that `convolution_gradient_weights` needs for all threads together.
template <class T>
std::size_t convolution_gradient_weights_scratch(convolution_shape const& s, std::size_t threads) {
    auto const plan = detail::weights_plan::make<T>(s);
    std::size_t const width = panel_width<T>(s.outputs);
    return plan.chunks * s.depth() * panel_count<T>(s.outputs) * width +
           threads * (plan.strip_size(s) + plan.rows_per_block * s.out_width() * width);
}

/// dw += Σ over the batch and its pixels of x ⊗ dy: what the loss changes by, for a change of the weights.
///
/// Work is cut into chunks of the batch × rows of the kernel × panels of outputs. Chunks are summed apart and then added in their order, so
/// the result does not depend on the number of threads. Bounded by arithmetic from some 16 channels on.
///
/// @param x   N×H×W×C
/// @param dy  N×OH×OW×O
/// @param dw  KH×KW×C×O, added to
template <class T>
void convolution_gradient_weights(convolution_shape const& s, T const* x, T const* dy, T* dw, T* scratch) {
    auto const plan = detail::weights_plan::make<T>(s);
    std::size_t const width = panel_width<T>(s.outputs), panels = panel_count<T>(s.outputs), vectors = panel_vectors<T>(s.outputs);
    std::size_t const run = s.kernel_width * s.channels, out_width = s.out_width();
    std::size_t const share = run * width, partial = s.kernel_height * panels * share;
    std::size_t const strip_size = plan.strip_size(s), packed_size = plan.rows_per_block * out_width * width;
    T* const threads = scratch + plan.chunks * partial;
    std::size_t const blocks = s.batch * plan.blocks_per_image;
    auto const& table = vectors == 1 ? detail::gradient_tile_table<1, T> : detail::gradient_tile_table<2, T>;

    parallel_for(plan.chunks * s.kernel_height * panels, [&](std::size_t item) {
        std::size_t const panel = item % panels, ky = item / panels % s.kernel_height, chunk = item / panels / s.kernel_height;
        T* const sum = scratch + chunk * partial + (ky * panels + panel) * share;
        std::fill_n(sum, share, T(0));
        T* const strip_memory = threads + thread_index() * (strip_size + packed_size);
        T* const packed = strip_memory + strip_size;
        auto strip = plan.strip;
        strip.top += static_cast<std::ptrdiff_t>(ky);
        std::size_t const o = panel * width, used = std::min(width, s.outputs - o);
        for (std::size_t block = blocks * chunk / plan.chunks; block < blocks * (chunk + 1) / plan.chunks; ++block) {
            std::size_t const image = block / plan.blocks_per_image, first = block % plan.blocks_per_image * plan.rows_per_block;
            std::size_t const rows = std::min(plan.rows_per_block, s.out_height() - first);
            T const* from = dy + (image * s.out_height() + first) * out_width * s.outputs + o;
            for (std::size_t pixel = 0; pixel < rows * out_width; ++pixel) {
                std::copy_n(from + pixel * s.outputs, used, packed + pixel * width);
                std::fill(packed + pixel * width + used, packed + (pixel + 1) * width, T(0));
            }
            auto const source = detail::load_strip(strip, x + image * s.height * s.width * s.channels, first, rows, strip_memory);
            for (std::size_t k = 0; k < run;) {
                std::size_t const tile = next_tile(run - k);
                table[tile - 1](source.data + k, s.stride * source.row_stride, s.stride * s.channels, packed, rows, out_width, sum + k * width);
                k += tile;
            }
        }
    });
    parallel_for(s.kernel_height * panels, [&](std::size_t item) {
        std::size_t const panel = item % panels, ky = item / panels, o = panel * width, used = std::min(width, s.outputs - o);
        for (std::size_t k = 0; k < run; ++k) {
            T* const to = dw + (ky * run + k) * s.outputs + o;
            for (std::size_t c = 0; c < used; ++c) {
                T sum = 0;
                for (std::size_t chunk = 0; chunk < plan.chunks; ++chunk)
                    sum += scratch[chunk * partial + item * share + k * width + c];
                to[c] += sum;
            }
        }
    });
}

} // namespace trine::kernels
