#pragma once

#include <cstddef>
#include <cstdint>

#include <trine/data/image.hpp>

/// A photo on which no pixel is like its neighbours.
inline trine::data::image gradient_image(std::size_t channels, std::size_t height, std::size_t width) {
    trine::data::image i(channels, height, width);
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x)
                i(c, y, x) = static_cast<std::uint8_t>((17 * c + 3 * y + 5 * x) % 256);
    return i;
}

/// A photo of one grey, or with a colour of its own in each channel.
inline trine::data::image flat_image(std::size_t channels, std::size_t height, std::size_t width, int grey) {
    trine::data::image i(channels, height, width);
    for (auto& v : i.samples)
        v = static_cast<std::uint8_t>(grey);
    return i;
}

/// Whether a pixel of a picture is of a colour, within some steps of each channel.
inline bool is_ink(trine::data::image const& picture, std::size_t x, std::size_t y, int red, int green, int blue,
                   int within = 0) {
    auto const near = [&](std::size_t channel, int value) {
        int const difference = static_cast<int>(picture(channel, y, x)) - value;
        return difference >= -within && difference <= within;
    };
    return near(0, red) && near(1, green) && near(2, blue);
}

/// How many pixels are of a colour, within some steps of each channel.
inline std::size_t ink_count(trine::data::image const& picture, int red, int green, int blue, int within = 0) {
    std::size_t count = 0;
    for (std::size_t y = 0; y < picture.height; ++y)
        for (std::size_t x = 0; x < picture.width; ++x)
            count += is_ink(picture, x, y, red, green, blue, within);
    return count;
}
