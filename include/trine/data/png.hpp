#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "image.hpp"

namespace trine::data {

/// Reads a PNG file by libpng; palettes become colours, 16 bits become 8, transparency is left out. What follows its
/// end is not looked at.
///
/// @param bytes  the file, from its signature on
/// @param name   what messages call it
/// @throws format_error  when it is damaged or truncated
/// @throws data_error    when it has more pixels than `most_pixels`
image decode_png(std::string_view bytes, std::string const& name, std::size_t most_pixels);

/// A photo as the bytes of a PNG file.
///
/// @throws shape_error  unless it has 1 to 4 channels and at least one pixel
/// @throws io_error     when there is no memory for it
std::string encode_png(image const& in);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "png_impl.hpp"
#endif
