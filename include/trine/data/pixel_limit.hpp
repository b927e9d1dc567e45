#pragma once

/// How large a photo may be, so that a file of a few bytes that says it were huge does not take all memory.

#include <cstddef>
#include <cstdint>
#include <string>

#include "../core/error.hpp"

namespace trine::data {

/// Height times width of the largest photo that is read unless another limit is given: what phones take, and 600 MB in
/// colour.
inline constexpr std::size_t most_pixels_by_default = 200'000'000;

namespace detail {

// Asked with the size that a file's header says, before there is memory for it.
inline void require_pixels(std::string const& name, std::uint64_t height, std::uint64_t width, std::size_t most) {
    require<data_error>(height == 0 || width <= most / height, name, ": says that it has ", width, "×", height,
                        " pixels; photos of up to ", most, " are read (most_pixels, --most-pixels)");
}

} // namespace detail

} // namespace trine::data
