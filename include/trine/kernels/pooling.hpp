#pragma once

#include <cstddef>

#include "../core/config.hpp"

namespace trine::kernels {

/// Sizes of a pooling of channels-last images: windows of `kernel`×`kernel` every `stride` pixels, the first of them
/// `padding` pixels outside the image.
///
/// What is left over at the right and bottom is dropped, or with `round_up` seen by a smaller window, if that begins
/// within the image. These are PyTorch's and Caffe's rules.
struct pooling_shape {
    std::size_t batch, height, width, channels, kernel, stride, padding = 0;
    bool round_up = false;

    constexpr std::size_t out_height() const { return out(height); }
    constexpr std::size_t out_width() const { return out(width); }

private:
    constexpr std::size_t out(std::size_t size) const {
        std::size_t const windows = (size + 2 * padding - kernel + (round_up ? stride - 1 : 0)) / stride + 1;
        return round_up && (windows - 1) * stride >= size + padding ? windows - 1 : windows;
    }
};

/// Largest value of each window and channel, NaN where one is; padding is smaller than all. Bounded by memory: one pass
/// over the input.
///
/// @param x  N×H×W×C
/// @param y  N×OH×OW×C
template <class T>
void max_pool_forward(pooling_shape const& s, T const* x, T* y);

/// Hands each window's gradient to its largest value, the first of equal ones. Nothing has to be remembered from the
/// forward pass.
///
/// @param dx  N×H×W×C, overwritten
template <class T>
void max_pool_backward(pooling_shape const& s, T const* x, T const* y, T const* dy, T* dx);

/// Mean of each window and channel, over the pixels that lie in the image, or with `count_padding` over those of the
/// padding too, which are 0.
///
/// @param x  N×H×W×C
/// @param y  N×OH×OW×C
template <class T>
void average_pool_forward(pooling_shape const& s, bool count_padding, T const* x, T* y);

/// @param dx  N×H×W×C, overwritten
template <class T>
void average_pool_backward(pooling_shape const& s, bool count_padding, T const* dy, T* dx);

/// Length of each window's values, channel by channel: √Σx².
///
/// @param x  N×H×W×C
/// @param y  N×OH×OW×C
template <class T>
void l2_pool_forward(pooling_shape const& s, T const* x, T* y);

/// dx = Σ dy·x/y over the windows that see x; 0 of a window of zeros.
///
/// @param dx  N×H×W×C, overwritten
template <class T>
void l2_pool_backward(pooling_shape const& s, T const* x, T const* y, T const* dy, T* dx);

/// Mean of each image's channel over all pixels.
///
/// @param x  N×P×C, P pixels an image
/// @param y  N×C
template <class T>
void global_average_forward(std::size_t batch, std::size_t pixels, std::size_t channels, T const* x, T* y);

template <class T>
void global_average_backward(std::size_t batch, std::size_t pixels, std::size_t channels, T const* dy, T* dx);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "pooling_impl.hpp"
#endif
