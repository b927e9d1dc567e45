#pragma once

#include <algorithm>
#include <cstddef>

#include "../core/parallel.hpp"

namespace trine::kernels {

/// Sizes of a pooling of channels-last images: windows of `kernel`×`kernel` every `stride` pixels, all inside the image.
struct pooling_shape {
    std::size_t batch, height, width, channels, kernel, stride;

    constexpr std::size_t out_height() const { return (height - kernel) / stride + 1; }
    constexpr std::size_t out_width() const { return (width - kernel) / stride + 1; }
};

namespace detail {

// Calls body(window's first input scalar, output pixel's first scalar) for every output pixel of an image.
template <class Body>
void for_each_window(pooling_shape const& s, std::size_t image, Body&& body) {
    for (std::size_t y = 0; y < s.out_height(); ++y)
        for (std::size_t x = 0; x < s.out_width(); ++x)
            body(((image * s.height + y * s.stride) * s.width + x * s.stride) * s.channels,
                 ((image * s.out_height() + y) * s.out_width() + x) * s.channels);
}

} // namespace detail

/// Largest value of each window and channel. Bounded by memory: one pass over the input.
///
/// @param x  N×H×W×C
/// @param y  N×OH×OW×C
template <class T>
void max_pool_forward(pooling_shape const& s, T const* x, T* y) {
    parallel_for(s.batch, [&](std::size_t image) {
        detail::for_each_window(s, image, [&](std::size_t in, std::size_t out) {
            T* const to = y + out;
            std::copy_n(x + in, s.channels, to);
            for (std::size_t k = 1; k < s.kernel * s.kernel; ++k) {
                T const* from = x + in + (k / s.kernel * s.width + k % s.kernel) * s.channels;
                // Not std::max: a NaN has to come out, whichever side it is on.
                for (std::size_t c = 0; c < s.channels; ++c)
                    to[c] = from[c] <= to[c] ? to[c] : from[c];
            }
        });
    });
}

/// Hands each window's gradient to its largest value, the first of equal ones. Nothing has to be remembered from the forward pass.
///
/// @param dx  N×H×W×C, overwritten
template <class T>
void max_pool_backward(pooling_shape const& s, T const* x, T const* y, T const* dy, T* dx) {
    std::size_t const image_size = s.height * s.width * s.channels;
    parallel_for(s.batch, [&](std::size_t image) {
        std::fill_n(dx + image * image_size, image_size, T(0));
        detail::for_each_window(s, image, [&](std::size_t in, std::size_t out) {
            constexpr std::size_t block = 64;
            for (std::size_t first = 0; first < s.channels; first += block) {
                std::size_t const count = std::min(block, s.channels - first);
                T left[block]; // what of the gradient is not yet handed out
                std::copy_n(dy + out + first, count, left);
                for (std::size_t k = 0; k < s.kernel * s.kernel; ++k) {
                    std::size_t const at = in + (k / s.kernel * s.width + k % s.kernel) * s.channels + first;
                    for (std::size_t c = 0; c < count; ++c) {
                        bool const largest = x[at + c] == y[out + first + c];
                        dx[at + c] += largest ? left[c] : T(0);
                        left[c] = largest ? T(0) : left[c];
                    }
                }
            }
        });
    });
}

/// Mean of each window and channel.
template <class T>
void average_pool_forward(pooling_shape const& s, T const* x, T* y) {
    T const share = T(1) / static_cast<T>(s.kernel * s.kernel);
    parallel_for(s.batch, [&](std::size_t image) {
        detail::for_each_window(s, image, [&](std::size_t in, std::size_t out) {
            T* const to = y + out;
            std::fill_n(to, s.channels, T(0));
            for (std::size_t k = 0; k < s.kernel * s.kernel; ++k) {
                T const* from = x + in + (k / s.kernel * s.width + k % s.kernel) * s.channels;
                for (std::size_t c = 0; c < s.channels; ++c)
                    to[c] += from[c];
            }
            for (std::size_t c = 0; c < s.channels; ++c)
                to[c] *= share;
        });
    });
}

/// @param dx  N×H×W×C, overwritten
template <class T>
void average_pool_backward(pooling_shape const& s, T const* dy, T* dx) {
    T const share = T(1) / static_cast<T>(s.kernel * s.kernel);
    std::size_t const image_size = s.height * s.width * s.channels;
    parallel_for(s.batch, [&](std::size_t image) {
        std::fill_n(dx + image * image_size, image_size, T(0));
        detail::for_each_window(s, image, [&](std::size_t in, std::size_t out) {
            for (std::size_t k = 0; k < s.kernel * s.kernel; ++k) {
                T* const to = dx + in + (k / s.kernel * s.width + k % s.kernel) * s.channels;
                for (std::size_t c = 0; c < s.channels; ++c)
                    to[c] += dy[out + c] * share;
            }
        });
    });
}

/// Mean of each image's channel over all pixels.
///
/// @param x  N×P×C, P pixels an image
/// @param y  N×C
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

} // namespace trine::kernels
