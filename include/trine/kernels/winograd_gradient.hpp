#pragma once

/// Gradient of a convolution's weights by Winograd's transforms, for stride 1.
///
/// The adjoint of `winograd_convolution` in its weights: dw = Gᵀ [Σ over tiles (Bᵀ x B) ⊗ (A dy Aᵀ)] G, with tile² products of C×tiles by tiles×O. A chunk
/// of tiles is transformed at a time, large enough that the sums (tile²·C·O) are not loaded and stored often, small enough to stay in the last cache.

#include <algorithm>
#include <cstddef>

#include "../core/parallel.hpp"
#include "gradient_tile.hpp"
#include "winograd_convolution.hpp"

namespace trine::kernels {

namespace detail {

template <class W, class T>
struct winograd_gradient_plan {
    std::size_t tiles_y, tiles_x, tiles, chunk, width, panels, stride, v_position, z_panel, z_position, sums_position;

    winograd_gradient_plan(convolution_shape const& s) {
        tiles_y = (s.out_height() + W::outputs - 1) / W::outputs, tiles_x = (s.out_width() + W::outputs - 1) / W::outputs;
        tiles = s.batch * tiles_y * tiles_x;
        width = panel_width<T>(s.outputs), panels = panel_count<T>(s.outputs);
        stride = staggered<T>(s.channels);
        std::size_t const bytes = W::tile * W::tile * (stride + panels * width) * sizeof(T);
        chunk = std::min(tiles, std::clamp<std::size_t>(8 * 1024 * 1024 / bytes, 96, 768));
        v_position = staggered<T>(chunk * stride), z_panel = staggered<T>(chunk * width), z_position = staggered<T>(panels * z_panel);
        sums_position = staggered<T>(panels * width * s.channels);
    }
    std::size_t scratch() const { return W::tile * W::tile * (sums_position + v_position + z_position); }
};

// A dy Aᵀ of one tile and one vector of outputs, whose pixels beyond rows×cols count as zero.
template <class W, class T>
void transform_gradient_tile(T const* dy, std::size_t row_stride, std::size_t col_stride, std::size_t rows, std::size_t cols, std::size_t outputs, T* to,
                             std::size_t position_stride) {
    using V = simd<T>;
    auto const one = [](auto const& in, auto& z) __attribute__((always_inline)) { W::output_gradient(in, z); };
    auto const store = [&](auto i, auto j, V const& z) __attribute__((always_inline)) { z.store_unaligned(to + (i * W::tile + j) * position_stride); };
    if (rows >= W::outputs && cols >= W::outputs && outputs >= V::size)
        transform_square<W::outputs, W::tile, V>([&](auto i, auto j) __attribute__((always_inline)) { return V::load_unaligned(dy + i * row_stride + j * col_stride); }, one,
                                                 store);
    else
        transform_square<W::outputs, W::tile, V>([&](auto i, auto j) __attribute__((always_inline)) {
            return i < rows && j < cols ? load_first(dy + i * row_stride + j * col_stride, outputs) : V(T(0));
        }, one, store);
}

} // namespace detail

template <class W, class T>
std::size_t winograd_gradient_weights_scratch(convolution_shape const& s) {
    return detail::winograd_gradient_plan<W, T>(s).scratch();
}

/// dw += Σ over the batch and its pixels of x ⊗ dy. Chunks of tiles are summed in their order, whatever the number of threads.
///
/// @param x   N×H×W×C
/// @param dy  N×OH×OW×O
/// @param dw  K×K×C×O, added to
template <class W, class T>
void winograd_gradient_weights(convolution_shape const& s, T const* x, T const* dy, T* dw, T* scratch) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile, positions = n * n;
    detail::winograd_gradient_plan<W, T> const p(s);
    std::size_t const width = p.width, panels = p.panels, vectors = panel_vectors<T>(s.outputs), out_row = s.out_width() * s.outputs;
    T* const sums = scratch; // positions × panels × channels × width
    T* const v = sums + positions * p.sums_position; // positions × chunk × channels
    T* const z = v + positions * p.v_position;       // positions × panels × chunk × width
    std::size_t const channel_block = 8 * tile_rows, channel_blocks = (s.channels + channel_block - 1) / channel_block;
    auto const& table = vectors == 1 ? detail::gradient_tile_table<1, T> : detail::gradient_tile_table<2, T>;
    parallel_blocks(positions * p.sums_position, 65536, [&](std::size_t first, std::size_t last) { std::fill(sums + first, sums + last, T(0)); });
    for (std::size_t start = 0; start < p.tiles; start += p.chunk) {
        std::size_t const count = std::min(p.chunk, p.tiles - start);
        parallel_blocks(count, 8, [&](std::size_t first, std::size_t last) {
            for (std::size_t t = first; t < last; ++t) {
                std::size_t const tx = (start + t) % p.tiles_x, ty = (start + t) / p.tiles_x % p.tiles_y, image = (start + t) / p.tiles_x / p.tiles_y;
                std::size_t const oy = ty * W::outputs, ox = tx * W::outputs;
                auto const pad = static_cast<std::ptrdiff_t>(s.padding);
                detail::transform_input_tile<W>(x + image * s.height * s.width * s.channels, s.height, s.width, s.channels, static_cast<std::ptrdiff_t>(oy) - pad,
                                                static_cast<std::ptrdiff_t>(ox) - pad, v + t * p.stride, p.v_position);
                for (std::size_t panel = 0; panel < panels; ++panel)
                    for (std::size_t c = 0; c < vectors; ++c) {
                        std::size_t const o = panel * width + c * V::size;
                        T* const to = z + panel * p.z_panel + t * width + c * V::size;
                        if (o < s.outputs)
                            detail::transform_gradient_tile<W>(dy + ((image * s.out_height() + oy) * s.out_width() + ox) * s.outputs + o, out_row, s.outputs,
                                                               s.out_height() - oy, s.out_width() - ox, s.outputs - o, to, p.z_position);
                        else
                            for (std::size_t position = 0; position < positions; ++position)
                                V(T(0)).store_unaligned(to + position * p.z_position);
                    }
            }
        });
        parallel_for(positions * panels * channel_blocks, [&](std::size_t item) {
            std::size_t const block = item % channel_blocks, panel = item / channel_blocks % panels, position = item / channel_blocks / panels;
            T const* const left = v + position * p.v_position;
            T const* const right = z + position * p.z_position + panel * p.z_panel;
            T* const sum = sums + position * p.sums_position + panel * s.channels * width;
            for (std::size_t c = block * channel_block, end = std::min(c + channel_block, s.channels); c < end;) {
                std::size_t const tile = next_tile(end - c);
                table[tile - 1](left + c, 0, p.stride, right, 1, count, sum + c * width);
                c += tile;
            }
        });
    }
    parallel_for(panels * ((s.channels + 7) / 8), [&](std::size_t item) {
        std::size_t const panel = item % panels, first = item / panels * 8;
        for (std::size_t c = first; c < std::min(first + 8, s.channels); ++c)
            for (std::size_t i = 0; i < vectors; ++i) {
                std::size_t const o = panel * width + i * V::size;
                if (o >= s.outputs)
                    continue;
                T const* const from = sums + (panel * s.channels + c) * width + i * V::size;
                detail::transform_square<n, W::kernel, V>(
                    [&](auto a, auto b) __attribute__((always_inline)) { return V::load_unaligned(from + (a * n + b) * p.sums_position); },
                    [](auto const& in, auto& w) __attribute__((always_inline)) { W::weights_gradient(in, w); },
                    [&](auto a, auto b, V const& g) __attribute__((always_inline)) {
                        T* const to = dw + ((a * W::kernel + b) * s.channels + c) * s.outputs + o;
                        store_first(to, load_first(to, s.outputs - o) + g, s.outputs - o);
                    });
            }
    });
}

} // namespace trine::kernels
