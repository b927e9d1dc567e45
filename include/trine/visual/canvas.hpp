#pragma once

/// What pictures are drawn on: CImg, for bodies alone.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>

#include "../data/cimg.hpp"
#include "../data/image.hpp"
#include "palette.hpp"

namespace trine::visual::detail {

using canvas = cimg_library::CImg<unsigned char>;

inline data::image to_image(canvas const& c) {
    data::image out(3, static_cast<std::size_t>(c.height()), static_cast<std::size_t>(c.width()));
    std::copy_n(c.data(), out.samples.size(), out.samples.begin());
    return out;
}

inline void text(canvas& c, int x, int y, std::string const& what, colour const& ink, int size = 16) {
    c.draw_text(x, y, "%s", ink.data(), static_cast<unsigned char const*>(nullptr), 1.0f, static_cast<unsigned>(size),
                what.c_str());
}

inline std::string number(double v) {
    char out[32];
    std::snprintf(out, sizeof out, std::abs(v) < 1e6 ? "%.6g" : "%.3g",
                  std::abs(v) < 1e6 ? std::round(v * 1e6) / 1e6 : v);
    return out;
}

// A step of 1, 2 or 5 times a power of ten that cuts a range into some five parts.
inline double tick(double range) {
    double const rough = std::max(range, 1e-9) / 5, power = std::pow(10.0, std::floor(std::log10(rough)));
    for (double step : {1.0, 2.0, 5.0})
        if (step * power >= rough)
            return step * power;
    return 10 * power;
}

inline int text_width(std::string const& what, int size) {
    canvas measure;
    unsigned char const ink[1] = {255};
    measure.draw_text(0, 0, "%s", ink, static_cast<unsigned char const*>(nullptr), 1.0f, static_cast<unsigned>(size),
                      what.c_str());
    return measure.width();
}

// Text on a white ground that lets it be read over photos.
inline void label_text(canvas& c, int x, int y, std::string const& what, colour const& ink, int size) {
    int const width = text_width(what, size);
    c.draw_rectangle(x - width / 2 - 4, y - size / 2 - 2, x + width / 2 + 4, y + size / 2 + 3, white.data(), 0.85f);
    text(c, x - width / 2, y - size / 2, what, ink, size);
}

} // namespace trine::visual::detail
