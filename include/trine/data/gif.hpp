#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "image.hpp"

#ifdef TRINE_GIF

namespace trine::data {

/// Reads the first picture of a GIF file by giflib, where there is one (`TRINE_GIF`). What the picture leaves uncovered
/// has the colour of the background; transparency is left out.
///
/// @param bytes  the file, from its signature on
/// @param name   what messages call it
/// @throws format_error  when it is damaged or truncated
/// @throws data_error    when it has more pixels than `most_pixels`, or there is no memory for them
/// @see CompuServe, Graphics Interchange Format, version 89a
image decode_gif(std::string_view bytes, std::string const& name, std::size_t most_pixels);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "gif_impl.hpp"
#endif

#endif
