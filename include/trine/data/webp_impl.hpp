#pragma once

#include "webp.hpp"

#ifdef TRINE_WEBP

#include <cstdint>
#include <new>
#include <vector>

#include <webp/decode.h>

#include "../core/error.hpp"
#include "orientation.hpp"
#include "pixel_limit.hpp"
#include "pixel_rows.hpp"

namespace trine::data {

namespace detail {

// What a chunk of such a name holds, or nothing: chunks are a name, a size, and an even number of bytes.
inline std::string_view webp_chunk(std::string_view bytes, std::string_view wanted) {
    for (std::size_t at = 12; at + 8 <= bytes.size();) {
        std::size_t size = 0;
        for (std::size_t i = 4; i-- > 0;)
            size = size << 8 | static_cast<unsigned char>(bytes[at + 4 + i]);
        if (bytes.substr(at, 4) == wanted)
            return bytes.substr(at + 8, size);
        at += 8 + size + size % 2;
    }
    return {};
}

[[noreturn]] inline void fail_webp(std::string const& name, VP8StatusCode status) {
    if (status == VP8_STATUS_OUT_OF_MEMORY)
        throw std::bad_alloc();
    fail<format_error>(name, ": damaged WebP", status == VP8_STATUS_NOT_ENOUGH_DATA ? ": it ends too early" : "");
}

} // namespace detail

TRINE_INLINE image decode_webp(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    auto const* const data = reinterpret_cast<std::uint8_t const*>(bytes.data());
    WebPDecoderConfig config;
    require<format_error>(WebPInitDecoderConfig(&config) != 0, name, ": libwebp is of another version than its header");
    if (auto const status = WebPGetFeatures(data, bytes.size(), &config.input); status != VP8_STATUS_OK)
        detail::fail_webp(name, status);
    require<format_error>(config.input.has_animation == 0, name,
                          ": is an animated WebP, which is not read: save one picture of it");
    auto const height = static_cast<std::size_t>(config.input.height),
               width = static_cast<std::size_t>(config.input.width);
    detail::require_pixels(name, height, width, most_pixels);
    std::vector<std::uint8_t> rows(height * width * 3);
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = {rows.data(), static_cast<int>(width * 3), rows.size()};
    auto const status = WebPDecode(data, bytes.size(), &config);
    WebPFreeDecBuffer(&config.output);
    if (status != VP8_STATUS_OK)
        detail::fail_webp(name, status == VP8_STATUS_SUSPENDED ? VP8_STATUS_NOT_ENOUGH_DATA : status);
    image pixels(3, height, width);
    for (std::size_t y = 0; y < height; ++y)
        detail::separate(rows.data() + y * width * 3, 3, width, y, pixels);
    auto exif = detail::webp_chunk(bytes, "EXIF");
    if (exif.starts_with(std::string_view("Exif\0\0", 6)))
        exif.remove_prefix(6);
    return upright(std::move(pixels), exif_orientation(exif));
}

} // namespace trine::data

#endif
