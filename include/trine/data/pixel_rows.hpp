#pragma once

// Rows of pixels as image libraries have them, channel beside channel, and photos, a channel after the other.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "image.hpp"

namespace trine::data::detail {

// A row of 1 or 3 channels into a photo.
inline void separate(unsigned char const* row, std::size_t channels, std::size_t width, std::size_t y, image& to) {
    if (channels == 1) {
        std::copy_n(row, width, &to(0, y, 0));
        return;
    }
    std::uint8_t *const red = &to(0, y, 0), *const green = &to(1, y, 0), *const blue = &to(2, y, 0);
    for (std::size_t x = 0; x < width; ++x)
        red[x] = row[3 * x], green[x] = row[3 * x + 1], blue[x] = row[3 * x + 2];
}

// A row of a photo.
inline void interleave(image const& in, std::size_t y, unsigned char* to) {
    std::size_t const channels = in.channels, width = in.width;
    for (std::size_t c = 0; c < channels; ++c) {
        std::uint8_t const* const from = in.samples.data() + (c * in.height + y) * width;
        for (std::size_t x = 0; x < width; ++x)
            to[x * channels + c] = from[x];
    }
}

} // namespace trine::data::detail
