#pragma once

/// Convolution of stride 1 by Winograd's transforms: forward, and gradient of data as the same with flipped weights.
///
/// Activations are N×H×W×C. A block of tiles is transformed into V (tile²×tiles×C), which stays in L2; for each panel of outputs, tile² matrix products
/// with the transformed weights follow, and the transform back. The products bound it (arithmetic); transforms cost some 15 % at 32 channels, 5 % at 128.

#include <algorithm>
#include <cstddef>

#include "../core/parallel.hpp"
#include "convolution_shape.hpp"
#include "register_tile.hpp"
#include "winograd.hpp"

namespace trine::kernels {

/// How the output of a convolution is cut into tiles and blocks of tiles.
struct winograd_plan {
    std::size_t batch, height, width, channels, out_height, out_width, outputs, padding;
    std::size_t tile_outputs, tile, tiles_y, tiles_x;
    std::size_t images_per_block, rows_per_block, blocks_per_image, blocks; ///< blocks of whole images, or of rows of tiles of one image
    std::size_t splits; ///< groups of panels that work on a block apart, where blocks are few

    template <class W, class T>
    static winograd_plan make(std::size_t batch, std::size_t height, std::size_t width, std::size_t channels, std::size_t outputs, std::size_t padding) {
        winograd_plan p{};
        p.batch = batch, p.height = height, p.width = width, p.channels = channels, p.outputs = outputs, p.padding = padding;
        p.out_height = height + 2 * padding - W::kernel + 1, p.out_width = width + 2 * padding - W::kernel + 1;
        p.tile_outputs = W::outputs, p.tile = W::tile;
        p.tiles_y = (p.out_height + W::outputs - 1) / W::outputs, p.tiles_x = (p.out_width + W::outputs - 1) / W::outputs;
        // Enough tiles to use each transformed weight often, few enough for V to stay in L2.
        std::size_t const per_image = p.tiles_y * p.tiles_x, bytes = p.tile * p.tile * p.v_stride<T>() * sizeof(T);
        std::size_t const wanted = std::clamp<std::size_t>(640 * 1024 / bytes, 2 * tile_rows, 4 * tile_rows);
        if (per_image <= wanted) {
            p.images_per_block = std::min(batch, wanted / per_image);
            p.rows_per_block = p.tiles_y, p.blocks_per_image = 1;
            p.blocks = (batch + p.images_per_block - 1) / p.images_per_block;
        } else {
            p.images_per_block = 1;
            std::size_t const rows = std::max<std::size_t>(1, wanted / p.tiles_x);
            p.blocks_per_image = (p.tiles_y + rows - 1) / rows;
            p.rows_per_block = (p.tiles_y + p.blocks_per_image - 1) / p.blocks_per_image;
            p.blocks_per_image = (p.tiles_y + p.rows_per_block - 1) / p.rows_per_block;
            p.blocks = batch * p.blocks_per_image;
        }
        p.splits = std::clamp<std::size_t>((8 + p.blocks - 1) / p.blocks, 1, panel_count<T>(outputs));
        return p;
    }
    template <class T>
    std::size_t v_stride() const { return staggered<T>(channels); }
    // From one position to the next, in V and in M.
    template <class T>
    std::size_t v_position() const { return staggered<T>(tiles_per_block() * v_stride<T>()); }
    template <class T>
    std::size_t m_position() const { return staggered<T>(tiles_per_block() * panel_width<T>(outputs)); }
    std::size_t tiles_per_block() const { return images_per_block * rows_per_block * tiles_x; }
    std::size_t rows_of_block() const { return images_per_block * std::min(rows_per_block * tile_outputs, out_height); }
    template <class T>
    std::size_t thread_scratch(bool sink_only) const {
        return tile * tile * (v_position<T>() + m_position<T>()) + (sink_only && splits == 1 ? rows_of_block() * out_width * outputs : 0);
    }
    template <class T>
    std::size_t weights_size() const;
};

/// Scalars from one position to the next in transformed weights.
template <class T>
constexpr std::size_t winograd_weights_position(std::size_t channels, std::size_t outputs) {
    return staggered<T>(panel_count<T>(outputs) * channels * panel_width<T>(outputs));
}

template <class T>
std::size_t winograd_plan::weights_size() const { return tile * tile * winograd_weights_position<T>(channels, outputs); }

/// Transforms weights for `winograd_convolution`: tile² positions × panels × channels × panel width.
///
/// @param w        K×K×C×O
/// @param flipped  whether to turn the kernel around
template <class W, class T>
void winograd_weights(std::size_t channels, std::size_t outputs, T const* w, bool flipped, T* out) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile, r = W::kernel;
    std::size_t const width = panel_width<T>(outputs), position = winograd_weights_position<T>(channels, outputs);
    std::size_t const vectors = panel_count<T>(outputs) * panel_vectors<T>(outputs);
    parallel_blocks(channels, 8, [&](std::size_t first, std::size_t last) {
        for (std::size_t c = first; c < last; ++c)
            for (std::size_t v = 0; v < vectors; ++v) {
                std::size_t const o = v * V::size, left = o < outputs ? outputs - o : 0;
                T* const to = out + (o / width * channels + c) * width + o % width;
                detail::transform_square<r, n, V>(
                    [&](std::size_t i, std::size_t j) __attribute__((always_inline)) {
                        std::size_t const tap = flipped ? (r - 1 - i) * r + r - 1 - j : i * r + j;
                        return left > 0 ? load_first(w + (tap * channels + c) * outputs + o, left) : V(T(0));
                    },
                    [](auto const& in, auto& u) __attribute__((always_inline)) { W::weights(in, u); },
                    [&](std::size_t i, std::size_t j, V const& u) __attribute__((always_inline)) { u.store_unaligned(to + (i * n + j) * position); });
            }
    });
}

namespace detail {

// Transforms one tile of an image: the n×n pixels from (y, x) on, which may lie outside, over all channels. `store(i, j, c, value)` takes the result.
template <class W, class T, class Load, class Store>
[[gnu::always_inline]] inline void transform_input_channels(std::size_t channels, Load&& load, Store&& store) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile;
    for (std::size_t c = 0; c < channels; c += V::size)
        transform_square<n, n, V>([&](std::size_t i, std::size_t j) __attribute__((always_inline)) { return load(i, j, c); },
                                  [](auto const& in, auto& t) __attribute__((always_inline)) { W::input(in, t); },
                                  [&](std::size_t i, std::size_t j, V const& t) __attribute__((always_inline)) { store(i, j, c, t); });
}

// V of one tile: position p at `to` + p·position_stride, channels rounded up to whole vectors.
template <class W, class T>
void transform_input_tile(T const* image, std::size_t height, std::size_t width, std::size_t channels, std::ptrdiff_t y, std::ptrdiff_t x, T* to,
                          std::size_t position_stride) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile;
    auto const store = [&](std::size_t i, std::size_t j, std::size_t c, V const& t) __attribute__((always_inline)) { t.store_unaligned(to + (i * n + j) * position_stride + c); };
    bool const inside = y >= 0 && x >= 0 && y + static_cast<std::ptrdiff_t>(n) <= static_cast<std::ptrdiff_t>(height) &&
                        x + static_cast<std::ptrdiff_t>(n) <= static_cast<std::ptrdiff_t>(width);
    if (inside && channels % V::size == 0) {
        T const* const corner = image + (static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)) * channels;
        transform_input_channels<W, T>(channels, [&](std::size_t i, std::size_t j, std::size_t c) __attribute__((always_inline)) {
            return V::load_unaligned(corner + (i * width + j) * channels + c);
        }, store);
        return;
    }
    T const* pixels[n * n];
    for (std::size_t k = 0; k < n * n; ++k) {
        std::ptrdiff_t const py = y + static_cast<std::ptrdiff_t>(k / n), px = x + static_cast<std::ptrdiff_t>(k % n);
        bool const exists = py >= 0 && px >= 0 && py < static_cast<std::ptrdiff_t>(height) && px < static_cast<std::ptrdiff_t>(width);
        pixels[k] = exists ? image + (static_cast<std::size_t>(py) * width + static_cast<std::size_t>(px)) * channels : nullptr;
    }
    transform_input_channels<W, T>(channels, [&](std::size_t i, std::size_t j, std::size_t c) __attribute__((always_inline)) {
        T const* const from = pixels[i * n + j];
        return from ? load_first(from + c, channels - c) : V(T(0));
    }, store);
}

// Transforms one vector of outputs of one tile back and stores the pixels that exist.
template <class W, class T>
void transform_output_tile(T const* m, std::size_t position_stride, simd<T> const& bias, T* to, std::size_t row_stride, std::size_t col_stride, std::size_t rows,
                           std::size_t cols, std::size_t outputs) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile, k = W::outputs;
    auto const load = [&](std::size_t i, std::size_t j) __attribute__((always_inline)) { return V::load_unaligned(m + (i * n + j) * position_stride); };
    auto const one = [](auto const& in, auto& y) __attribute__((always_inline)) { W::output(in, y); };
    if (rows >= k && cols >= k && outputs >= V::size)
        transform_square<n, k, V>(load, one, [&](std::size_t i, std::size_t j, V const& y) __attribute__((always_inline)) {
            (y + bias).store_unaligned(to + i * row_stride + j * col_stride);
        });
    else
        transform_square<n, k, V>(load, one, [&](std::size_t i, std::size_t j, V const& y) __attribute__((always_inline)) {
            if (i < rows && j < cols)
                store_first(to + i * row_stride + j * col_stride, y + bias, outputs);
        });
}

} // namespace detail

/// Scalars of scratch that `winograd_convolution` needs for all threads together.
template <class T>
std::size_t winograd_scratch(winograd_plan const& p, std::size_t threads, bool sink_only) {
    return threads * p.thread_scratch<T>(sink_only) + panel_width<T>(p.outputs) * panel_count<T>(p.outputs) +
           (sink_only && p.splits > 1 ? p.batch * p.out_height * p.out_width * p.outputs : 0);
}

/// y = x ∗ w + bias with transformed weights.
///
/// @param x        N×H×W×C
/// @param weights  of `winograd_weights`
/// @param bias     O, or null
/// @param y        N×OH×OW×O; may be null when the sink takes all
template <class W, class T>
void winograd_convolution(winograd_plan const& p, T const* x, T const* weights, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile, positions = n * n;
    std::size_t const width = panel_width<T>(p.outputs), panels = panel_count<T>(p.outputs), vectors = panel_vectors<T>(p.outputs);
    std::size_t const stride = p.v_stride<T>(), v_position = p.v_position<T>(), m_position = p.m_position<T>(), per_thread = p.thread_scratch<T>(sink.only);
    std::size_t const out_row = p.out_width * p.outputs;
    T* const padded_bias = scratch;
    std::fill_n(padded_bias, panels * width, T(0));
    if (bias)
        std::copy_n(bias, p.outputs, padded_bias);
    T* const threads = scratch + panels * width;
    if (sink.only && p.splits > 1)
        y = threads + thread_count() * per_thread;
    std::size_t const columns = p.out_width, band = p.rows_per_block * p.tile_outputs;
    auto const first_row_of = [&](std::size_t block) {
        return p.blocks_per_image == 1 ? block * p.images_per_block * p.out_height
                                       : block / p.blocks_per_image * p.out_height + block % p.blocks_per_image * band;
    };
    auto const rows_of = [&](std::size_t block) {
        return p.blocks_per_image == 1 ? std::min(p.images_per_block, p.batch - block * p.images_per_block) * p.out_height
                                       : std::min(band, p.out_height - block % p.blocks_per_image * band);
    };
    parallel_for(p.blocks * p.splits, [&](std::size_t item) {
        std::size_t const block = item / p.splits, split = item % p.splits;
        std::size_t const first_panel = panels * split / p.splits, last_panel = panels * (split + 1) / p.splits;
        std::size_t const images = p.blocks_per_image == 1 ? std::min(p.images_per_block, p.batch - block * p.images_per_block) : 1;
        std::size_t const first_image = p.blocks_per_image == 1 ? block * p.images_per_block : block / p.blocks_per_image;
        std::size_t const first_tile_row = p.blocks_per_image == 1 ? 0 : block % p.blocks_per_image * p.rows_per_block;
        std::size_t const tile_row_count = std::min(p.rows_per_block, p.tiles_y - first_tile_row), tiles = images * tile_row_count * p.tiles_x;
        T* const v = threads + thread_index() * per_thread;
        T* const m = v + positions * v_position;
        T* const rows_start = sink.only && p.splits == 1 ? m + positions * m_position : y + first_row_of(block) * out_row;
        auto const each_tile = [&](auto&& body) __attribute__((always_inline)) {
            std::size_t t = 0;
            for (std::size_t image = 0; image < images; ++image)
                for (std::size_t ty = 0; ty < tile_row_count; ++ty)
                    for (std::size_t tx = 0; tx < p.tiles_x; ++tx, ++t)
                        body(t, image, ty, tx);
        };
        each_tile([&](std::size_t t, std::size_t image, std::size_t ty, std::size_t tx) {
            detail::transform_input_tile<W>(x + (first_image + image) * p.height * p.width * p.channels, p.height, p.width, p.channels,
                                            static_cast<std::ptrdiff_t>((first_tile_row + ty) * W::outputs) - static_cast<std::ptrdiff_t>(p.padding),
                                            static_cast<std::ptrdiff_t>(tx * W::outputs) - static_cast<std::ptrdiff_t>(p.padding), v + t * stride, v_position);
        });
        for (std::size_t panel = first_panel; panel < last_panel; ++panel) {
            for (std::size_t position = 0; position < positions; ++position) {
                T const* const u = weights + position * winograd_weights_position<T>(p.channels, p.outputs) + panel * p.channels * width;
                for (std::size_t t = 0; t < tiles;) {
                    std::size_t const rows = next_tile(tiles - t);
                    tile_operand<T> const left{v + position * v_position + t * stride, stride, 0, 1, p.channels};
                    compute_tile<multiply_add>(rows, vectors, left, u, static_cast<T const*>(nullptr), m + position * m_position + t * width, width, width);
                    t += rows;
                }
            }
            for (std::size_t c = 0; c < vectors; ++c) {
                std::size_t const o = panel * width + c * V::size;
                if (o >= p.outputs)
                    break;
                V const start = V::load_unaligned(padded_bias + o);
                each_tile([&](std::size_t t, std::size_t image, std::size_t ty, std::size_t tx) {
                    std::size_t const oy = ty * W::outputs, ox = tx * W::outputs, image_rows = images > 1 ? p.out_height : 0;
                    detail::transform_output_tile<W>(m + t * width + c * V::size, m_position, start,
                                                     rows_start + (image * image_rows + oy) * out_row + ox * p.outputs + o, out_row, p.outputs,
                                                     p.out_height - (first_tile_row * W::outputs + oy), columns - ox, p.outputs - o);
                });
            }
        }
        if (sink && p.splits == 1)
            sink.take(sink.context, block, first_row_of(block), rows_of(block), rows_start);
    });
    if (sink && p.splits > 1)
        parallel_for(p.blocks, [&](std::size_t block) {
            sink.take(sink.context, block, first_row_of(block), rows_of(block), y + first_row_of(block) * out_row);
        });
}

} // namespace trine::kernels
