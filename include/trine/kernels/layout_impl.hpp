#pragma once

#include <algorithm>

#include "../core/parallel.hpp"
#include "layout.hpp"

namespace trine::kernels {

/// Calls body(image, first pixel, last pixel) in parallel, in pieces of an image, so that threads share a single one.
template <class Body>
void each_pixels(std::size_t batch, std::size_t channels, std::size_t pixels, Body&& body) {
    std::size_t const block = std::max<std::size_t>(8192 / channels, 1), pieces = (pixels + block - 1) / block;
    parallel_for(batch * pieces, [&](std::size_t item) {
        std::size_t const first = item % pieces * block;
        body(item / pieces, first, std::min(first + block, pixels));
    });
}

template <class T>
void to_channels_last(std::size_t batch, std::size_t channels, std::size_t pixels, T const* x, T* y) {
    each_pixels(batch, channels, pixels, [&](std::size_t n, std::size_t first, std::size_t last) {
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t i = first; i < last; ++i)
                y[(n * pixels + i) * channels + c] = x[(n * channels + c) * pixels + i];
    });
}

template <class T>
void to_channels_first(std::size_t batch, std::size_t channels, std::size_t pixels, T const* x, T* y) {
    each_pixels(batch, channels, pixels, [&](std::size_t n, std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            for (std::size_t c = 0; c < channels; ++c)
                y[(n * channels + c) * pixels + i] = x[(n * pixels + i) * channels + c];
    });
}

template <class T>
void copy_columns(std::size_t rows, std::size_t cols, T const* from, std::size_t from_stride, T* to,
                  std::size_t to_stride) {
    parallel_blocks(rows, std::max<std::size_t>(1, 16384 / cols), [&](std::size_t first, std::size_t last) {
        for (std::size_t r = first; r < last; ++r)
            std::copy_n(from + r * from_stride, cols, to + r * to_stride);
    });
}

template <class T>
void repeat_row(std::size_t rows, std::size_t cols, T const* row, T* to) {
    for (std::size_t r = 0; r < rows; ++r)
        std::copy_n(row, cols, to + r * cols);
}

template <class T>
void mirror_rows(std::size_t rows, std::size_t cols, T const* from, T* to) {
    for (std::size_t r = 0; r < rows; ++r)
        std::reverse_copy(from + r * cols, from + (r + 1) * cols, to + r * cols);
}

template <class T>
void add_border(border_shape const& s, T const* x, T* y) {
    parallel_for(s.batch, [&](std::size_t n) {
        T* const to = y + n * s.outer_size();
        std::fill_n(to, s.outer_size(), T(0));
        for (std::size_t r = 0; r < s.height; ++r)
            std::copy_n(x + n * s.size() + r * s.row(), s.row(), to + s.start() + r * s.outer_row());
    });
}

template <class T>
void cut_border(border_shape const& s, T const* y, T* x) {
    parallel_for(s.batch, [&](std::size_t n) {
        T const* const from = y + n * s.outer_size() + s.start();
        for (std::size_t r = 0; r < s.height; ++r)
            std::copy_n(from + r * s.outer_row(), s.row(), x + n * s.size() + r * s.row());
    });
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template void to_channels_last<T>(std::size_t, std::size_t, std::size_t, T const*, T*);                            \
    template void to_channels_first<T>(std::size_t, std::size_t, std::size_t, T const*, T*);                           \
    template void copy_columns<T>(std::size_t, std::size_t, T const*, std::size_t, T*, std::size_t);                   \
    template void repeat_row<T>(std::size_t, std::size_t, T const*, T*);                                               \
    template void mirror_rows<T>(std::size_t, std::size_t, T const*, T*);                                              \
    template void add_border<T>(border_shape const&, T const*, T*);                                                    \
    template void cut_border<T>(border_shape const&, T const*, T*);
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::kernels
