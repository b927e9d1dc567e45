#pragma once

/// Photos from files and back.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "image.hpp"
#include "jpeg.hpp"
#include "pixel_limit.hpp"
#include "png.hpp"

namespace trine::data {

/// Whether a file's name says that it is a photo of a kind that `load_image` reads: .jpg, .jpeg, .jpe, .jfif, .png,
/// .bmp, .pbm, .pgm, .ppm, .pnm, in small letters or large ones; and .webp, .gif, .tif, .tiff where `TRINE_WEBP`,
/// `TRINE_GIF`, `TRINE_TIFF` say that their libraries are there.
bool is_image_name(std::filesystem::path const& path);

/// What kind of photo a file is by its name, if it is one that `load_image` does not read ("HEIC", "AVIF",
/// "JPEG 2000"; "WebP", "GIF", "TIFF" without their libraries); otherwise nothing.
std::string_view unread_kind(std::filesystem::path const& path);

/// Reads a PBM, PGM, PPM, PNG, JPEG or BMP file, and WebP, GIF and TIFF where their libraries are there; what it is,
/// its first bytes say. It is turned upright as its EXIF says, and printing inks become light; transparency is left
/// out, and 16 bits become 8. What follows a photo's end in its file is not looked at.
///
/// @param most_pixels  a photo whose header says that it has more is refused before there is memory for it
/// @throws io_error      when it cannot be read, or is a folder, a pipe or a device, which are not opened
/// @throws format_error  when it is damaged, truncated, or of another kind
/// @throws data_error    when it has too many pixels, or there is no memory for them
image load_image(std::filesystem::path const& path, std::size_t most_pixels = most_pixels_by_default);

/// The same of a file's bytes.
///
/// @param name  what messages call it
/// @throws format_error, data_error  as `load_image`
image decode_image(std::string_view bytes, std::string const& name, std::size_t most_pixels = most_pixels_by_default);

/// Writes a PNG file.
///
/// @throws shape_error, io_error  as `encode_png`, and when it cannot be written; an old file is kept
void save_png(image const& in, std::filesystem::path const& path);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "image_io_impl.hpp"
#endif
