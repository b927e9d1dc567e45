#pragma once

#include <algorithm>
#include <cctype>
#include <new>
#include <system_error>

#include "../core/error.hpp"
#include "../io/file.hpp"
#include "bmp.hpp"
#include "gif.hpp"
#include "image_io.hpp"
#include "pnm.hpp"
#include "tiff.hpp"
#include "webp.hpp"

namespace trine::data {

namespace detail {

inline std::string small_extension(std::filesystem::path const& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension;
}

// What kind of photo a file is by its first bytes, of those that are read only where their libraries are there, or not
// at all.
inline std::string_view rarer_kind_of(std::string_view bytes) {
    if (bytes.starts_with("GIF8"))
        return "GIF";
    auto const at = [&](std::size_t place) { return bytes.size() >= place + 4 ? bytes.substr(place, 4) : ""; };
    if (at(0) == "RIFF" && at(8) == "WEBP")
        return "WebP";
    // 42, and 43 of files beyond 4 GB, after the order of bytes.
    for (char const* start : {"II*", "II+", "MM\0*", "MM\0+"})
        if (bytes.starts_with(std::string_view(start, *start == 'I' ? 3 : 4)))
            return "TIFF";
    if (at(4) == "ftyp")
        return at(8) == "avif" ? "AVIF" : "HEIC";
    if (at(4) == "jP  " || bytes.starts_with("\xff\x4f\xff\x51"))
        return "JPEG 2000";
    return {};
}

struct named_kind {
    char const *extension, *kind;
};
constexpr named_kind rarer_kinds[] = {{".webp", "WebP"}, {".gif", "GIF"},       {".tif", "TIFF"},
                                      {".tiff", "TIFF"}, {".heic", "HEIC"},     {".heif", "HEIC"},
                                      {".avif", "AVIF"}, {".jp2", "JPEG 2000"}, {".j2k", "JPEG 2000"}};

constexpr bool reads_webp =
#ifdef TRINE_WEBP
    true;
#else
    false;
#endif
constexpr bool reads_gif =
#ifdef TRINE_GIF
    true;
#else
    false;
#endif
constexpr bool reads_tiff =
#ifdef TRINE_TIFF
    true;
#else
    false;
#endif

inline bool is_read(std::string_view kind) {
    return (kind == "WebP" && reads_webp) || (kind == "GIF" && reads_gif) || (kind == "TIFF" && reads_tiff);
}

inline image decode_any(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    if (bytes.starts_with("\xff\xd8\xff"))
        return decode_jpeg(bytes, name, most_pixels);
    if (bytes.starts_with("\x89PNG\r\n\x1a\n"))
        return decode_png(bytes, name, most_pixels);
    if (bytes.starts_with("BM"))
        return decode_bmp(bytes, name, most_pixels);
    if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6')
        return decode_pnm(bytes, name, most_pixels);
    auto const kind = rarer_kind_of(bytes);
#ifdef TRINE_WEBP
    if (kind == "WebP")
        return decode_webp(bytes, name, most_pixels);
#endif
#ifdef TRINE_GIF
    if (kind == "GIF")
        return decode_gif(bytes, name, most_pixels);
#endif
#ifdef TRINE_TIFF
    if (kind == "TIFF")
        return decode_tiff(bytes, name, most_pixels);
#endif
    fail<format_error>(name, ": is not a PGM, PPM, PNG, JPEG or BMP photo", kind.empty() ? "" : " but one of kind ",
                       kind, kind.empty() ? "" : ", which is not read: save it as PNG or JPEG");
}

} // namespace detail

TRINE_INLINE bool is_image_name(std::filesystem::path const& path) {
    auto const extension = detail::small_extension(path);
    for (char const* known : {".pgm", ".ppm", ".pnm", ".pbm", ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".bmp"})
        if (extension == known)
            return true;
    for (auto const& [known, kind] : detail::rarer_kinds)
        if (extension == known)
            return detail::is_read(kind);
    return false;
}

TRINE_INLINE std::string_view unread_kind(std::filesystem::path const& path) {
    auto const extension = detail::small_extension(path);
    for (auto const& [known, kind] : detail::rarer_kinds)
        if (extension == known && !detail::is_read(kind))
            return kind;
    return {};
}

TRINE_INLINE image decode_image(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    try {
        return detail::decode_any(bytes, name, most_pixels);
    } catch (std::bad_alloc const&) {
        fail<data_error>(name, ": there is no memory for its pixels");
    }
}

TRINE_INLINE image load_image(std::filesystem::path const& path, std::size_t most_pixels) {
    std::string const name = path.string();
    std::error_code code;
    // As text, a pixel takes at most 18 bytes.
    auto const size = std::filesystem::file_size(path, code);
    require<data_error>(code || size / 32 <= most_pixels + 1'000'000, name, ": has ", size,
                        " bytes, more than a photo of ", most_pixels, " pixels (most_pixels, --most-pixels)");
    return decode_image(io::read_file(path), name, most_pixels);
}

TRINE_INLINE void save_png(image const& in, std::filesystem::path const& path) { io::write_file(path, encode_png(in)); }

} // namespace trine::data
