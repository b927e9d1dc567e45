#pragma once

#include <string_view>

#include "../core/config.hpp"
#include "image.hpp"

namespace trine::data {

/// How a photo has to be turned to stand upright, as cameras note it in EXIF: 1 not at all, 2 to 8 the other ways to
/// turn and mirror a rectangle. Whatever is damaged counts as 1.
///
/// @param exif  what follows "Exif\0\0" in a JPEG's marker: a small TIFF file
/// @see CIPA DC-008 (EXIF 2.32), tag 0x0112
int exif_orientation(std::string_view exif);

/// The photo upright.
///
/// @param orientation  as `exif_orientation` gives it
image upright(image in, int orientation);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "orientation_impl.hpp"
#endif
