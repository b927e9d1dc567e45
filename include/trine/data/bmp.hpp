#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "image.hpp"

namespace trine::data {

/// Reads a BMP file that is not compressed: 1, 4 or 8 bits of a palette, 16, 24 or 32 of colours, from the bottom or
/// from the top. Always in colour; transparency is left out.
///
/// @param bytes  the file, from its "BM" on
/// @param name   what messages call it
/// @throws format_error  when it is damaged, truncated or compressed
/// @throws data_error    when it has more pixels than `most_pixels`
image decode_bmp(std::string_view bytes, std::string const& name, std::size_t most_pixels);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "bmp_impl.hpp"
#endif
