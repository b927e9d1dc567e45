#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../core/config.hpp"

namespace trine::data {

namespace detail {

// The product, which has to be one of a size.
std::size_t volume(std::size_t channels, std::size_t height, std::size_t width);

} // namespace detail

/// A photo: 8 bits a sample, channel by channel (C×H×W), one channel (grey) or three (red, green, blue).
struct image {
    std::size_t channels = 0, height = 0, width = 0;
    std::vector<std::uint8_t> samples;

    image() = default;
    /// @throws shape_error  when there is no number as large as the product
    image(std::size_t c, std::size_t h, std::size_t w)
        : channels(c), height(h), width(w), samples(detail::volume(c, h, w)) {}
    std::uint8_t& operator()(std::size_t c, std::size_t y, std::size_t x) {
        return samples[(c * height + y) * width + x];
    }
    std::uint8_t operator()(std::size_t c, std::size_t y, std::size_t x) const {
        return samples[(c * height + y) * width + x];
    }
};

/// How a photo of another size becomes the network's input.
enum class fit {
    stretch, ///< scaled on each axis alone
    crop,    ///< scaled to cover, keeping its proportions, and cut at the middle
};

/// The photo with another number of channels: luminance (ITU-R BT.601) of a colour photo, or a grey one three times.
image with_channels(image const& in, std::size_t channels);

/// A part of a photo, in pixels from its upper left corner; may reach beyond the photo.
struct area {
    double left = 0, top = 0, right = 0, bottom = 0;

    double width() const { return right - left; }
    double height() const { return bottom - top; }
};

/// What lies outside a photo: nothing, so that new pixels at its border are means of what is there; or black.
enum class outside { nothing, black };

/// A part of a photo at another size: each new pixel is the mean of the area it covers (triangle-weighted when
/// enlarging), from 0 to 255. However far the part reaches, this takes no longer than the photo and the result are
/// large.
///
/// @param out  C×height×width
/// @throws numeric_error  when a side of the part is not finite, or 10¹⁰⁰ pixels away
/// @throws shape_error    when the photo has no pixels and `beyond` is not black
template <class T>
void resample(image const& in, area const& part, std::size_t height, std::size_t width, outside beyond, T* out);

/// The photo at another size: each new pixel is the mean of the area it covers (triangle-weighted when enlarging).
///
/// @throws shape_error  when the photo has no pixels, or the size none
image resized(image const& in, std::size_t height, std::size_t width, fit how);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "image_impl.hpp"
#endif
