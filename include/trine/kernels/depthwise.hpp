#pragma once

/// Depthwise convolution: every channel with a kernel of its own. Channels-last, so vectors run over channels.
///
/// Outside the caches memory bounds all of it: nine multiply-adds a value do not outweigh reading and writing it once. Inside them loads would, were every
/// tap to load its own; so tiles of two rows share what they load, and arithmetic bounds it.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "../core/parallel.hpp"
#include "convolution_shape.hpp"
#include "simd.hpp"

namespace trine::kernels {

namespace detail {

// Which taps of a kernel that starts at `at` (which may be negative) meet an axis of `size` pixels.
struct tap_range {
    std::size_t first, last;
};
inline tap_range taps_inside(std::ptrdiff_t at, std::size_t kernel, std::size_t size) {
    auto const clip = [&](std::ptrdiff_t v) { return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(v, 0, static_cast<std::ptrdiff_t>(kernel))); };
    return {clip(-at), clip(static_cast<std::ptrdiff_t>(size) - at)};
}

// Pixels of a row that are computed together, so that a weight is loaded once for all of them.
inline constexpr std::size_t depthwise_tile = 4;

inline std::size_t depthwise_rows(convolution_shape const& s, std::size_t scalar_size) {
    std::size_t const row_bytes = s.width * s.channels * scalar_size * s.stride;
    std::size_t rows = std::max<std::size_t>(2, 256 * 1024 / row_bytes);
    if (s.batch < 16)
        rows = std::min(rows, (s.out_height() + 7) / 8);
    return std::clamp<std::size_t>((rows + 1) / 2 * 2, 1, s.out_height());
}

// `Pixels` outputs of a row, whose windows start `step` scalars apart at x; the taps given lie inside the image for all of them. A `Kernel` known at compile
// time says that all its columns are taken.
template <std::size_t Pixels, std::size_t Kernel, class T>
[[gnu::always_inline]] inline void depthwise_pixels(T const* x, std::size_t in_row, std::size_t step, std::size_t channels, tap_range ky, tap_range kx,
                                                    std::size_t kernel, T const* w, T const* bias, T* y) {
    using V = simd<T>;
    auto const vector = [&]<bool Full>(std::size_t c, std::bool_constant<Full>) __attribute__((always_inline)) {
        std::size_t const left = channels - c;
        auto const load = [&](T const* from) __attribute__((always_inline)) {
            if constexpr (Full)
                return V::load_unaligned(from);
            else
                return load_first(from, left);
        };
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
                    acc[p] = xsimd::fma(load(from + p * step), weight, acc[p]);
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
            if constexpr (Full)
                acc[p].store_unaligned(y + p * channels + c);
            else
                store_first(y + p * channels + c, acc[p], left);
    };
    std::size_t c = 0;
    for (; c + V::size <= channels; c += V::size)
        vector(c, std::true_type{});
    if (c < channels)
        vector(c, std::false_type{});
}

// Which columns of the image a tile of 3×3 windows looks beyond.
enum class tile_edge { none, left, right, both };

// Two rows of `depthwise_tile` outputs with 3×3 windows of stride 1. A value that is loaded serves all windows it lies in, up to six: that makes it bound by arithmetic, not by
// loads. Of the input's rows only those from `first_row` to before `last_row` are inside the image. Sums are in the order of `depthwise_pixels`: same bits.
template <tile_edge Edge, class T>
[[gnu::always_inline]] inline void depthwise_tile_3x3(T const* x, std::size_t in_row, std::size_t channels, std::size_t first_row, std::size_t last_row, T const* w,
                                                      T const* bias, T* y, std::size_t out_row) {
    using V = simd<T>;
    constexpr std::size_t rows = 4, columns = depthwise_tile + 2;
    constexpr std::size_t first = Edge == tile_edge::left || Edge == tile_edge::both, last = columns - (Edge == tile_edge::right || Edge == tile_edge::both);
    auto const vector = [&]<bool Full>(std::size_t c, std::bool_constant<Full>) __attribute__((always_inline)) {
        std::size_t const left = channels - c;
        auto const load = [&](T const* from) __attribute__((always_inline)) {
            if constexpr (Full)
                return V::load_unaligned(from);
            else
                return load_first(from, left);
        };
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
                            acc[o][p] = xsimd::fma(value, weight[r - o][k - p], acc[o][p]);
                }
            }
        }
        TRINE_UNROLL
        for (std::size_t p = 0; p < 2 * depthwise_tile; ++p) {
            T* const to = y + p / depthwise_tile * out_row + p % depthwise_tile * channels + c;
            if constexpr (Full)
                acc[p / depthwise_tile][p % depthwise_tile].store_unaligned(to);
            else
                store_first(to, acc[p / depthwise_tile][p % depthwise_tile], left);
        }
    };
    std::size_t c = 0;
    for (; c + V::size <= channels; c += V::size)
        vector(c, std::true_type{});
    if (c < channels)
        vector(c, std::false_type{});
}

// Two whole rows of outputs, the first of which starts `top` rows below the image's first.
template <class T>
void depthwise_two_rows(convolution_shape const& s, T const* image, std::ptrdiff_t top, T const* w, T const* bias, T* y, std::size_t out_row) {
    std::size_t const in_row = s.width * s.channels, last_tile = s.out_width() - depthwise_tile;
    auto const rows = taps_inside(top, 4, s.height);
    T const* const line = image + top * static_cast<std::ptrdiff_t>(in_row);
    for (std::size_t q = 0; q < s.out_width(); q += depthwise_tile) {
        q = std::min(q, last_tile); // the last tile may compute some of its neighbour's pixels once more
        auto const at = static_cast<std::ptrdiff_t>(q) - static_cast<std::ptrdiff_t>(s.padding);
        bool const beyond_left = at < 0, beyond_right = at + static_cast<std::ptrdiff_t>(depthwise_tile + 2) > static_cast<std::ptrdiff_t>(s.width);
        T const* const from = line + at * static_cast<std::ptrdiff_t>(s.channels);
        auto const tile = [&]<tile_edge Edge>(std::integral_constant<tile_edge, Edge>) {
            depthwise_tile_3x3<Edge>(from, in_row, s.channels, rows.first, rows.last, w, bias, y + q * s.channels, out_row);
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

// Whether `depthwise_two_rows` may be used: a tile looks at most one column beyond the image, on either side.
inline bool depthwise_tiles_fit(convolution_shape const& s) {
    return s.kernel_height == 3 && s.kernel_width == 3 && s.stride == 1 && s.padding <= 1 && s.out_width() >= depthwise_tile;
}

} // namespace detail

/// y = x ∗ w + bias, channel by channel.
///
/// @param x     N×H×W×C
/// @param w     KH×KW×C
/// @param bias  C, or null
/// @param y     N×OH×OW×C; may be null when the sink takes all
template <class T>
void depthwise_forward(convolution_shape const& s, T const* x, T const* w, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) {
    std::size_t const rows_per_item = detail::depthwise_rows(s, sizeof(T)), items = (s.out_height() + rows_per_item - 1) / rows_per_item;
    std::size_t const in_row = s.width * s.channels, out_row = s.out_width() * s.channels, step = s.stride * s.channels;
    auto const pad = static_cast<std::ptrdiff_t>(s.padding);
    bool const tiles = detail::depthwise_tiles_fit(s);
    parallel_for(s.batch * items, [&](std::size_t item) {
        std::size_t const image = item / items, first = item % items * rows_per_item, rows = std::min(rows_per_item, s.out_height() - first);
        std::size_t const row = image * s.out_height() + first;
        T* const to = sink.only ? scratch + thread_index() * rows_per_item * out_row : y + row * out_row;
        for (std::size_t r = 0; r < rows; ++r) {
            if (tiles && rows >= 2) {
                r = std::min(r, rows - 2); // the last two may compute one of their neighbours' once more
                detail::depthwise_two_rows(s, x + image * s.height * in_row, static_cast<std::ptrdiff_t>(first + r) - pad, w, bias, to + r * out_row, out_row);
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
                bool const inside = left >= 0 && q + detail::depthwise_tile <= s.out_width() &&
                                    static_cast<std::size_t>(left) + (detail::depthwise_tile - 1) * s.stride + s.kernel_width <= s.width;
                if (inside) {
                    if (s.kernel_width == 3)
                        detail::depthwise_pixels<detail::depthwise_tile, 3>(from, in_row, step, s.channels, ky, {0, 3}, 3, w, bias, out);
                    else
                        detail::depthwise_pixels<detail::depthwise_tile, 0>(from, in_row, step, s.channels, ky, {0, s.kernel_width}, s.kernel_width, w, bias, out);
                    q += detail::depthwise_tile;
                } else {
                    detail::depthwise_pixels<1, 0>(from, in_row, step, s.channels, ky, detail::taps_inside(left, s.kernel_width, s.width), s.kernel_width, w, bias, out);
                    ++q;
                }
            }
        }
        if (sink)
            sink.take(sink.context, item, row, rows, to);
    });
}

/// dx = dy ∗ᵀ w, channel by channel.
///
/// @param dy       N×OH×OW×C
/// @param w        KH×KW×C
/// @param dx       N×H×W×C, overwritten
/// @param scratch  KH·KW·C
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
            for (std::size_t ky = (y + s.padding) % s.stride; ky < s.kernel_height && ky <= y + s.padding; ky += s.stride) {
                std::size_t const oy = (y + s.padding - ky) / s.stride;
                if (oy >= s.out_height())
                    continue;
                for (std::size_t kx = (x + s.padding) % s.stride; kx < s.kernel_width && kx <= x + s.padding; kx += s.stride) {
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

namespace detail {

inline std::size_t depthwise_chunks(convolution_shape const& s) { return std::clamp<std::size_t>(s.batch * s.out_height() / 4, 1, 64); }

// Adds one output row's part to the sums of a vector of channels, over `Rows`×`Cols` taps whose input rows start at `line`.
template <std::size_t Rows, std::size_t Cols, bool Full, class T>
[[gnu::always_inline]] inline void depthwise_row_sums(convolution_shape const& s, T const* line, T const* dy, std::size_t first_tap, std::size_t left_channels,
                                                      T* sums) {
    using V = simd<T>;
    auto const load = [&](T const* from) __attribute__((always_inline)) {
        if constexpr (Full)
            return V::load_unaligned(from);
        else
            return load_first(from, left_channels);
    };
    V acc[Rows][Cols];
    TRINE_UNROLL
    for (std::size_t i = 0; i < Rows; ++i) {
        TRINE_UNROLL
        for (std::size_t k = 0; k < Cols; ++k)
            acc[i][k] = V::load_unaligned(sums + (i * s.kernel_width + first_tap + k) * V::size);
    }
    auto const pad = static_cast<std::ptrdiff_t>(s.padding);
    std::size_t const in_row = s.width * s.channels;
    for (std::size_t q = 0; q < s.out_width(); ++q) {
        V const g = load(dy + q * s.channels);
        auto const at = static_cast<std::ptrdiff_t>(q * s.stride + first_tap) - pad;
        if (at >= 0 && static_cast<std::size_t>(at) + Cols <= s.width) [[likely]] {
            T const* const from = line + static_cast<std::size_t>(at) * s.channels;
            TRINE_UNROLL
            for (std::size_t i = 0; i < Rows; ++i) {
                TRINE_UNROLL
                for (std::size_t k = 0; k < Cols; ++k)
                    acc[i][k] = xsimd::fma(load(from + i * in_row + k * s.channels), g, acc[i][k]);
            }
        } else {
            TRINE_UNROLL
            for (std::size_t k = 0; k < Cols; ++k) {
                auto const x = at + static_cast<std::ptrdiff_t>(k);
                if (x < 0 || x >= static_cast<std::ptrdiff_t>(s.width))
                    continue;
                TRINE_UNROLL
                for (std::size_t i = 0; i < Rows; ++i)
                    acc[i][k] = xsimd::fma(load(line + i * in_row + static_cast<std::size_t>(x) * s.channels), g, acc[i][k]);
            }
        }
    }
    TRINE_UNROLL
    for (std::size_t i = 0; i < Rows; ++i) {
        TRINE_UNROLL
        for (std::size_t k = 0; k < Cols; ++k)
            acc[i][k].store_unaligned(sums + (i * s.kernel_width + first_tap + k) * V::size);
    }
}

// The same for 3×3 windows of stride 1 and two output rows at once: what is loaded of the input serves both rows and all three columns of taps, so a column of
// pixels costs six loads for eighteen multiply-adds. Of the four input rows that start at `line`, those from `rows.first` to before `rows.last` are inside the image.
//
// Vectors of channels are taken one after the other, a pattern that the processor's own prefetching does not follow: so the same places of the next two rows are asked for on the way, a few at a
// time, for what is asked for all at once has to wait.
template <bool Full, class T>
void depthwise_two_row_sums(convolution_shape const& s, T const* line, T const* dy, T const* next_x, T const* next_dy, tap_range rows, std::size_t left_channels, T* sums) {
    using V = simd<T>;
    auto const load = [&](T const* from) __attribute__((always_inline)) {
        if constexpr (Full)
            return V::load_unaligned(from);
        else
            return load_first(from, left_channels);
    };
    std::size_t const in_row = s.width * s.channels, out_row = s.out_width() * s.channels;
    auto const columns = [&]<bool AllRows>(std::bool_constant<AllRows>) __attribute__((always_inline)) {
        V acc[3][3], g[2][3]; // g[o][k]: the slope of row o, k pixels to the left of the window's middle column plus one
        TRINE_UNROLL
        for (std::size_t k = 0; k < 9; ++k)
            acc[k / 3][k % 3] = V::load_unaligned(sums + k * V::size);
        TRINE_UNROLL
        for (std::size_t o = 0; o < 2; ++o) {
            TRINE_UNROLL
            for (std::size_t k = 0; k < 2; ++k)
                g[o][k] = s.padding > k ? load(dy + o * out_row + (s.padding - 1 - k) * s.channels) : V(T(0));
        }
        for (std::size_t x = 0; x < s.width; ++x) {
            bool const inside = x + s.padding < s.out_width();
            __builtin_prefetch(next_x + x * s.channels, 0, 2), __builtin_prefetch(next_x + in_row + x * s.channels, 0, 2);
            __builtin_prefetch(next_dy + x * s.channels, 0, 2), __builtin_prefetch(next_dy + out_row + x * s.channels, 0, 2);
            TRINE_UNROLL
            for (std::size_t o = 0; o < 2; ++o) {
                g[o][2] = g[o][1], g[o][1] = g[o][0];
                g[o][0] = inside ? load(dy + o * out_row + (x + s.padding) * s.channels) : V(T(0));
            }
            TRINE_UNROLL
            for (std::size_t r = 0; r < 4; ++r) {
                if (!AllRows && (r < rows.first || r >= rows.last))
                    continue;
                V const value = load(line + r * in_row + x * s.channels);
                TRINE_UNROLL
                for (std::size_t o = 0; o < 2; ++o)
                    if (r >= o && r < o + 3) {
                        TRINE_UNROLL
                        for (std::size_t k = 0; k < 3; ++k)
                            acc[r - o][k] = xsimd::fma(value, g[o][k], acc[r - o][k]);
                    }
            }
        }
        TRINE_UNROLL
        for (std::size_t k = 0; k < 9; ++k)
            acc[k / 3][k % 3].store_unaligned(sums + k * V::size);
    };
    if (rows.first == 0 && rows.last == 4)
        columns(std::true_type{});
    else
        columns(std::false_type{});
}

// All taps of one output row.
template <bool Full, class T>
void depthwise_row(convolution_shape const& s, T const* line, T const* dy, tap_range ky, std::size_t left_channels, T* sums) {
    if (s.kernel_width == 3 && ky.first == 0 && ky.last == 3) {
        depthwise_row_sums<3, 3, Full>(s, line, dy, 0, left_channels, sums);
        return;
    }
    for (std::size_t i = ky.first; i < ky.last; ++i, line += s.width * s.channels) {
        std::size_t j = 0;
        for (; j + 3 <= s.kernel_width; j += 3)
            depthwise_row_sums<1, 3, Full>(s, line, dy, j, left_channels, sums + i * s.kernel_width * simd_width<T>);
        for (; j < s.kernel_width; ++j)
            depthwise_row_sums<1, 1, Full>(s, line, dy, j, left_channels, sums + i * s.kernel_width * simd_width<T>);
    }
}

} // namespace detail

/// Scalars of scratch that `depthwise_gradient_weights` needs.
template <class T>
std::size_t depthwise_gradient_weights_scratch(convolution_shape const& s) {
    std::size_t const vectors = (s.channels + simd_width<T> - 1) / simd_width<T>;
    return detail::depthwise_chunks(s) * s.kernel_height * s.kernel_width * vectors * simd_width<T>;
}

/// dw += Σ over the batch and its pixels of x·dy, channel by channel. Chunks of rows are summed apart, then added in their order.
///
/// @param x   N×H×W×C
/// @param dy  N×OH×OW×C
/// @param dw  KH×KW×C, added to
template <class T>
void depthwise_gradient_weights(convolution_shape const& s, T const* x, T const* dy, T* dw, T* scratch) {
    using V = simd<T>;
    std::size_t const taps = s.kernel_height * s.kernel_width, vectors = (s.channels + V::size - 1) / V::size, chunks = detail::depthwise_chunks(s);
    std::size_t const rows = s.batch * s.out_height(), partial = vectors * taps * V::size;
    bool const tiles = detail::depthwise_tiles_fit(s);
    parallel_for(chunks, [&](std::size_t chunk) {
        T* const sums = scratch + chunk * partial; // vectors × taps × V::size
        std::fill_n(sums, partial, T(0));
        std::size_t const end = rows * (chunk + 1) / chunks;
        for (std::size_t row = rows * chunk / chunks, together; row < end; row += together) {
            std::size_t const image = row / s.out_height();
            auto const top = static_cast<std::ptrdiff_t>(row % s.out_height() * s.stride) - static_cast<std::ptrdiff_t>(s.padding);
            together = tiles && row + 1 < end && (row + 1) % s.out_height() != 0 ? 2 : 1;
            auto const ky = detail::taps_inside(top, s.kernel_height + together - 1, s.height);
            std::size_t const y = static_cast<std::size_t>(top + static_cast<std::ptrdiff_t>(ky.first));
            T const* const next_x = x + (image * s.height + y + ky.last - ky.first) * s.width * s.channels;
            T const* const next_dy = dy + (row + together) * s.out_width() * s.channels; // beyond the last row nothing is read, for asking is not reading
            if (together == 1) {
                constexpr std::size_t step = 64 / sizeof(T);
                for (std::size_t i = 0; i < s.width * s.channels * s.stride; i += step)
                    __builtin_prefetch(next_x + i, 0, 2);
                for (std::size_t i = 0; i < s.out_width() * s.channels; i += step)
                    __builtin_prefetch(next_dy + i, 0, 2);
            }
            for (std::size_t v = 0; v < vectors; ++v) {
                T const* const line = x + (image * s.height + y) * s.width * s.channels + v * V::size;
                T const* const g = dy + row * s.out_width() * s.channels + v * V::size;
                std::size_t const left = s.channels - v * V::size;
                T* const to = sums + v * taps * V::size;
                if (together == 2) {
                    // From where the first of four rows would be, were it inside.
                    T const* const four = line - ky.first * s.width * s.channels;
                    if (left >= V::size)
                        detail::depthwise_two_row_sums<true>(s, four, g, next_x + v * V::size, next_dy + v * V::size, ky, left, to);
                    else
                        detail::depthwise_two_row_sums<false>(s, four, g, next_x + v * V::size, next_dy + v * V::size, ky, left, to);
                } else if (left >= V::size)
                    detail::depthwise_row<true>(s, line, g, ky, left, to);
                else
                    detail::depthwise_row<false>(s, line, g, ky, left, to);
            }
        }
    });
    for (std::size_t chunk = 0; chunk < chunks; ++chunk)
        for (std::size_t v = 0; v < vectors; ++v)
            for (std::size_t k = 0; k < taps; ++k)
                for (std::size_t i = 0; i < V::size && v * V::size + i < s.channels; ++i)
                    dw[k * s.channels + v * V::size + i] += scratch[chunk * partial + (v * taps + k) * V::size + i];
}

} // namespace trine::kernels
