#pragma once

#include <cstddef>
#include <cstdint>

#include "orientation.hpp"

namespace trine::data {

TRINE_INLINE int exif_orientation(std::string_view exif) {
    if (exif.size() < 8)
        return 1;
    bool const big = exif.substr(0, 2) == "MM";
    if (!big && exif.substr(0, 2) != "II")
        return 1;
    // A number of so many bytes; 0 where the file ends.
    auto const number = [&](std::size_t at, std::size_t bytes) {
        std::uint32_t value = 0;
        if (at + bytes <= exif.size())
            for (std::size_t i = 0; i < bytes; ++i)
                value = value << 8 | static_cast<unsigned char>(exif[big ? at + i : at + bytes - 1 - i]);
        return value;
    };
    std::size_t const directory = number(4, 4), entries = number(directory, 2);
    for (std::size_t i = 0; i < entries; ++i) {
        std::size_t const at = directory + 2 + 12 * i;
        if (number(at, 2) == 0x0112) {
            // The format says two bytes; some write one or four.
            auto const kind = number(at + 2, 2);
            auto const value = number(at + 8, kind == 4 ? 4 : kind == 1 ? 1 : 2);
            return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
        }
    }
    return 1;
}

TRINE_INLINE image upright(image in, int orientation) {
    if (orientation <= 1 || orientation > 8)
        return in;
    // Each is an exchange of rows and columns or none, then from the bottom or not, from the right or not.
    bool const swaps = orientation >= 5,
               from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    bool const from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    image out(in.channels, swaps ? in.width : in.height, swaps ? in.height : in.width);
    for (std::size_t c = 0; c < out.channels; ++c)
        for (std::size_t y = 0; y < out.height; ++y)
            for (std::size_t x = 0; x < out.width; ++x) {
                std::size_t const row = swaps ? x : y, col = swaps ? y : x;
                out(c, y, x) = in(c, from_bottom ? in.height - 1 - row : row, from_right ? in.width - 1 - col : col);
            }
    return out;
}

} // namespace trine::data
