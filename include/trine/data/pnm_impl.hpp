#pragma once

#include <algorithm>
#include <cstdint>

#include "../core/error.hpp"
#include "pixel_limit.hpp"
#include "pnm.hpp"

namespace trine::data {

namespace detail {

// What PNM files are made of besides samples: white space, comments, numbers.
struct pnm_text {
    std::string_view bytes;
    std::string const& name;
    std::size_t at = 2;

    static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    void skip_space() {
        while (at < bytes.size() && (is_space(bytes[at]) || bytes[at] == '#'))
            if (bytes[at++] == '#')
                while (at < bytes.size() && bytes[at] != '\n' && bytes[at] != '\r')
                    ++at;
    }
    // The whole number: one with more digits than a size can have is refused, not cut in two.
    std::size_t number(char const* what) {
        skip_space();
        require<format_error>(at < bytes.size() && is_digit(bytes[at]), name, ": damaged PNM: its ", what,
                              " is not a number, or missing");
        std::size_t value = 0;
        for (; at < bytes.size() && is_digit(bytes[at]); ++at) {
            value = value * 10 + static_cast<std::size_t>(bytes[at] - '0');
            require<format_error>(value < 0x7FFFFFFF, name, ": damaged PNM: its ", what, " is too large");
        }
        return value;
    }
    // A bit of a text file may stand against the next.
    std::size_t bit() {
        skip_space();
        require<format_error>(at < bytes.size() && (bytes[at] == '0' || bytes[at] == '1'), name,
                              ": damaged PNM: a pixel is not 0 or 1, or missing");
        return static_cast<std::size_t>(bytes[at++] - '0');
    }
};

} // namespace detail

TRINE_INLINE image decode_pnm(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    require<format_error>(bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6', name,
                          ": is not a PBM, PGM or PPM");
    int const kind = bytes[1] - '0';
    bool const is_text = kind <= 3, is_bits = kind == 1 || kind == 4;
    detail::pnm_text text{bytes, name};
    std::size_t const width = text.number("width"), height = text.number("height"),
                      most = is_bits ? 1 : text.number("largest value");
    require<format_error>(width > 0 && height > 0, name, ": damaged PNM: it has no pixels");
    require<format_error>(most > 0 && most < 65536, name, ": damaged PNM: a largest value of ", most);
    detail::require_pixels(name, height, width, most_pixels);
    std::size_t const channels = kind == 3 || kind == 6 ? 3 : 1, pixels = height * width;
    // One byte of white space ends the header.
    require<format_error>(text.at < bytes.size() && detail::pnm_text::is_space(bytes[text.at]), name,
                          ": damaged PNM: nothing follows its header");
    std::size_t const first = text.at + 1, there = bytes.size() - first;
    std::size_t const row = is_bits ? (width + 7) / 8 : width * channels * (most > 255 ? 2 : 1);
    // Text has at least a digit for a sample, and white space between them where they are no bits.
    if (std::size_t const needed = is_text ? pixels * channels * (is_bits ? 1 : 2) - !is_bits : row * height;
        there < needed)
        fail<format_error>(name, ": truncated PNM: ", bytes.size(), " bytes of ", is_text ? "at least " : "",
                           first + needed);
    image out(channels, height, width);
    auto const put = [&](std::size_t pixel, std::size_t c, std::size_t value) {
        out.samples[c * pixels + pixel] = static_cast<std::uint8_t>(std::min(value, most) * 255 / most);
    };
    if (is_text) {
        text.at = first;
        for (std::size_t i = 0; i < pixels; ++i)
            for (std::size_t c = 0; c < channels; ++c)
                put(i, c, is_bits ? 1 - text.bit() : text.number("sample")); // a bit of 1 is black
        return out;
    }
    if (most == 255) { // nearly all files: nothing to scale
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t i = 0; i < pixels; ++i)
                out.samples[c * pixels + i] = static_cast<std::uint8_t>(bytes[first + i * channels + c]);
        return out;
    }
    auto const byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])); };
    for (std::size_t y = 0; y < height; ++y) {
        std::size_t const start = first + y * row;
        for (std::size_t x = 0; x < width; ++x)
            for (std::size_t c = 0; c < channels; ++c) {
                std::size_t const sample = x * channels + c;
                put(y * width + x, c,
                    is_bits      ? 1 - (byte(start + x / 8) >> (7 - x % 8) & 1)
                    : most > 255 ? byte(start + 2 * sample) * 256 + byte(start + 2 * sample + 1)
                                 : byte(start + sample));
            }
    }
    return out;
}

} // namespace trine::data
