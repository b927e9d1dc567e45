#pragma once

/// Strips: padded rows of an image that stay in cache while they are convolved.

#include <algorithm>
#include <cstddef>

#include "convolution_shape.hpp"
#include "register_tile.hpp"

namespace trine::kernels::detail {

// Output pixel (r, q) sees the input window whose upper left corner is (r·step + top, q·step + left), in `channels` of
// each pixel's `pixel` scalars.
struct strip_plan {
    std::ptrdiff_t top, left;
    std::size_t step, kernel_height, kernel_width;
    std::size_t in_height, in_width, channels, pixel;
    std::size_t out_rows, out_cols;

    std::size_t strip_width() const { return (out_cols - 1) * step + kernel_width; }
    std::size_t strip_rows(std::size_t rows) const { return (rows - 1) * step + kernel_height; }
    // Scalars from one pixel of a strip to the next. A tile reads the same channel of many pixels at once: pixels a
    // multiple of 2 KiB apart would fight for the same lines of the first cache, so those of a 1×1 kernel get
    // gaps. (The run of a wider kernel has to stay contiguous.)
    std::size_t strip_pixel() const {
        return kernel_height == 1 && kernel_width == 1 && channels % 512 == 0 ? channels + 16 : channels;
    }
    // Whether windows never leave the image and can be read where they are.
    bool inside() const {
        return channels == pixel && strip_pixel() == pixel && top >= 0 && left >= 0 &&
               static_cast<std::size_t>(top) + strip_rows(out_rows) <= in_height &&
               static_cast<std::size_t>(left) + strip_width() <= in_width;
    }
    // Whether the windows of one row after the other are as regular as those within a row.
    bool is_flat() const {
        return kernel_height == 1 && kernel_width == 1 && step == 1 && top == 0 && left == 0 && out_cols == in_width;
    }
    // Output rows a work item takes: the strip fits a small L2 and what becomes of it twice that, and a single image
    // still makes some eight items. Half of that took 8 % longer where other programs used the third cache. Even, for
    // pooling's sake.
    std::size_t rows_per_item(std::size_t scalar_size, std::size_t batch, std::size_t outputs) const {
        std::size_t const row_bytes = strip_width() * channels * scalar_size * step,
                          out_bytes = out_cols * outputs * scalar_size;
        std::size_t rows = std::max<std::size_t>(1, std::min(256 * 1024 / row_bytes, 512 * 1024 / out_bytes));
        if (batch < 16)
            rows = std::min(rows, (out_rows + 7) / 8);
        return std::clamp<std::size_t>((rows + 1) / 2 * 2, 1, out_rows);
    }
    std::size_t strip_size(std::size_t rows) const {
        return inside() ? 0 : strip_rows(rows) * strip_width() * strip_pixel();
    }
};

template <class T>
struct strip {
    T const* data;
    std::size_t row_stride;
};

// The input rows under output rows first … first+rows−1, copied with their zero padding unless they need none. `image`
// points to the first channel taken.
template <class T>
strip<T> load_strip(strip_plan const& plan, T const* image, std::size_t first, std::size_t rows, T* scratch) {
    std::size_t const c = plan.channels, pixel_stride = plan.strip_pixel(), in_row = plan.in_width * plan.pixel;
    if (plan.inside())
        return {image + (first * plan.step + static_cast<std::size_t>(plan.top)) * in_row +
                    static_cast<std::size_t>(plan.left) * c,
                in_row};
    std::size_t const width = plan.strip_width(), row = width * pixel_stride;
    auto const signed_width = static_cast<std::ptrdiff_t>(plan.in_width);
    std::size_t const before = std::min(width, static_cast<std::size_t>(std::max<std::ptrdiff_t>(-plan.left, 0)));
    std::ptrdiff_t const from = std::max<std::ptrdiff_t>(plan.left, 0);
    auto const copied =
        std::min(width - before, static_cast<std::size_t>(std::max<std::ptrdiff_t>(signed_width - from, 0)));
    T* to = scratch;
    for (std::size_t r = 0; r < plan.strip_rows(rows); ++r, to += row) {
        std::ptrdiff_t const y = static_cast<std::ptrdiff_t>(first * plan.step + r) + plan.top;
        if (y < 0 || y >= static_cast<std::ptrdiff_t>(plan.in_height)) {
            std::fill_n(to, row, T(0));
            continue;
        }
        std::fill_n(to, before * pixel_stride, T(0));
        T const* const source =
            image + static_cast<std::size_t>(y) * in_row + static_cast<std::size_t>(from) * plan.pixel;
        if (c == plan.pixel && c == pixel_stride)
            std::copy_n(source, copied * c, to + before * c);
        else
            for (std::size_t q = 0; q < copied; ++q)
                std::copy_n(source + q * plan.pixel, c, to + (before + q) * pixel_stride);
        std::fill(to + (before + copied) * pixel_stride, to + row, T(0));
    }
    return {scratch, row};
}

// Where output pixels go: (r, q) at base + r·row_stride + q·col_stride.
struct pixel_grid {
    std::size_t base, row_stride, col_stride;
};

// What of the input comes after that of some output rows: the next strip is fetched from there into the second cache
// while this one is multiplied. Nothing where there are groups, or no strips.
template <class T>
struct input_ahead {
    T const* at = nullptr;
    std::size_t size = 0;

    input_ahead() = default;
    // Images lie one behind the other, so what comes after an image's last rows are the next one's first.
    input_ahead(strip_plan const& plan, std::size_t batch, T const* images, std::size_t image, std::size_t first,
                std::size_t rows) {
        if (plan.inside() || plan.channels != plan.pixel)
            return;
        std::size_t const row = plan.in_width * plan.pixel;
        auto const end = std::clamp<std::ptrdiff_t>(
            static_cast<std::ptrdiff_t>(first * plan.step + plan.strip_rows(rows)) + plan.top, 0,
            static_cast<std::ptrdiff_t>(plan.in_height));
        std::size_t const from = (image * plan.in_height + static_cast<std::size_t>(end)) * row;
        at = images + from, size = std::min(rows * plan.step * row, batch * plan.in_height * row - from);
    }
};

template <class T>
void convolve_rows(strip_plan const& plan, strip<T> const& source, std::size_t rows, T const* panels, T const* bias,
                   std::size_t outputs, T* out, pixel_grid const& grid, input_ahead<T> ahead = {}) {
    std::size_t const c = plan.strip_pixel(), run = plan.kernel_width * plan.channels;
    std::size_t const vectors = panel_vectors<T>(outputs), width = panel_width<T>(outputs);
    std::size_t const panel_size = plan.kernel_height * run * width;
    bool const flat = plan.is_flat() && grid.row_stride == plan.out_cols * grid.col_stride;
    std::size_t const lines = flat ? 1 : rows, line = flat ? rows * plan.out_cols : plan.out_cols,
                      count = panel_count<T>(outputs);
    // Panels that all fit the first cache are taken tile by tile, so that a tile's input is read once; larger ones stay
    // there one at a time.
    std::size_t const together = count * panel_size * sizeof(T) <= 20 * 1024 ? count : 1;
    // What comes next is fetched while the last panels are multiplied: the ones after them would drive it out of the
    // second cache again.
    std::size_t const late = count - (count + 7) / 8,
                      tiles = (count - late) * lines * ((line + tile_rows - 1) / tile_rows),
                      share = (ahead.size + tiles - 1) / tiles;
    for (std::size_t first = 0; first < count; first += together)
        for (std::size_t r = 0; r < lines; ++r) {
            T const* window = source.data + r * plan.step * source.row_stride;
            T* to = out + grid.base + r * grid.row_stride;
            for (std::size_t q = 0; q < line;) {
                std::size_t const tile = next_tile(line - q);
                tile_operand<T> left{window + q * plan.step * c, plan.step * c, source.row_stride, plan.kernel_height,
                                     run};
                for (std::size_t panel = first; panel < first + together; ++panel) {
                    std::size_t const o = panel * width;
                    // What is read in place comes from memory: the next tile's pixels, shared out among this one's
                    // panels.
                    if (flat && first == 0 && plan.inside() && q + tile < line)
                        left.next = left.first + tile * c + panel * tile * c / together,
                        left.next_size = tile * c / together;
                    else if (ahead.size > 0 && panel >= late) {
                        left.next = ahead.at, left.next_size = std::min(share, ahead.size);
                        ahead.at += left.next_size, ahead.size -= left.next_size;
                    }
                    compute_tile<multiply_add>(tile, vectors, left, panels + panel * panel_size,
                                               bias ? bias + o : nullptr, to + q * grid.col_stride + o, grid.col_stride,
                                               outputs - o);
                }
                q += tile;
            }
        }
}

inline strip_plan forward_plan(convolution_shape const& s) {
    auto const pad = -static_cast<std::ptrdiff_t>(s.padding);
    return {pad,          pad,     s.stride,           s.kernel_height, s.kernel_width,
            s.height,     s.width, s.group_channels(), s.channels,      s.out_height(),
            s.out_width()};
}

// The share of the image whose pixels meet the same taps of a strided kernel, along one axis.
struct phase_axis {
    std::size_t first_pixel, pixels; // pixels first_pixel, first_pixel + stride, …
    std::size_t first_tap, taps;     // taps first_tap, first_tap + stride, …
    std::ptrdiff_t first_row;        // of the gradient that pixel first_pixel's window starts at
};

inline phase_axis phase_of(std::size_t phase, std::size_t size, std::size_t kernel, std::size_t stride,
                           std::size_t padding) {
    phase_axis axis{};
    axis.first_pixel = phase;
    axis.pixels = size > phase ? (size - phase + stride - 1) / stride : 0;
    axis.first_tap = (phase + padding) % stride;
    axis.taps = kernel > axis.first_tap ? (kernel - axis.first_tap + stride - 1) / stride : 0;
    axis.first_row =
        static_cast<std::ptrdiff_t>((phase + padding) / stride) - static_cast<std::ptrdiff_t>(axis.taps) + 1;
    return axis;
}

// Calls body(vertical, horizontal, plan) for each of the stride² phases of a gradient of data; the plan has no taps
// where its pixels meet none.
template <class Body>
void for_each_phase(convolution_shape const& s, Body&& body) {
    for (std::size_t py = 0; py < s.stride; ++py)
        for (std::size_t px = 0; px < s.stride; ++px) {
            auto const v = phase_of(py, s.height, s.kernel_height, s.stride, s.padding),
                       h = phase_of(px, s.width, s.kernel_width, s.stride, s.padding);
            if (v.pixels == 0 || h.pixels == 0)
                continue;
            bool const none = v.taps == 0 || h.taps == 0;
            body(v, h,
                 strip_plan{v.first_row, h.first_row, 1, none ? 0 : v.taps, none ? 0 : h.taps, s.out_height(),
                            s.out_width(), s.group_outputs(), s.outputs, v.pixels, h.pixels});
        }
}

// A panel width of bias for every panel of every group.
template <class T>
void pad_bias(convolution_shape const& s, T const* bias, T* to) {
    std::size_t const each = s.group_outputs(), padded = panel_count<T>(each) * panel_width<T>(each);
    for (std::size_t g = 0; g < s.groups; ++g, to += padded) {
        std::copy_n(bias + g * each, each, to);
        std::fill(to + each, to + padded, T(0));
    }
}

} // namespace trine::kernels::detail
