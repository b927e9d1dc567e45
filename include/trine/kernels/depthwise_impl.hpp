#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include "../core/parallel.hpp"
#include "convolution_shape.hpp"
#include "depthwise_taps.hpp"
#include "simd.hpp"
#include "depthwise.hpp"

namespace trine::kernels {

namespace detail {

inline std::size_t depthwise_rows(convolution_shape const& s, std::size_t scalar_size) {
    std::size_t const row_bytes = s.width * s.channels * scalar_size * s.stride;
    std::size_t rows = std::max<std::size_t>(2, 256 * 1024 / row_bytes);
    if (s.batch < 16)
        rows = std::min(rows, (s.out_height() + 7) / 8);
    return std::clamp<std::size_t>((rows + 1) / 2 * 2, 1, s.out_height());
}

// `Pixels` outputs of a row, whose windows start `step` scalars apart at x; the taps given lie inside the image for all
// of them. A `Kernel` known at compile time says that all its columns are taken.
template <std::size_t Pixels, std::size_t Kernel, class T>
[[gnu::always_inline]] inline void depthwise_pixels(T const* x, std::size_t in_row, std::size_t step,
                                                    std::size_t channels, tap_range ky, tap_range kx,
                                                    std::size_t kernel, T const* w, T const* bias, T* y) {
    using V = simd<T>;
    each_channel_vector<T>(
        channels, [&](std::size_t c, auto const& load, auto const& store) __attribute__((always_inline)) {
            V acc[Pixels];
            V const start = bias ? load(bias + c) : V(T(0));
            TRINE_UNROLL
            for (std::size_t p = 0; p < Pixels; ++p)
                acc[p] = start;
            for (std::size_t i = ky.first; i < ky.last; ++i) {
                auto const tap = [&](std::size_t j) __attribute__((always_inline)) {
                    T const* const from = x + i * in_row + j * channels + c;
                    V const weight = load(w + (i * kernel + j) * channels + c);
                    TRINE_UNROLL
                    for (std::size_t p = 0; p < Pixels; ++p)
                        acc[p] = fma(load(from + p * step), weight, acc[p]);
                };
                if constexpr (Kernel > 0) {
                    TRINE_UNROLL
                    for (std::size_t j = 0; j < Kernel; ++j)
                        tap(j);
                } else
                    for (std::size_t j = kx.first; j < kx.last; ++j)
                        tap(j);
            }
            TRINE_UNROLL
            for (std::size_t p = 0; p < Pixels; ++p)
                store(y + p * channels + c, acc[p]);
        });
}

// Which columns of the image a tile of 3×3 windows looks beyond.
enum class tile_edge { none, left, right, both };

// Two rows of `depthwise_tile` outputs with 3×3 windows of stride 1. A value that is loaded serves all windows it lies
// in, up to six: that makes it bound by arithmetic, not by loads. Of the input's rows only those from `first_row` to
// before `last_row` are inside the image. Sums are in the order of `depthwise_pixels`: same bits.
template <tile_edge Edge, class T>
[[gnu::always_inline]] inline void depthwise_tile_3x3(T const* x, std::size_t in_row, std::size_t channels,
                                                      std::size_t first_row, std::size_t last_row, T const* w,
                                                      T const* bias, T* y, std::size_t out_row) {
    using V = simd<T>;
    constexpr std::size_t rows = 4, columns = depthwise_tile + 2;
    constexpr std::size_t first = Edge == tile_edge::left || Edge == tile_edge::both,
                          last = columns - (Edge == tile_edge::right || Edge == tile_edge::both);
    each_channel_vector<T>(
        channels, [&](std::size_t c, auto const& load, auto const& store) __attribute__((always_inline)) {
            V acc[2][depthwise_tile], weight[3][3];
            V const start = bias ? load(bias + c) : V(T(0));
            TRINE_UNROLL
            for (std::size_t p = 0; p < depthwise_tile; ++p)
                acc[0][p] = acc[1][p] = start;
            TRINE_UNROLL
            for (std::size_t k = 0; k < 9; ++k)
                weight[k / 3][k % 3] = load(w + k * channels + c);
            TRINE_UNROLL
            for (std::size_t r = 0; r < rows; ++r) {
                if (r < first_row || r >= last_row)
                    continue;
                T const* const line = x + r * in_row + c;
                TRINE_UNROLL
                for (std::size_t k = first; k < last; ++k) {
                    V const value = load(line + k * channels);
                    TRINE_UNROLL
                    for (std::size_t o = 0; o < 2; ++o) {
                        TRINE_UNROLL
                        for (std::size_t p = 0; p < depthwise_tile; ++p)
                            if (r >= o && r < o + 3 && k >= p && k < p + 3)
                                acc[o][p] = fma(value, weight[r - o][k - p], acc[o][p]);
                    }
                }
            }
            TRINE_UNROLL
            for (std::size_t p = 0; p < 2 * depthwise_tile; ++p)
                store(y + p / depthwise_tile * out_row + p % depthwise_tile * channels + c,
                      acc[p / depthwise_tile][p % depthwise_tile]);
        });
}

// Two whole rows of outputs, the first of which starts `top` rows below the image's first.
template <class T>
void depthwise_two_rows(convolution_shape const& s, T const* image, std::ptrdiff_t top, T const* w, T const* bias, T* y,
                        std::size_t out_row) {
    std::size_t const in_row = s.width * s.channels, last_tile = s.out_width() - depthwise_tile;
    auto const rows = taps_inside(top, 4, s.height);
    T const* const line = image + top * static_cast<std::ptrdiff_t>(in_row);
    for (std::size_t q = 0; q < s.out_width(); q += depthwise_tile) {
        q = std::min(q, last_tile); // the last tile may compute some of its neighbour's pixels once more
        auto const at = static_cast<std::ptrdiff_t>(q) - static_cast<std::ptrdiff_t>(s.padding);
        bool const beyond_left =
            at<0, beyond_right = at + static_cast<std::ptrdiff_t>(depthwise_tile + 2)> static_cast<std::ptrdiff_t>(
                s.width);
        T const* const from = line + at * static_cast<std::ptrdiff_t>(s.channels);
        auto const tile = [&]<tile_edge Edge>(std::integral_constant<tile_edge, Edge>) {
            depthwise_tile_3x3<Edge>(from, in_row, s.channels, rows.first, rows.last, w, bias, y + q * s.channels,
                                     out_row);
        };
        if (beyond_left && beyond_right)
            tile(std::integral_constant<tile_edge, tile_edge::both>{});
        else if (beyond_left)
            tile(std::integral_constant<tile_edge, tile_edge::left>{});
        else if (beyond_right)
            tile(std::integral_constant<tile_edge, tile_edge::right>{});
        else
            tile(std::integral_constant<tile_edge, tile_edge::none>{});
    }
}

} // namespace detail

template <class T>
std::size_t depthwise_rows_per_block(convolution_shape const& s) {
    return detail::depthwise_rows(s, sizeof(T));
}

template <class T>
void depthwise_forward(convolution_shape const& s, T const* x, T const* w, T const* bias, T* y, T* scratch,
                       row_sink<T> const& sink) {
    std::size_t const rows_per_item = detail::depthwise_rows(s, sizeof(T)),
                      items = (s.out_height() + rows_per_item - 1) / rows_per_item;
    std::size_t const in_row = s.width * s.channels, out_row = s.out_width() * s.channels, step = s.stride * s.channels;
    auto const pad = static_cast<std::ptrdiff_t>(s.padding);
    bool const tiles = detail::depthwise_tiles_fit(s);
    parallel_for(s.batch * items, [&](std::size_t item) {
        std::size_t const image = item / items, first = item % items * rows_per_item,
                          rows = std::min(rows_per_item, s.out_height() - first);
        std::size_t const row = image * s.out_height() + first;
        T* const to = sink.only ? scratch + thread_index() * rows_per_item * out_row : y + row * out_row;
        for (std::size_t r = 0; r < rows; ++r) {
            if (tiles && rows >= 2) {
                r = std::min(r, rows - 2); // the last two may compute one of their neighbours' once more
                detail::depthwise_two_rows(s, x + image * s.height * in_row,
                                           static_cast<std::ptrdiff_t>(first + r) - pad, w, bias, to + r * out_row,
                                           out_row);
                ++r;
                continue;
            }
            auto const top = static_cast<std::ptrdiff_t>((first + r) * s.stride) - pad;
            auto const ky = detail::taps_inside(top, s.kernel_height, s.height);
            T const* const line = x + image * s.height * in_row + top * static_cast<std::ptrdiff_t>(in_row);
            for (std::size_t q = 0; q < s.out_width();) {
                auto const left = static_cast<std::ptrdiff_t>(q * s.stride) - pad;
                T const* const from = line + left * static_cast<std::ptrdiff_t>(s.channels);
                T* const out = to + r * out_row + q * s.channels;
                bool const inside =
                    left >= 0 && q + detail::depthwise_tile <= s.out_width() &&
                    static_cast<std::size_t>(left) + (detail::depthwise_tile - 1) * s.stride + s.kernel_width <=
                        s.width;
                if (inside) {
                    if (s.kernel_width == 3)
                        detail::depthwise_pixels<detail::depthwise_tile, 3>(from, in_row, step, s.channels, ky, {0, 3},
                                                                            3, w, bias, out);
                    else
                        detail::depthwise_pixels<detail::depthwise_tile, 0>(
                            from, in_row, step, s.channels, ky, {0, s.kernel_width}, s.kernel_width, w, bias, out);
                    q += detail::depthwise_tile;
                } else {
                    detail::depthwise_pixels<1, 0>(from, in_row, step, s.channels, ky,
                                                   detail::taps_inside(left, s.kernel_width, s.width), s.kernel_width,
                                                   w, bias, out);
                    ++q;
                }
            }
        }
        if (sink)
            sink.take(sink.context, item, row, rows, to);
    });
}

template <class T>
void depthwise_gradient_data(convolution_shape const& s, T const* dy, T const* w, T* dx, T* scratch) {
    std::size_t const taps = s.kernel_height * s.kernel_width;
    if (s.stride == 1 && s.padding < s.kernel_height && s.kernel_height == s.kernel_width) {
        // The same again, with the kernel turned around.
        for (std::size_t k = 0; k < taps; ++k)
            std::copy_n(w + k * s.channels, s.channels, scratch + (taps - 1 - k) * s.channels);
        convolution_shape turned = s;
        turned.height = s.out_height(), turned.width = s.out_width(), turned.padding = s.kernel_height - 1 - s.padding;
        depthwise_forward<T>(turned, dy, scratch, nullptr, dx, nullptr);
        return;
    }
    std::size_t const out_row = s.out_width() * s.channels;
    parallel_for(s.batch * s.height, [&](std::size_t item) {
        std::size_t const image = item / s.height, y = item % s.height;
        for (std::size_t x = 0; x < s.width; ++x) {
            T* const to = dx + (item * s.width + x) * s.channels;
            std::fill_n(to, s.channels, T(0));
            for (std::size_t ky = (y + s.padding) % s.stride; ky < s.kernel_height && ky <= y + s.padding;
                 ky += s.stride) {
                std::size_t const oy = (y + s.padding - ky) / s.stride;
                if (oy >= s.out_height())
                    continue;
                for (std::size_t kx = (x + s.padding) % s.stride; kx < s.kernel_width && kx <= x + s.padding;
                     kx += s.stride) {
                    std::size_t const ox = (x + s.padding - kx) / s.stride;
                    if (ox >= s.out_width())
                        continue;
                    T const* const from = dy + image * s.out_height() * out_row + oy * out_row + ox * s.channels;
                    T const* const weight = w + (ky * s.kernel_width + kx) * s.channels;
                    for (std::size_t c = 0; c < s.channels; ++c)
                        to[c] += from[c] * weight[c];
                }
            }
        }
    });
}

#ifdef TRINE_COMPILED
template std::size_t depthwise_rows_per_block<float>(convolution_shape const& s);
template std::size_t depthwise_rows_per_block<double>(convolution_shape const& s);
template void depthwise_forward<float>(convolution_shape const& s, float const* x, float const* w, float const* bias,
                                       float* y, float* scratch, row_sink<float> const& sink);
template void depthwise_forward<double>(convolution_shape const& s, double const* x, double const* w,
                                        double const* bias, double* y, double* scratch, row_sink<double> const& sink);
template void depthwise_gradient_data<float>(convolution_shape const& s, float const* dy, float const* w, float* dx,
                                             float* scratch);
template void depthwise_gradient_data<double>(convolution_shape const& s, double const* dy, double const* w, double* dx,
                                              double* scratch);
#endif

} // namespace trine::kernels
