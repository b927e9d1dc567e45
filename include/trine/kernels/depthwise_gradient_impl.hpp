#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include "../core/parallel.hpp"
#include "convolution_shape.hpp"
#include "depthwise_taps.hpp"
#include "simd.hpp"
#include "depthwise_gradient.hpp"

namespace trine::kernels {

namespace detail {

inline std::size_t depthwise_chunks(convolution_shape const& s) {
    return std::clamp<std::size_t>(s.batch * s.out_height() / 4, 1, 64);
}

// Adds one output row's part to the sums of a vector of channels, over `Rows`×`Cols` taps whose input rows start at
// `line`.
template <std::size_t Rows, std::size_t Cols, class T, class Load>
[[gnu::always_inline]] inline void depthwise_row_sums(convolution_shape const& s, T const* line, T const* dy,
                                                      std::size_t first_tap, Load const& load, T* sums) {
    using V = simd<T>;
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
                    acc[i][k] = fma(load(from + i * in_row + k * s.channels), g, acc[i][k]);
            }
        } else {
            TRINE_UNROLL
            for (std::size_t k = 0; k < Cols; ++k) {
                auto const x = at + static_cast<std::ptrdiff_t>(k);
                if (x < 0 || x >= static_cast<std::ptrdiff_t>(s.width))
                    continue;
                TRINE_UNROLL
                for (std::size_t i = 0; i < Rows; ++i)
                    acc[i][k] = fma(load(line + i * in_row + static_cast<std::size_t>(x) * s.channels), g, acc[i][k]);
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

// The same for 3×3 windows of stride 1 and two output rows at once: what is loaded of the input serves both rows and
// all three columns of taps, so a column of pixels costs six loads for eighteen multiply-adds. Of the four input rows
// that start at `line`, those from `rows.first` to before `rows.last` are inside the image.
//
// Vectors of channels are taken one after the other, a pattern that the processor's own prefetching does not follow: so
// the same places of the next two rows are asked for on the way, a few at a time, for what is asked for all at once has
// to wait.
template <class T, class Load>
void depthwise_two_row_sums(convolution_shape const& s, T const* line, T const* dy, T const* next_x, T const* next_dy,
                            tap_range rows, Load const& load, T* sums) {
    using V = simd<T>;
    std::size_t const in_row = s.width * s.channels, out_row = s.out_width() * s.channels;
    auto const columns = [&]<bool AllRows>(std::bool_constant<AllRows>) __attribute__((always_inline)) {
        V acc[3][3],
            g[2][3]; // g[o][k]: the slope of row o, k pixels to the left of the window's middle column plus one
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
            __builtin_prefetch(next_x + x * s.channels, 0, 2),
                __builtin_prefetch(next_x + in_row + x * s.channels, 0, 2);
            __builtin_prefetch(next_dy + x * s.channels, 0, 2),
                __builtin_prefetch(next_dy + out_row + x * s.channels, 0, 2);
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
                            acc[r - o][k] = fma(value, g[o][k], acc[r - o][k]);
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
template <class T, class Load>
void depthwise_row(convolution_shape const& s, T const* line, T const* dy, tap_range ky, Load const& load, T* sums) {
    if (s.kernel_width == 3 && ky.first == 0 && ky.last == 3) {
        depthwise_row_sums<3, 3>(s, line, dy, 0, load, sums);
        return;
    }
    for (std::size_t i = ky.first; i < ky.last; ++i, line += s.width * s.channels) {
        std::size_t j = 0;
        for (; j + 3 <= s.kernel_width; j += 3)
            depthwise_row_sums<1, 3>(s, line, dy, j, load, sums + i * s.kernel_width * simd_width<T>);
        for (; j < s.kernel_width; ++j)
            depthwise_row_sums<1, 1>(s, line, dy, j, load, sums + i * s.kernel_width * simd_width<T>);
    }
}

} // namespace detail

template <class T>
std::size_t depthwise_gradient_weights_scratch(convolution_shape const& s) {
    std::size_t const vectors = (s.channels + simd_width<T> - 1) / simd_width<T>;
    return detail::depthwise_chunks(s) * s.kernel_height * s.kernel_width * vectors * simd_width<T>;
}

template <class T>
void depthwise_gradient_weights(convolution_shape const& s, T const* x, T const* dy, T* dw, T* scratch) {
    using V = simd<T>;
    std::size_t const taps = s.kernel_height * s.kernel_width, vectors = (s.channels + V::size - 1) / V::size,
                      chunks = detail::depthwise_chunks(s);
    std::size_t const rows = s.batch * s.out_height(), partial = vectors * taps * V::size;
    bool const tiles = detail::depthwise_tiles_fit(s);
    parallel_for(chunks, [&](std::size_t chunk) {
        T* const sums = scratch + chunk * partial; // vectors × taps × V::size
        std::fill_n(sums, partial, T(0));
        std::size_t const end = rows * (chunk + 1) / chunks;
        for (std::size_t row = rows * chunk / chunks, together; row < end; row += together) {
            std::size_t const image = row / s.out_height();
            auto const top =
                static_cast<std::ptrdiff_t>(row % s.out_height() * s.stride) - static_cast<std::ptrdiff_t>(s.padding);
            together = tiles && row + 1 < end && (row + 1) % s.out_height() != 0 ? 2 : 1;
            auto const ky = detail::taps_inside(top, s.kernel_height + together - 1, s.height);
            std::size_t const y = static_cast<std::size_t>(top + static_cast<std::ptrdiff_t>(ky.first));
            T const* const next_x = x + (image * s.height + y + ky.last - ky.first) * s.width * s.channels;
            T const* const next_dy =
                dy + (row + together) * s.out_width() *
                         s.channels; // beyond the last row nothing is read, for asking is not reading
            if (together == 1) {
                constexpr std::size_t step = 64 / sizeof(T);
                for (std::size_t i = 0; i < s.width * s.channels * s.stride; i += step)
                    __builtin_prefetch(next_x + i, 0, 2);
                for (std::size_t i = 0; i < s.out_width() * s.channels; i += step)
                    __builtin_prefetch(next_dy + i, 0, 2);
            }
            T const* const line = x + (image * s.height + y) * s.width * s.channels;
            T const* const g = dy + row * s.out_width() * s.channels;
            each_channel_vector<T>(s.channels, [&](std::size_t c, auto const& load, auto const&) {
                if (together == 2) // from where the first of four rows would be, were it inside
                    detail::depthwise_two_row_sums(s, line + c - ky.first * s.width * s.channels, g + c, next_x + c,
                                                   next_dy + c, ky, load, sums + c * taps);
                else
                    detail::depthwise_row(s, line + c, g + c, ky, load, sums + c * taps);
            });
        }
    });
    for (std::size_t chunk = 0; chunk < chunks; ++chunk)
        for (std::size_t v = 0; v < vectors; ++v)
            for (std::size_t k = 0; k < taps; ++k)
                for (std::size_t i = 0; i < V::size && v * V::size + i < s.channels; ++i)
                    dw[k * s.channels + v * V::size + i] += scratch[chunk * partial + (v * taps + k) * V::size + i];
}

#ifdef TRINE_COMPILED
template std::size_t depthwise_gradient_weights_scratch<float>(convolution_shape const& s);
template std::size_t depthwise_gradient_weights_scratch<double>(convolution_shape const& s);
template void depthwise_gradient_weights<float>(convolution_shape const& s, float const* x, float const* dy, float* dw,
                                                float* scratch);
template void depthwise_gradient_weights<double>(convolution_shape const& s, double const* x, double const* dy,
                                                 double* dw, double* scratch);
#endif

} // namespace trine::kernels
