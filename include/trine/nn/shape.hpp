#pragma once

#include <cstddef>
#include <string>

#include "describe.hpp"

namespace trine::nn {

/// Channels, height and width of one image or feature map; a vector of D values is `shape<D, 1, 1>`.
template <std::size_t C, std::size_t H = 1, std::size_t W = 1>
struct shape {
    static_assert(C > 0 && H > 0 && W > 0, "a shape has at least one channel, row and column");
    static constexpr std::size_t channels = C, height = H, width = W;
    static constexpr std::size_t pixels = H * W;
    static constexpr std::size_t size = C * H * W;

    static std::string text() { return detail::shape_text(C, H, W); }
};

/// Scalars in whole cache lines: tapes, scratch and prepared weights are made of such pieces, so that each starts on a
/// line of its own.
constexpr std::size_t whole_lines(std::size_t scalars) { return (scalars + 15) / 16 * 16; }

/// What a compile error shows when a layer meets a shape that it cannot take: the layer, the shape it got, and the one
/// it needs.
template <class Layer, class Got, class Needs, bool fits>
struct layer_fits {
    static_assert(fits, "this layer does not fit its input: see layer_fits<layer, shape it got, shape it needs> in the "
                        "lines around this one");
    static constexpr bool value = fits;
};

} // namespace trine::nn
