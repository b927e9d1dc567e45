#pragma once

/// Convolution of channels-last images: forward and gradient of data, as an implicit matrix product.
///
/// Activations are N×H×W×C, weights KH×KW×C×O. Padded rows are copied into a strip that stays in cache, where the window of an output
/// pixel is one contiguous run of KW·C scalars for each of its KH rows; nothing the size of an im2col matrix is ever written.

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "../core/parallel.hpp"
#include "register_tile.hpp"

namespace trine::kernels {

/// Sizes of a two-dimensional convolution; stride and zero padding are the same for both axes.
struct convolution_shape {
    std::size_t batch, height, width, channels, outputs;
    std::size_t kernel_height, kernel_width, stride, padding;

    constexpr std::size_t out_height() const { return (height + 2 * padding - kernel_height) / stride + 1; }
    constexpr std::size_t out_width() const { return (width + 2 * padding - kernel_width) / stride + 1; }
    constexpr std::size_t depth() const { return kernel_height * kernel_width * channels; }
};

namespace detail {

// Output pixel (r, q) sees the input window whose upper left corner is (r·step + top, q·step + left).
struct strip_plan {
    std::ptrdiff_t top, left;
    std::size_t step, kernel_height, kernel_width;
    std::size_t in_height, in_width, in_channels;
    std::size_t out_rows, out_cols;

    std::size_t strip_width() const { return (out_cols - 1) * step + kernel_width; }
    std::size_t strip_rows(std::size_t rows) const { return (rows - 1) * step + kernel_height; }
    bool inside() const {
        return top >= 0 && left >= 0 && static_cast<std::size_t>(top) + strip_rows(out_rows) <= in_height &&
               static_cast<std::size_t>(left) + strip_width() <= in_width;
    }
    // Output rows a work item takes: the strip fits half of a small L2, and a single image still makes some eight items.
    std::size_t rows_per_item(std::size_t scalar_size, std::size_t batch) const {
        std::size_t const row_bytes = strip_width() * in_channels * scalar_size * step;
        std::size_t rows = std::max<std::size_t>(1, 128 * 1024 / std::max<std::size_t>(row_bytes, 1));
        if (batch < 16)
            rows = std::min(rows, (out_rows + 7) / 8);
        return std::clamp<std::size_t>(rows, 1, out_rows);
    }
    std::size_t strip_size(std::size_t rows) const { return inside() ? 0 : strip_rows(rows) * strip_width() * in_channels; }
};

template <class T>
struct strip {
    T const* data;
    std::size_t row_stride;
};

// The input rows under output rows first … first+rows−1, copied with their zero padding unless they need none.
template <class T>
strip<T> load_strip(strip_plan const& plan, T const* image, std::size_t first, std::size_t rows, T* scratch) {
    std::size_t const c = plan.in_channels, in_row = plan.in_width * c;
    if (plan.inside())
        return {image + (first * plan.step + static_cast<std::size_t>(plan.top)) * in_row + static_cast<std::size_t>(plan.left) * c, in_row};
    std::size_t const width = plan.strip_width(), row = width * c;
    auto const signed_width = static_cast<std::ptrdiff_t>(plan.in_width);
    std::size_t const before = std::min(width, static_cast<std::size_t>(std::max<std::ptrdiff_t>(-plan.left, 0)));
    std::ptrdiff_t const from = std::max<std::ptrdiff_t>(plan.left, 0);
    auto const copied = std::min(width - before, static_cast<std::size_t>(std::max<std::ptrdiff_t>(signed_width - from, 0)));
    T* to = scratch;
    for (std::size_t r = 0; r < plan.strip_rows(rows); ++r, to += row) {
        std::ptrdiff_t const y = static_cast<std::ptrdiff_t>(first * plan.step + r) + plan.top;
        if (y < 0 || y >= static_cast<std::ptrdiff_t>(plan.in_height)) {
            std::fill_n(to, row, T(0));
            continue;
        }
        std::fill_n(to, before * c, T(0));
        std::copy_n(image + static_cast<std::size_t>(y) * in_row + static_cast<std::size_t>(from) * c, copied * c, to + before * c);
        std::fill(to + (before + copied) * c, to + row, T(0));
    }
    return {scratch, row};
}

// Where output pixels go: (r, q) at base + r·row_stride + q·col_stride.
struct pixel_grid {
    std::size_t base, row_stride, col_stride;
};

template <class T>
void convolve_rows(strip_plan const& plan, strip<T> const& source, std::size_t first, std::size_t rows, T const* panels, T const* bias,
                   std::size_t outputs, T* out, pixel_grid const& grid) {
    std::size_t const c = plan.in_channels, run = plan.kernel_width * c;
    std::size_t const vectors = panel_vectors<T>(outputs), width = panel_width<T>(outputs);
    std::size_t const panel_size = plan.kernel_height * run * width;
    for (std::size_t o = 0; o < outputs; o += width, panels += panel_size) {
        for (std::size_t r = 0; r < rows; ++r) {
            T const* window = source.data + r * plan.step * source.row_stride;
            T* to = out + grid.base + (first + r) * grid.row_stride + o;
            for (std::size_t q = 0; q < plan.out_cols;) {
                std::size_t const tile = next_tile(plan.out_cols - q);
                tile_operand<T> const left{window + q * plan.step * c, plan.step * c, source.row_stride, plan.kernel_height, run};
                compute_tile<multiply_add>(tile, vectors, left, panels, bias ? bias + o : nullptr, to + q * grid.col_stride, grid.col_stride,
                                           outputs - o);
                q += tile;
            }
        }
    }
}

inline strip_plan forward_plan(convolution_shape const& s) {
    auto const pad = -static_cast<std::ptrdiff_t>(s.padding);
    return {pad, pad, s.stride, s.kernel_height, s.kernel_width, s.height, s.width, s.channels, s.out_height(), s.out_width()};
}

// The share of the image whose pixels meet the same taps of a strided kernel, along one axis.
struct phase_axis {
    std::size_t first_pixel, pixels; // pixels first_pixel, first_pixel + stride, …
    std::size_t first_tap, taps;     // taps first_tap, first_tap + stride, …
    std::ptrdiff_t first_row;        // of the gradient that pixel first_pixel's window starts at
};

inline phase_axis phase_of(std::size_t phase, std::size_t size, std::size_t kernel, std::size_t stride, std::size_t padding) {
    phase_axis axis{};
    axis.first_pixel = phase;
    axis.pixels = size > phase ? (size - phase + stride - 1) / stride : 0;
    axis.first_tap = (phase + padding) % stride;
    axis.taps = kernel > axis.first_tap ? (kernel - axis.first_tap + stride - 1) / stride : 0;
    axis.first_row = static_cast<std::ptrdiff_t>((phase + padding) / stride) - static_cast<std::ptrdiff_t>(axis.taps) + 1;
    return axis;
}

} // namespace detail

/// Scalars of scratch that `convolution_forward` needs for all threads together.
template <class T>
std::size_t convolution_forward_scratch(convolution_shape const& s, std::size_t threads) {
    auto const plan = detail::forward_plan(s);
    return panel_count<T>(s.outputs) * panel_width<T>(s.outputs) * (s.depth() + 1) +
           threads * plan.strip_size(plan.rows_per_item(sizeof(T), s.batch));
}

/// y = x ∗ w + bias.
///
/// Bounded by arithmetic from some 16 input channels on; below that by the loads and stores of the output.
///
/// @param x     N×H×W×C
/// @param w     KH×KW×C×O
/// @param bias  O, or null
/// @param y     N×OH×OW×O
template <class T>
void convolution_forward(convolution_shape const& s, T const* x, T const* w, T const* bias, T* y, T* scratch) {
    auto const plan = detail::forward_plan(s);
    std::size_t const padded = panel_count<T>(s.outputs) * panel_width<T>(s.outputs);
    T* const panels = scratch;
    T* const padded_bias = panels + padded * s.depth();
    T* const strips = padded_bias + padded;
    pack_panels(s.depth(), s.outputs, panels, [&](std::size_t k, std::size_t o) { return w[k * s.outputs + o]; });
    if (bias) {
        std::copy_n(bias, s.outputs, padded_bias);
        std::fill(padded_bias + s.outputs, padded_bias + padded, T(0));
    }
    std::size_t const rows_per_item = plan.rows_per_item(sizeof(T), s.batch);
    std::size_t const items = (plan.out_rows + rows_per_item - 1) / rows_per_item, strip_size = plan.strip_size(rows_per_item);
    std::size_t const out_row = plan.out_cols * s.outputs;
    parallel_for(s.batch * items, [&](std::size_t item) {
        std::size_t const image = item / items, first = item % items * rows_per_item;
        std::size_t const rows = std::min(rows_per_item, plan.out_rows - first);
        auto const source =
            detail::load_strip(plan, x + image * s.height * s.width * s.channels, first, rows, strips + thread_index() * strip_size);
        detail::convolve_rows(plan, source, first, rows, panels, bias ? padded_bias : nullptr, s.outputs, y,
                              {image * plan.out_rows * out_row, out_row, s.outputs});
    });
}

/// Scalars of scratch that `convolution_gradient_data` needs for all threads together.
template <class T>
std::size_t convolution_gradient_data_scratch(convolution_shape const& s, std::size_t threads) {
    std::size_t strips = 0;
    for (std::size_t py = 0; py < s.stride; ++py)
        for (std::size_t px = 0; px < s.stride; ++px) {
            auto const v = detail::phase_of(py, s.height, s.kernel_height, s.stride, s.padding);
            auto const h = detail::phase_of(px, s.width, s.kernel_width, s.stride, s.padding);
            if (v.pixels == 0 || h.pixels == 0 || v.taps == 0 || h.taps == 0)
                continue;
            detail::strip_plan const plan{v.first_row, h.first_row,   1,         v.taps,   h.taps,
                                          s.out_height(), s.out_width(), s.outputs, v.pixels, h.pixels};
            strips = std::max(strips, plan.strip_size(plan.rows_per_item(sizeof(T), s.batch)));
        }
    return panel_count<T>(s.channels) * panel_width<T>(s.channels) * s.kernel_height * s.kernel_width * s.outputs + threads * strips;
}

/// dx = dy ∗ᵀ w: what the loss changes by, for a change of the input.
///
/// A stride s splits the image into s² phases whose pixels meet the same taps; each is a convolution of stride 1 with a part of the
/// flipped kernel, so no product with an inserted zero is ever computed.
///
/// @param dy  N×OH×OW×O
/// @param w   KH×KW×C×O
/// @param dx  N×H×W×C, overwritten
template <class T>
void convolution_gradient_data(convolution_shape const& s, T const* dy, T const* w, T* dx, T* scratch) {
    std::size_t const image_size = s.height * s.width * s.channels, gradient_size = s.out_height() * s.out_width() * s.outputs;
    std::size_t const padded = panel_count<T>(s.channels) * panel_width<T>(s.channels);
    T* const strips = scratch + padded * s.kernel_height * s.kernel_width * s.outputs;
    for (std::size_t py = 0; py < s.stride; ++py)
        for (std::size_t px = 0; px < s.stride; ++px) {
            auto const v = detail::phase_of(py, s.height, s.kernel_height, s.stride, s.padding);
            auto const h = detail::phase_of(px, s.width, s.kernel_width, s.stride, s.padding);
            if (v.pixels == 0 || h.pixels == 0)
                continue;
            detail::pixel_grid const grid{(v.first_pixel * s.width + h.first_pixel) * s.channels, s.stride * s.width * s.channels,
                                          s.stride * s.channels};
            if (v.taps == 0 || h.taps == 0) {
                parallel_for(s.batch, [&](std::size_t image) {
                    for (std::size_t r = 0; r < v.pixels; ++r)
                        for (std::size_t q = 0; q < h.pixels; ++q)
                            std::fill_n(dx + image * image_size + grid.base + r * grid.row_stride + q * grid.col_stride, s.channels, T(0));
                });
                continue;
            }
            pack_panels(v.taps * h.taps * s.outputs, s.channels, scratch, [&](std::size_t k, std::size_t c) {
                std::size_t const o = k % s.outputs, tx = k / s.outputs % h.taps, ty = k / s.outputs / h.taps;
                std::size_t const ky = v.first_tap + (v.taps - 1 - ty) * s.stride, kx = h.first_tap + (h.taps - 1 - tx) * s.stride;
                return w[((ky * s.kernel_width + kx) * s.channels + c) * s.outputs + o];
            });
            detail::strip_plan const plan{v.first_row, h.first_row,   1,         v.taps,   h.taps,
                                          s.out_height(), s.out_width(), s.outputs, v.pixels, h.pixels};
            std::size_t const rows_per_item = plan.rows_per_item(sizeof(T), s.batch);
            std::size_t const items = (plan.out_rows + rows_per_item - 1) / rows_per_item, strip_size = plan.strip_size(rows_per_item);
            parallel_for(s.batch * items, [&](std::size_t item) {
                std::size_t const image = item / items, first = item % items * rows_per_item;
                std::size_t const rows = std::min(rows_per_item, plan.out_rows - first);
                auto const source = detail::load_strip(plan, dy + image * gradient_size, first, rows, strips + thread_index() * strip_size);
                detail::convolve_rows<T>(plan, source, first, rows, scratch, nullptr, s.channels, dx + image * image_size, grid);
            });
        }
}

} // namespace trine::kernels
