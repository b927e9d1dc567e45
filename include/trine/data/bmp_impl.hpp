#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "../core/error.hpp"
#include "bmp.hpp"
#include "pixel_limit.hpp"

namespace trine::data {

namespace detail {

// A colour's bits in a pixel of 16 or 32.
struct bmp_field {
    std::uint32_t mask;

    std::uint8_t operator()(std::uint32_t pixel) const {
        if (mask == 0)
            return 0;
        int const shift = std::countr_zero(mask);
        return static_cast<std::uint8_t>(std::uint64_t{(pixel & mask) >> shift} * 255 / (mask >> shift));
    }
};

} // namespace detail

TRINE_INLINE image decode_bmp(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    // A number of so many bytes, the lowest first; 0 where the file ends.
    auto const number = [&](std::size_t at, std::size_t count) {
        std::uint32_t value = 0;
        if (at <= bytes.size() && count <= bytes.size() - at)
            for (std::size_t i = count; i-- > 0;)
                value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
        return value;
    };
    std::size_t const header = number(14, 4);
    bool const is_old = header == 12; // OS/2's: sizes of 16 bits, a palette of three bytes a colour
    require<format_error>(bytes.size() >= 14 + (is_old ? 12 : 40) && (is_old || (header >= 40 && header <= 1024)), name,
                          ": damaged BMP: a header of ", header, " bytes in a file of ", bytes.size());
    auto const side = [&](std::size_t at) { return std::int64_t{static_cast<std::int32_t>(number(at, 4))}; };
    std::int64_t const across = is_old ? number(18, 2) : side(18), down = is_old ? number(20, 2) : side(22);
    std::size_t const bits = number(is_old ? 24 : 28, 2), coding = is_old ? 0 : number(30, 4);
    require<format_error>(across > 0 && down != 0, name, ": damaged BMP: it has ", across, "×", down, " pixels");
    auto const width = static_cast<std::size_t>(across), height = static_cast<std::size_t>(down < 0 ? -down : down);
    bool const has_fields = (coding == 3 || coding == 6) && (bits == 16 || bits == 32);
    require<format_error>(coding == 0 || has_fields, name, ": a compressed BMP, which is not read (compression ",
                          coding, "); save it uncompressed, or as PNG or JPEG");
    require<format_error>(bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32, name,
                          ": damaged BMP: ", bits, " bits a pixel");
    detail::require_pixels(name, height, width, most_pixels);
    std::size_t const first = number(10, 4), row = (width * bits + 31) / 32 * 4,
                      last = (width * bits + 7) / 8; // bytes of the last row, which may not be filled up
    require<format_error>(first >= 14 + header && first <= bytes.size() && last <= bytes.size() - first &&
                              height - 1 <= (bytes.size() - first - last) / row,
                          name, ": truncated BMP: ", bytes.size(), " bytes for ", height, " rows of ", row,
                          " from byte ", first, " on");
    std::vector<std::array<std::uint8_t, 3>> palette; // red, green, blue; black where the file says nothing
    if (bits <= 8) {
        std::size_t const entry = is_old ? 3 : 4, begin = 14 + header;
        std::size_t const said = is_old ? 0 : number(46, 4), possible = std::size_t{1} << bits,
                          count = std::min(said == 0 || said > possible ? possible : said, (first - begin) / entry);
        palette.resize(possible);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t c = 0; c < 3; ++c)
                palette[i][c] = static_cast<std::uint8_t>(bytes[begin + i * entry + 2 - c]);
    }
    detail::bmp_field const fields[3] = {{has_fields   ? number(54, 4)
                                          : bits == 16 ? 0x7C00
                                                       : 0xFF0000},
                                         {has_fields   ? number(58, 4)
                                          : bits == 16 ? 0x03E0
                                                       : 0xFF00},
                                         {has_fields   ? number(62, 4)
                                          : bits == 16 ? 0x001F
                                                       : 0xFF}};
    image out(3, height, width);
    for (std::size_t y = 0; y < height; ++y) {
        std::size_t const start = first + (down < 0 ? y : height - 1 - y) * row;
        for (std::size_t x = 0; x < width; ++x) {
            auto const byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[start + at]); };
            if (bits == 24)
                for (std::size_t c = 0; c < 3; ++c)
                    out(c, y, x) = byte(3 * x + 2 - c);
            else if (bits <= 8) {
                std::size_t const place = x * bits;
                auto const& colour = palette[static_cast<std::size_t>(byte(place / 8) >> (8 - bits - place % 8)) &
                                             ((std::size_t{1} << bits) - 1)];
                for (std::size_t c = 0; c < 3; ++c)
                    out(c, y, x) = colour[c];
            } else {
                std::uint32_t const pixel = number(start + x * bits / 8, bits / 8);
                for (std::size_t c = 0; c < 3; ++c)
                    out(c, y, x) = fields[c](pixel);
            }
        }
    }
    return out;
}

} // namespace trine::data
