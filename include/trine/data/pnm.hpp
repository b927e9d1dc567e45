#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "image.hpp"

namespace trine::data {

/// Reads a PBM, PGM or PPM file, binary or text (P1 to P6); 16 bits become 8.
///
/// @param bytes  the file, from its "P" on
/// @param name   what messages call it
/// @throws format_error  when it is damaged or truncated
/// @throws data_error    when it has more pixels than `most_pixels`
image decode_pnm(std::string_view bytes, std::string const& name, std::size_t most_pixels);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "pnm_impl.hpp"
#endif
