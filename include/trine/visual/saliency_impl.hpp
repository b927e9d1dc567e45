#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "palette.hpp"
#include "saliency.hpp"

namespace trine::visual {

TRINE_INLINE data::image saliency_overlay(data::image const& photo, tensor<double, 2> const& saliency, double most) {
    require<shape_error>(saliency.shape(0) == photo.height && saliency.shape(1) == photo.width, "a saliency of ",
                         saliency.shape(0), "×", saliency.shape(1), " over a photo of ", photo.height, "×",
                         photo.width);
    auto const grey = data::with_channels(data::with_channels(photo, 1), 3);
    auto out = grey;
    for (std::size_t y = 0; y < photo.height; ++y)
        for (std::size_t x = 0; x < photo.width; ++x) {
            double const share = std::clamp(std::abs(saliency(y, x)) / std::max(most, 1e-12), 0.0, 1.0) * 0.75;
            auto const& ink = saliency(y, x) > 0 ? detail::orange : detail::blue;
            for (std::size_t c = 0; c < 3; ++c)
                out(c, y, x) = static_cast<std::uint8_t>((1 - share) * grey(c, y, x) + share * ink[c] + 0.5);
        }
    return out;
}

} // namespace trine::visual
