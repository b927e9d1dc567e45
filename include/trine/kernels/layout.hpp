#pragma once

/// Activations moved as they are: between orders of axes, into a border, next to each other, mirrored.

#include <cstddef>

#include "../core/config.hpp"

namespace trine::kernels {

/// N×C×P to N×P×C.
template <class T>
void to_channels_last(std::size_t batch, std::size_t channels, std::size_t pixels, T const* x, T* y);
/// N×P×C to N×C×P.
template <class T>
void to_channels_first(std::size_t batch, std::size_t channels, std::size_t pixels, T const* x, T* y);

/// `cols` scalars of each row, `from_stride` and `to_stride` scalars from one row to the next.
template <class T>
void copy_columns(std::size_t rows, std::size_t cols, T const* from, std::size_t from_stride, T* to,
                  std::size_t to_stride);
/// One row, `rows` times.
template <class T>
void repeat_row(std::size_t rows, std::size_t cols, T const* row, T* to);
/// Rows back to front; `to` is not `from`.
template <class T>
void mirror_rows(std::size_t rows, std::size_t cols, T const* from, T* to);

/// Sizes of maps, N×H×W×C, and of a border around each.
struct border_shape {
    std::size_t batch, height, width, channels;
    std::size_t before, after; ///< above and at the left; below and at the right

    std::size_t row() const { return width * channels; }
    std::size_t outer_row() const { return (width + before + after) * channels; }
    std::size_t size() const { return height * row(); }
    std::size_t outer_size() const { return (height + before + after) * outer_row(); }
    /// Scalars of an image before its first inner one.
    std::size_t start() const { return before * (outer_row() + channels); }
};
/// Maps with a border of zeros.
template <class T>
void add_border(border_shape const& s, T const* x, T* y);
/// Maps without their border.
template <class T>
void cut_border(border_shape const& s, T const* y, T* x);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "layout_impl.hpp"
#endif
