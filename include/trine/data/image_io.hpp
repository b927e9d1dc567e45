#pragma once

/// Photos from files and back.

#include <filesystem>
#include <string>

#include "../core/config.hpp"
#include "image.hpp"

namespace trine::data {

/// Whether a file's name says that it is a photo of a kind that `load_image` reads.
bool is_image_name(std::filesystem::path const& path);

/// Reads a PGM, PPM, PNG, JPEG or BMP file; what it is, its first bytes say. A JPEG is turned upright as its EXIF says,
/// and printing inks become light; transparency is left out, and 16 bits become 8.
///
/// @throws io_error      when it cannot be read
/// @throws format_error  when it is damaged, truncated, or of another kind
image load_image(std::filesystem::path const& path);

/// A photo as the bytes of a PNG file.
///
/// @throws io_error  when there is no memory for it
std::string encode_png(image const& in);

/// Writes a PNG file.
///
/// @throws io_error  when it cannot be written; an old file is kept
void save_png(image const& in, std::filesystem::path const& path);

/// A photo as the bytes of a JPEG file.
///
/// @param quality  1 to 100; from about 85 on, differences can hardly be seen
/// @throws argument_error  when the quality is another
/// @throws shape_error     unless the photo has 1 or 3 channels and at least one pixel, and no side is longer than
/// 65500, a JPEG's limit
std::string encode_jpeg(image const& in, int quality = 85);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "image_io_impl.hpp"
#endif
