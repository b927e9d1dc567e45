#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "../core/error.hpp"
#include "augmentation.hpp"

namespace trine::data {

TRINE_INLINE void augmentation::check() const {
    auto const in_range = [](char const* what, double value, double most) {
        require<argument_error>(value >= 0 && value <= most, "an augmentation's ", what, " of ", value,
                                ": it has to lie between 0 and ", most);
    };
    in_range("flip", flip, 1), in_range("shift", shift, 1e6), in_range("rotation", rotation, 1e6);
    in_range("scale", scale, 1e6), in_range("brightness", brightness, 1e6), in_range("contrast", contrast, 1e6);
    in_range("erase", erase, 1), in_range("erase_area", erase_area, 1);
}

TRINE_INLINE void augmentation::operator()(std::uint8_t const* photo, std::size_t channels, std::size_t height,
                                           std::size_t width, random_stream& random, float* out) const {
    check();
    double const h = static_cast<double>(height), w = static_cast<double>(width);
    // All draws are made whatever the strengths, so that one setting does not change what another draws.
    double const mirrored = random.chance(flip) ? -1 : 1;
    double const dx = random.uniform(-shift, shift) * w, dy = random.uniform(-shift, shift) * h;
    double const angle = random.uniform(-rotation, rotation) * std::numbers::pi / 180,
                 zoom = std::exp(random.uniform(-1, 1) * std::log1p(scale));
    double const bright = random.uniform(-brightness, brightness) * 2,
                 steep = std::exp(random.uniform(-1, 1) * std::log1p(contrast));
    double const cos = std::cos(angle) / zoom, sin = std::sin(angle) / zoom, cx = (w - 1) / 2, cy = (h - 1) / 2;
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) {
            double const u = mirrored * (static_cast<double>(x) - cx) - dx, v = static_cast<double>(y) - cy - dy;
            double const sx = std::clamp(cx + cos * u - sin * v, 0.0, w - 1),
                         sy = std::clamp(cy + sin * u + cos * v, 0.0, h - 1);
            auto const x0 = static_cast<std::size_t>(sx), y0 = static_cast<std::size_t>(sy);
            std::size_t const x1 = std::min(x0 + 1, width - 1), y1 = std::min(y0 + 1, height - 1);
            double const fx = sx - static_cast<double>(x0), fy = sy - static_cast<double>(y0);
            for (std::size_t c = 0; c < channels; ++c) {
                std::uint8_t const* p = photo + c * height * width;
                double const top = p[y0 * width + x0] + fx * (p[y0 * width + x1] - p[y0 * width + x0]);
                double const bottom = p[y1 * width + x0] + fx * (p[y1 * width + x1] - p[y1 * width + x0]);
                double const value = (top + fy * (bottom - top)) / 127.5 - 1;
                out[(c * height + y) * width + x] = static_cast<float>(std::clamp(value * steep + bright, -1.0, 1.0));
            }
        }
    double const erased = random.uniform(), area = random.uniform(0.02, 1) * erase_area * h * w,
                 ratio = std::exp(random.uniform(-1, 1));
    double const ry = random.uniform(), rx = random.uniform();
    if (erased < erase) {
        auto const eh = std::min(height, static_cast<std::size_t>(std::sqrt(area * ratio))),
                   ew = std::min(width, static_cast<std::size_t>(std::sqrt(area / ratio)));
        auto const top = static_cast<std::size_t>(ry * static_cast<double>(height - eh + 1)),
                   left = static_cast<std::size_t>(rx * static_cast<double>(width - ew + 1));
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t y = top; y < top + eh; ++y)
                std::fill_n(out + (c * height + y) * width + left, ew, 0.0f);
    }
}

} // namespace trine::data
