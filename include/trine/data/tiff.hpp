#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "image.hpp"

#ifdef TRINE_TIFF

namespace trine::data {

/// Reads the first picture of a TIFF file by libtiff 4.5 or newer, where there is one (`TRINE_TIFF`): what that makes
/// red, green and blue of, with up to 16 bits a sample, which become 8. It is turned upright as the file says;
/// transparent pixels stand before black.
///
/// @param bytes  the file, from its signature on
/// @param name   what messages call it
/// @throws format_error  when it is damaged or truncated, or of a kind that libtiff does not turn into colours
/// @throws data_error    when it has more pixels than `most_pixels`, or there is no memory for them
/// @see Adobe, TIFF, revision 6.0
image decode_tiff(std::string_view bytes, std::string const& name, std::size_t most_pixels);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "tiff_impl.hpp"
#endif

#endif
