#pragma once

/// What of a depthwise convolution's windows lies inside the image, and whether its rows are computed two at a time.

#include <algorithm>
#include <cstddef>

#include "convolution_shape.hpp"

namespace trine::kernels::detail {

// Which taps of a kernel that starts at `at` (which may be negative) meet an axis of `size` pixels.
struct tap_range {
    std::size_t first, last;
};
inline tap_range taps_inside(std::ptrdiff_t at, std::size_t kernel, std::size_t size) {
    auto const clip = [&](std::ptrdiff_t v) {
        return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(v, 0, static_cast<std::ptrdiff_t>(kernel)));
    };
    return {clip(-at), clip(static_cast<std::ptrdiff_t>(size) - at)};
}

// Pixels of a row that are computed together, so that a weight is loaded once for all of them.
inline constexpr std::size_t depthwise_tile = 4;

// Whether tiles of two rows may be used: one looks at most one column beyond the image, on either side.
inline bool depthwise_tiles_fit(convolution_shape const& s) {
    return s.kernel_height == 3 && s.kernel_width == 3 && s.stride == 1 && s.padding <= 1 &&
           s.out_width() >= depthwise_tile;
}

} // namespace trine::kernels::detail
