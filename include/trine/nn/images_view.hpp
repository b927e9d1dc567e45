#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "../core/error.hpp"
#include "../core/view.hpp"

namespace trine::nn {

/// Images in somebody else's memory, N×C×H×W, one behind the other.
///
/// Arrays of four dimensions whose memory is contiguous convert to it without a copy (`xt::xtensor<T, 4>`,
/// `xt::xarray<T>`, `xt::adapt(…)`, a view of some images); of other memory say `{pointer, count, channels, height,
/// width}`.
template <class T>
class images_view {
public:
    images_view(T const* data, std::size_t count, std::size_t channels, std::size_t height, std::size_t width)
        : data_(data), count_(count), channels_(channels), height_(height), width_(width) {}

    /// @throws shape_error  when the array has not four dimensions, or is not contiguous in row-major order
    template <class A>
        requires strided_array<A const> && std::is_convertible_v<decltype(std::declval<A const&>().data()), T const*>
        images_view(A const& array) { // NOLINT: a conversion is what it is for
            require<shape_error>(array.dimension() == 4, "an array of ", array.dimension(),
                                 " dimensions for images, which have four: N×C×H×W");
            auto const size = [&](std::size_t axis) { return static_cast<std::size_t>(array.shape()[axis]); };
            count_ = size(0), channels_ = size(1), height_ = size(2), width_ = size(3);
            std::size_t expected = 1;
            bool const empty = count_ * channels_ * height_ * width_ == 0;
            for (std::size_t axis = 4; axis-- > 0; expected *= size(axis))
                require<shape_error>(empty || size(axis) == 1 ||
                                         static_cast<std::ptrdiff_t>(array.strides()[axis]) ==
                                             static_cast<std::ptrdiff_t>(expected),
                                     "images with a stride of ", array.strides()[axis], " along axis ", axis,
                                     ", where contiguous ones have ", expected);
            data_ = array.data() + array.data_offset();
        }

    T const* data() const { return data_; }
    std::size_t count() const { return count_; }
    std::size_t channels() const { return channels_; }
    std::size_t height() const { return height_; }
    std::size_t width() const { return width_; }

private:
    T const* data_;
    std::size_t count_, channels_, height_, width_;
};

} // namespace trine::nn
