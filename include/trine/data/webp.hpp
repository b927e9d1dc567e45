#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "image.hpp"

#ifdef TRINE_WEBP

namespace trine::data {

/// Reads a WebP photo by libwebp, where there is one (`TRINE_WEBP`); turned upright as its EXIF says, and transparency
/// is left out.
///
/// @param bytes  the file, from "RIFF" on
/// @param name   what messages call it
/// @throws format_error  when it is damaged or truncated, or animated
/// @throws data_error    when it has more pixels than `most_pixels`, or there is no memory for them
/// @see RFC 9649
image decode_webp(std::string_view bytes, std::string const& name, std::size_t most_pixels);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "webp_impl.hpp"
#endif

#endif
