#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include "../core/parallel.hpp"
#include "pooling.hpp"

namespace trine::kernels {

namespace detail {

// The part of a window that lies in the image, as scalars: `in` is its first, `out` the output pixel's; and how many
// pixels it has with padding counted.
struct pooling_window {
    std::size_t in, out, rows, cols, padded;
};

// Calls body(window) for every output pixel of an image.
template <class Body>
void for_each_window(pooling_shape const& s, std::size_t image, Body&& body) {
    struct span {
        std::size_t first, count, padded;
    };
    auto const along = [&](std::size_t place, std::size_t size) -> span {
        std::size_t const start = place * s.stride,
                          end = std::min(start + s.kernel, size + 2 * s.padding); // counted from the padding's begin
        std::size_t const first = std::max(start, s.padding), last = std::min(end, size + s.padding);
        return {first - s.padding, last - first, end - start};
    };
    for (std::size_t y = 0; y < s.out_height(); ++y) {
        auto const rows = along(y, s.height);
        for (std::size_t x = 0; x < s.out_width(); ++x) {
            auto const cols = along(x, s.width);
            body(pooling_window{((image * s.height + rows.first) * s.width + cols.first) * s.channels,
                                ((image * s.out_height() + y) * s.out_width() + x) * s.channels, rows.count, cols.count,
                                rows.padded * cols.padded});
        }
    }
}

// Calls body(first scalar) for every pixel of a window.
template <class Body>
void for_each_pixel(pooling_shape const& s, pooling_window const& w, Body&& body) {
    for (std::size_t i = 0; i < w.rows; ++i)
        for (std::size_t j = 0; j < w.cols; ++j)
            body(w.in + (i * s.width + j) * s.channels);
}

} // namespace detail

template <class T>
void max_pool_forward(pooling_shape const& s, T const* x, T* y) {
    parallel_for(s.batch, [&](std::size_t image) {
        detail::for_each_window(s, image, [&](detail::pooling_window const& w) {
            T* const to = y + w.out;
            std::copy_n(x + w.in, s.channels, to);
            detail::for_each_pixel(s, w, [&](std::size_t at) {
                T const* const from = x + at;
                // Not std::max: a NaN has to come out, whichever side it is on.
                for (std::size_t c = 0; c < s.channels; ++c) {
                    T const larger = from[c] <= to[c] ? to[c] : from[c];
                    to[c] = to[c] == to[c] ? larger : to[c];
                }
            });
        });
    });
}

template <class T>
void max_pool_backward(pooling_shape const& s, T const* x, T const* y, T const* dy, T* dx) {
    std::size_t const image_size = s.height * s.width * s.channels;
    parallel_for(s.batch, [&](std::size_t image) {
        std::fill_n(dx + image * image_size, image_size, T(0));
        detail::for_each_window(s, image, [&](detail::pooling_window const& w) {
            constexpr std::size_t block = 64;
            for (std::size_t first = 0; first < s.channels; first += block) {
                std::size_t const count = std::min(block, s.channels - first);
                T left[block]; // what of the gradient is not yet handed out
                std::copy_n(dy + w.out + first, count, left);
                detail::for_each_pixel(s, w, [&](std::size_t pixel) {
                    std::size_t const at = pixel + first;
                    for (std::size_t c = 0; c < count; ++c) {
                        bool const largest = x[at + c] == y[w.out + first + c];
                        dx[at + c] += largest ? left[c] : T(0);
                        left[c] = largest ? T(0) : left[c];
                    }
                });
            }
        });
    });
}

template <class T>
void average_pool_forward(pooling_shape const& s, bool count_padding, T const* x, T* y) {
    parallel_for(s.batch, [&](std::size_t image) {
        detail::for_each_window(s, image, [&](detail::pooling_window const& w) {
            T* const to = y + w.out;
            std::fill_n(to, s.channels, T(0));
            detail::for_each_pixel(s, w, [&](std::size_t at) {
                for (std::size_t c = 0; c < s.channels; ++c)
                    to[c] += x[at + c];
            });
            T const share = T(1) / static_cast<T>(count_padding ? w.padded : w.rows * w.cols);
            for (std::size_t c = 0; c < s.channels; ++c)
                to[c] *= share;
        });
    });
}

template <class T>
void average_pool_backward(pooling_shape const& s, bool count_padding, T const* dy, T* dx) {
    std::size_t const image_size = s.height * s.width * s.channels;
    parallel_for(s.batch, [&](std::size_t image) {
        std::fill_n(dx + image * image_size, image_size, T(0));
        detail::for_each_window(s, image, [&](detail::pooling_window const& w) {
            T const share = T(1) / static_cast<T>(count_padding ? w.padded : w.rows * w.cols);
            detail::for_each_pixel(s, w, [&](std::size_t at) {
                for (std::size_t c = 0; c < s.channels; ++c)
                    dx[at + c] += dy[w.out + c] * share;
            });
        });
    });
}

template <class T>
void l2_pool_forward(pooling_shape const& s, T const* x, T* y) {
    parallel_for(s.batch, [&](std::size_t image) {
        detail::for_each_window(s, image, [&](detail::pooling_window const& w) {
            T* const to = y + w.out;
            std::fill_n(to, s.channels, T(0));
            detail::for_each_pixel(s, w, [&](std::size_t at) {
                for (std::size_t c = 0; c < s.channels; ++c)
                    to[c] += x[at + c] * x[at + c];
            });
            for (std::size_t c = 0; c < s.channels; ++c)
                to[c] = std::sqrt(to[c]);
        });
    });
}

template <class T>
void l2_pool_backward(pooling_shape const& s, T const* x, T const* y, T const* dy, T* dx) {
    std::size_t const image_size = s.height * s.width * s.channels;
    parallel_for(s.batch, [&](std::size_t image) {
        std::fill_n(dx + image * image_size, image_size, T(0));
        detail::for_each_window(s, image, [&](detail::pooling_window const& w) {
            detail::for_each_pixel(s, w, [&](std::size_t at) {
                for (std::size_t c = 0; c < s.channels; ++c)
                    dx[at + c] += y[w.out + c] > T(0) ? x[at + c] * dy[w.out + c] / y[w.out + c] : T(0);
            });
        });
    });
}

template <class T>
void global_average_forward(std::size_t batch, std::size_t pixels, std::size_t channels, T const* x, T* y) {
    T const share = T(1) / static_cast<T>(pixels);
    parallel_for(batch, [&](std::size_t image) {
        T* const to = y + image * channels;
        std::fill_n(to, channels, T(0));
        for (std::size_t p = 0; p < pixels; ++p)
            for (std::size_t c = 0; c < channels; ++c)
                to[c] += x[(image * pixels + p) * channels + c];
        for (std::size_t c = 0; c < channels; ++c)
            to[c] *= share;
    });
}

template <class T>
void global_average_backward(std::size_t batch, std::size_t pixels, std::size_t channels, T const* dy, T* dx) {
    T const share = T(1) / static_cast<T>(pixels);
    parallel_for(batch, [&](std::size_t image) {
        for (std::size_t p = 0; p < pixels; ++p)
            for (std::size_t c = 0; c < channels; ++c)
                dx[(image * pixels + p) * channels + c] = dy[image * channels + c] * share;
    });
}

#ifdef TRINE_COMPILED
template void max_pool_forward<float>(pooling_shape const& s, float const* x, float* y);
template void max_pool_forward<double>(pooling_shape const& s, double const* x, double* y);
template void max_pool_backward<float>(pooling_shape const& s, float const* x, float const* y, float const* dy,
                                       float* dx);
template void max_pool_backward<double>(pooling_shape const& s, double const* x, double const* y, double const* dy,
                                        double* dx);
template void average_pool_forward<float>(pooling_shape const& s, bool count_padding, float const* x, float* y);
template void average_pool_forward<double>(pooling_shape const& s, bool count_padding, double const* x, double* y);
template void average_pool_backward<float>(pooling_shape const& s, bool count_padding, float const* dy, float* dx);
template void average_pool_backward<double>(pooling_shape const& s, bool count_padding, double const* dy, double* dx);
template void l2_pool_forward<float>(pooling_shape const& s, float const* x, float* y);
template void l2_pool_forward<double>(pooling_shape const& s, double const* x, double* y);
template void l2_pool_backward<float>(pooling_shape const& s, float const* x, float const* y, float const* dy,
                                      float* dx);
template void l2_pool_backward<double>(pooling_shape const& s, double const* x, double const* y, double const* dy,
                                       double* dx);
template void global_average_forward<float>(std::size_t batch, std::size_t pixels, std::size_t channels, float const* x,
                                            float* y);
template void global_average_forward<double>(std::size_t batch, std::size_t pixels, std::size_t channels,
                                             double const* x, double* y);
template void global_average_backward<float>(std::size_t batch, std::size_t pixels, std::size_t channels,
                                             float const* dy, float* dx);
template void global_average_backward<double>(std::size_t batch, std::size_t pixels, std::size_t channels,
                                              double const* dy, double* dx);
#endif

} // namespace trine::kernels
