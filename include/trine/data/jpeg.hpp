#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "image.hpp"

namespace trine::data {

/// Reads a JPEG file by libjpeg, upright as its EXIF says; printing inks become light.
///
/// @param bytes  the file, from its first marker on
/// @param name   what messages call it
/// @throws format_error  when it is damaged or truncated
/// @throws data_error    when it has more pixels than `most_pixels`, or there is no memory for them
image decode_jpeg(std::string_view bytes, std::string const& name, std::size_t most_pixels);

/// A photo as the bytes of a JPEG file.
///
/// @param quality  1 to 100; from about 85 on, differences can hardly be seen
/// @throws argument_error  when the quality is another
/// @throws shape_error     unless the photo has 1 or 3 channels and at least one pixel, and no side is longer than
/// 65500, a JPEG's limit
std::string encode_jpeg(image const& in, int quality = 85);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "jpeg_impl.hpp"
#endif
