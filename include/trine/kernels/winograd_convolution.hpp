#pragma once

/// Convolution of stride 1 by Winograd's transforms: forward, and gradient of data as the same with flipped weights.
///
/// Activations are N×H×W×C. A block of tiles is transformed into V (tile²×tiles×C), which stays in L2; for each panel
/// of outputs, tile² matrix products with the transformed weights follow, and the transform back. The products bound it
/// (arithmetic); transforms cost some 15 % at 32 channels, 5 % at 128.

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "convolution_shape.hpp"
#include "register_tile.hpp"
#include "winograd.hpp"
#include "winograd_plan.hpp"

namespace trine::kernels {

/// Transforms weights for `winograd_convolution`: tile² positions × panels × channels × panel width.
///
/// @param w        K×K×C×`outputs`, those from `first_output` on
/// @param flipped  whether to turn the kernel around
/// @param some     the panels to transform
template <class W, class T>
void winograd_weights(winograd_plan const& p, T const* w, std::size_t first_output, std::size_t outputs, bool flipped,
                      T* out, panel_range const& some) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile, r = W::kernel;
    std::size_t const channels = p.channels;
    std::size_t const width = panel_width<T>(p.outputs), position = p.weights_position<T>(some),
                      vectors = panel_vectors<T>(p.outputs);
    parallel_blocks(channels, 8, [&](std::size_t first, std::size_t last) {
        for (std::size_t c = first; c < last; ++c)
            for (std::size_t v = some.first * vectors; v < some.last * vectors; ++v) {
                std::size_t const o = v * V::size, left = o < p.outputs ? p.outputs - o : 0;
                T* const to = out + ((o / width - some.first) * channels + c) * width + o % width;
                detail::transform_square<r, n, V>(
                    [&](std::size_t i, std::size_t j) __attribute__((always_inline)) {
                        std::size_t const tap = flipped ? (r - 1 - i) * r + r - 1 - j : i * r + j;
                        return left > 0 ? load_first(w + (tap * channels + c) * outputs + o - first_output, left)
                                        : V(T(0));
                    },
                    [](auto const& in, auto& u) __attribute__((always_inline)) { W::weights(in, u); },
                    [&](std::size_t i, std::size_t j, V const& u)
                        __attribute__((always_inline)) { u.store_unaligned(to + (i * n + j) * position); });
            }
    });
}

/// What becomes of an output while it is in a register.
enum class output_finish {
    none,
    rectified,           ///< max(y, 0)
    rectified_and_pooled ///< the same, and the largest of each 2×2; a last odd row or column is left out
};

namespace detail {

// Transforms one tile of an image: the n×n pixels from (y, x) on, which may lie outside, over all channels. `store(i,
// j, c, value)` takes the result, or with `some_rows` those rows of it.
template <class W, class T, class Load, class Store, class... Rows>
[[gnu::always_inline]] inline void transform_input_channels(std::size_t channels, Load&& load, Store&& store,
                                                            Rows const&... rows) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile;
    for (std::size_t c = 0; c < channels; c += V::size)
        transform_square<n, n, V>(
            rows..., [&](std::size_t i, std::size_t j) __attribute__((always_inline)) { return load(i, j, c); },
            [](auto const& in, auto& t) __attribute__((always_inline)) { W::input(in, t); },
            [&](std::size_t i, std::size_t j, V const& t) __attribute__((always_inline)) { store(i, j, c, t); });
}

// V of one tile, or some rows of it: position p at `to` + p·position_stride, channels rounded up to whole vectors.
template <class W, class T, class... Rows>
void transform_input_tile(T const* image, std::size_t height, std::size_t width, std::size_t channels, std::ptrdiff_t y,
                          std::ptrdiff_t x, T* to, std::size_t position_stride, Rows const&... rows) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile;
    auto const store = [&](std::size_t i, std::size_t j, std::size_t c, V const& t) __attribute__((always_inline)) {
        t.store_unaligned(to + (i * n + j) * position_stride + c);
    };
    bool const inside = y >= 0 && x >= 0 && y + static_cast<std::ptrdiff_t>(n) <= static_cast<std::ptrdiff_t>(height) &&
                        x + static_cast<std::ptrdiff_t>(n) <= static_cast<std::ptrdiff_t>(width);
    if (inside && channels % V::size == 0) {
        T const* const corner = image + (static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)) * channels;
        transform_input_channels<W, T>(
            channels,
            [&](std::size_t i, std::size_t j, std::size_t c)
                __attribute__((always_inline)) { return V::load_unaligned(corner + (i * width + j) * channels + c); },
            store, rows...);
        return;
    }
    T const* pixels[n * n];
    for (std::size_t k = 0; k < n * n; ++k) {
        std::ptrdiff_t const py = y + static_cast<std::ptrdiff_t>(k / n), px = x + static_cast<std::ptrdiff_t>(k % n);
        bool const exists =
            py >= 0 && px >= 0 && py < static_cast<std::ptrdiff_t>(height) && px < static_cast<std::ptrdiff_t>(width);
        pixels[k] =
            exists ? image + (static_cast<std::size_t>(py) * width + static_cast<std::size_t>(px)) * channels : nullptr;
    }
    transform_input_channels<W, T>(
        channels,
        [&](std::size_t i, std::size_t j, std::size_t c) __attribute__((always_inline)) {
            T const* const from = pixels[i * n + j];
            return from ? load_first(from + c, channels - c) : V(T(0));
        },
        store, rows...);
}

// Transforms one vector of outputs of one tile back, finishes them and stores the pixels that exist: `rows` and `cols`
// of them before pooling. The strides are those of what is stored.
template <class W, class T>
void transform_output_tile(T const* m, std::size_t position_stride, simd<T> const& bias, T* to, std::size_t row_stride,
                           std::size_t col_stride, std::size_t rows, std::size_t cols, std::size_t outputs,
                           output_finish finish) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile, k = W::outputs;
    static_assert(k % 2 == 0); // so that no window of 2×2 is shared between tiles
    auto const load = [&](std::size_t i, std::size_t j) __attribute__((always_inline)) {
        return V::load_unaligned(m + (i * n + j) * position_stride);
    };
    auto const one = [](auto const& in, auto& y) __attribute__((always_inline)) { W::output(in, y); };
    if (finish == output_finish::rectified_and_pooled) {
        V largest[k / 2];
        transform_square<n, k, V>(
            load, one, [&](std::size_t i, std::size_t j, V const& y) __attribute__((always_inline)) {
                V& window = largest[j / 2];
                window = i % 2 == 0 && j % 2 == 0 ? at_least(V(T(0)), y + bias) : larger_or_nan(window, y + bias);
                if (i % 2 == 1 && j % 2 == 1 && i < rows && j < cols)
                    store_first(to + i / 2 * row_stride + j / 2 * col_stride, window, outputs);
            });
        return;
    }
    V const floor = finish == output_finish::none ? V(-std::numeric_limits<T>::infinity()) : V(T(0));
    if (rows >= k && cols >= k && outputs >= V::size)
        transform_square<n, k, V>(
            load, one, [&](std::size_t i, std::size_t j, V const& y) __attribute__((always_inline)) {
                at_least(floor, y + bias).store_unaligned(to + i * row_stride + j * col_stride);
            });
    else
        transform_square<n, k, V>(
            load, one, [&](std::size_t i, std::size_t j, V const& y) __attribute__((always_inline)) {
                if (i < rows && j < cols)
                    store_first(to + i * row_stride + j * col_stride, at_least(floor, y + bias), outputs);
            });
}

// V of some images of a block, or of all its rows of one.
template <class W, class T>
void transform_block(winograd_plan const& p, T const* x, winograd_block const& b, std::size_t first_image,
                     std::size_t last_image, T* v) {
    std::size_t t = first_image * b.tile_rows * p.tiles_x;
    auto const pad = static_cast<std::ptrdiff_t>(p.padding);
    for (std::size_t image = first_image; image < last_image; ++image)
        for (std::size_t ty = 0; ty < b.tile_rows; ++ty)
            for (std::size_t tx = 0; tx < p.tiles_x; ++tx, ++t)
                transform_input_tile<W>(x + (b.first_image + image) * p.height * p.width * p.channels, p.height,
                                        p.width, p.channels,
                                        static_cast<std::ptrdiff_t>((b.first_tile_row + ty) * W::outputs) - pad,
                                        static_cast<std::ptrdiff_t>(tx * W::outputs) - pad,
                                        v + t * p.template v_stride<T>(), p.template v_position<T>());
}

// The same of all blocks, one behind the other.
template <class W, class T>
void transform_blocks(winograd_plan const& p, T const* x, T* v) {
    parallel_for(p.batch * p.blocks_per_image, [&](std::size_t i) {
        std::size_t const block = i / p.images_per_block, image = i % p.images_per_block;
        transform_block<W>(p, x, p.block(block), image, image + 1, v + block * p.v_size<T>());
    });
}

} // namespace detail

/// Scalars of scratch that `winograd_convolution` needs for all threads together.
template <class T>
std::size_t winograd_scratch(winograd_plan const& p, std::size_t threads, bool sink_only, bool transforms = true) {
    return threads * p.thread_scratch<T>(sink_only, transforms) +
           panel_width<T>(p.outputs) * panel_count<T>(p.outputs) +
           (sink_only && p.splits > 1 ? p.batch * p.out_height * p.out_width * p.outputs : 0);
}

/// y = x ∗ w + bias with transformed weights.
///
/// @param x        N×H×W×C
/// @param weights  of `winograd_weights` for the same panels
/// @param bias     O, or null
/// @param y        N×OH×OW×O, or where it is pooled N×⌊OH/2⌋×⌊OW/2⌋×O; may be null when the sink takes all
/// @param sink     is told of blocks once the last panel is done; none where the output is finished here
/// @param some     the panels of outputs to compute; fewer than all only where y is not null
/// @param tiles_of_blocks  V of all blocks, where it is there already
/// @param finish   what becomes of the output before it is written
template <class W, class T>
void winograd_convolution(winograd_plan const& p, T const* x, T const* weights, T const* bias, T* y, T* scratch,
                          row_sink<T> const& sink, panel_range const& some, T const* tiles_of_blocks = nullptr,
                          output_finish finish = output_finish::none) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile, positions = n * n;
    assert(!sink || finish == output_finish::none);
    std::size_t const width = panel_width<T>(p.outputs), panels = panel_count<T>(p.outputs),
                      vectors = panel_vectors<T>(p.outputs);
    // A block is whole at the end of its item only where that computes all panels.
    bool const at_once = p.splits == 1 && some.count() == panels;
    std::size_t const weights_position = p.weights_position<T>(some);
    std::size_t const stride = p.v_stride<T>(), v_position = p.v_position<T>(), m_position = p.m_position<T>(),
                      per_thread = p.thread_scratch<T>(sink.only, !tiles_of_blocks);
    // One pixel of the output for each 2×2, where they are pooled.
    std::size_t const pool = finish == output_finish::rectified_and_pooled ? 2 : 1;
    std::size_t const out_row = p.out_width / pool * p.outputs;
    T* const padded_bias = scratch;
    std::fill_n(padded_bias, panels * width, T(0));
    if (bias)
        std::copy_n(bias, p.outputs, padded_bias);
    T* const threads = scratch + panels * width;
    if (sink.only && p.splits > 1)
        y = threads + thread_count() * per_thread;
    auto const sink_block = [&](std::size_t block, winograd_block const& b, T* rows) {
        sink.take(sink.context, block, p.first_row(b), p.rows(b), rows);
    };
    // A thread that takes another item of the block it had has V already.
    std::vector<std::size_t> transformed(p.splits > 1 && !tiles_of_blocks ? thread_count() : 0, p.blocks);
    parallel_for(p.blocks * p.splits, [&](std::size_t item) {
        std::size_t const block = item / p.splits, split = item % p.splits;
        std::size_t const first_panel = some.first + some.count() * split / p.splits,
                          last_panel = some.first + some.count() * (split + 1) / p.splits;
        winograd_block const b = p.block(block);
        std::size_t const tiles = b.images * b.tile_rows * p.tiles_x;
        T* const own = threads + thread_index() * per_thread;
        T* const m = own + (tiles_of_blocks ? 0 : p.v_size<T>());
        T const* const v = tiles_of_blocks ? tiles_of_blocks + block * p.v_size<T>() : own;
        if (!tiles_of_blocks && (p.splits == 1 || std::exchange(transformed[thread_index()], block) != block))
            detail::transform_block<W>(p, x, b, 0, b.images, own);
        T* const rows_start =
            sink.only && at_once
                ? m + positions * m_position
                : y + (b.first_image * (p.out_height / pool) + b.first_tile_row * W::outputs / pool) * out_row;
        auto const each_tile = [&](auto&& body) __attribute__((always_inline)) {
            std::size_t t = 0;
            for (std::size_t image = 0; image < b.images; ++image)
                for (std::size_t ty = 0; ty < b.tile_rows; ++ty)
                    for (std::size_t tx = 0; tx < p.tiles_x; ++tx, ++t)
                        body(t, image, ty, tx);
        };
        for (std::size_t panel = first_panel; panel < last_panel; ++panel) {
            for (std::size_t position = 0; position < positions; ++position) {
                T const* const u = weights + position * weights_position + (panel - some.first) * p.channels * width;
                for (std::size_t t = 0; t < tiles;) {
                    std::size_t const rows = next_tile(tiles - t);
                    tile_operand<T> const left{v + position * v_position + t * stride, stride, 0, 1, p.channels};
                    compute_tile<multiply_add>(rows, vectors, left, u, static_cast<T const*>(nullptr),
                                               m + position * m_position + t * width, width, width);
                    t += rows;
                }
            }
            for (std::size_t c = 0; c < vectors; ++c) {
                std::size_t const o = panel * width + c * V::size;
                if (o >= p.outputs)
                    break;
                V const start = V::load_unaligned(padded_bias + o);
                each_tile([&](std::size_t t, std::size_t image, std::size_t ty, std::size_t tx) {
                    std::size_t const oy = ty * W::outputs, ox = tx * W::outputs;
                    detail::transform_output_tile<W>(
                        m + t * width + c * V::size, m_position, start,
                        rows_start + (image * (p.out_height / pool) + oy / pool) * out_row + ox / pool * p.outputs + o,
                        out_row, p.outputs, p.out_height - (b.first_tile_row * W::outputs + oy), p.out_width - ox,
                        p.outputs - o, finish);
                });
            }
        }
        if (sink && at_once)
            sink_block(block, b, rows_start);
    });
    if (sink && !at_once && some.last == panels)
        parallel_for(p.blocks, [&](std::size_t block) {
            winograd_block const b = p.block(block);
            sink_block(block, b, y + p.first_row(b) * out_row);
        });
}
/// The same for all panels.
template <class W, class T>
void winograd_convolution(winograd_plan const& p, T const* x, T const* weights, T const* bias, T* y, T* scratch,
                          row_sink<T> const& sink = {}) {
    winograd_convolution<W>(p, x, weights, bias, y, scratch, sink, p.all_panels<T>());
}

/// Scalars of scratch that `winograd_convolution_once` needs for all threads together.
template <class T>
std::size_t winograd_once_scratch(winograd_plan const& p, std::size_t threads) {
    return p.part_size<T>() + (p.parts > 1 ? p.all_tiles_size<T>() : 0) +
           winograd_scratch<T>(p, threads, false, p.parts == 1);
}

/// The same with weights as they are, for one use: they are transformed on the way, in parts where all together would
/// take much memory.
///
/// @param transform  transform(panels, to): `winograd_weights` of some panels
/// @param y          not null
template <class W, class T, class Transform>
void winograd_convolution_once(winograd_plan const& p, T const* x, Transform&& transform, T const* bias, T* y,
                               T* scratch, row_sink<T> const& sink = {}) {
    T* const tiles = scratch + p.part_size<T>();
    if (p.parts > 1)
        detail::transform_blocks<W>(p, x, tiles);
    for (std::size_t i = 0; i < p.parts; ++i) {
        auto const part = p.part<T>(i);
        transform(part, scratch);
        winograd_convolution<W>(p, x, static_cast<T const*>(scratch), bias, y,
                                p.parts > 1 ? tiles + p.all_tiles_size<T>() : tiles, sink, part,
                                static_cast<T const*>(p.parts > 1 ? tiles : nullptr));
    }
}

} // namespace trine::kernels
