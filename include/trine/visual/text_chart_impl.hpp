#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "text_chart.hpp"

namespace trine::visual {

TRINE_INLINE std::string text_chart(std::string const& name, std::vector<double> const& values, std::size_t width,
                                    std::size_t height) {
    require<argument_error>(width > 0 && height > 0, "a chart of ", width, "×", height, " characters");
    require<numeric_error>(all_finite(values.size(), values.data()), name, ": a value is not finite");
    std::string out = name;
    if (values.empty())
        return out + "\n";
    char number[32];
    std::snprintf(number, sizeof number, "  now %.4g", values.back());
    out.append(number).append("\n");
    std::size_t const columns = 2 * width, rows = 4 * height;
    std::vector<double> shown(columns);
    for (std::size_t c = 0; c < columns; ++c) {
        if (values.size() < columns) {
            double const place = static_cast<double>(c * (values.size() - 1)) / static_cast<double>(columns - 1);
            auto const i = static_cast<std::size_t>(place);
            shown[c] =
                values[i] + (place - static_cast<double>(i)) * (values[std::min(i + 1, values.size() - 1)] - values[i]);
            continue;
        }
        std::size_t const first = c * values.size() / columns, last = (c + 1) * values.size() / columns;
        for (std::size_t i = first; i < last; ++i)
            shown[c] += values[i] / static_cast<double>(last - first);
    }
    double const low = *std::min_element(shown.begin(), shown.end()),
                 high = *std::max_element(shown.begin(), shown.end()), range = high - low;
    // Bits of a Braille character's dots, by row from above and column.
    constexpr unsigned dots[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    std::vector<unsigned> cells(width * height, 0);
    auto const row_of = [&](double v) {
        return range > 0 ? static_cast<std::size_t>(std::lround((high - v) / range * static_cast<double>(rows - 1)))
                         : rows / 2;
    };
    for (std::size_t c = 0; c < columns; ++c) {
        // A line, not dots: from the value before to this one.
        std::size_t const to = row_of(shown[c]), from = c > 0 ? row_of(shown[c - 1]) : to;
        std::size_t const begin = from < to ? from + 1 : to, end = from > to ? from - 1 : to;
        for (std::size_t r = std::min(begin, to); r <= std::max(end, to); ++r)
            cells[r / 4 * width + c / 2] |= dots[r % 4][c % 2];
    }
    for (std::size_t r = 0; r < height; ++r) {
        std::string const blank(10, ' ');
        std::snprintf(number, sizeof number, "%9.4g ", r == 0 ? high : low);
        out += r == 0 || r + 1 == height ? std::string(number) : blank;
        for (std::size_t c = 0; c < width; ++c) {
            unsigned const code = 0x2800 + cells[r * width + c];
            out += {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
                    static_cast<char>(0x80 | (code & 0x3F))};
        }
        out += "\n";
    }
    return out;
}

} // namespace trine::visual
