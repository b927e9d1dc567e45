#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "../core/error.hpp"
#include "canvas.hpp"
#include "pictures.hpp"

namespace trine::visual {

TRINE_INLINE data::image line_chart(std::string const& title, std::string const& x_name,
                                    std::vector<series> const& lines, chart_axes const& axes) {
    using namespace detail;
    int const width = 900, height = 520, left = 80, right = 30, top = 82, bottom = 70;
    canvas c(static_cast<unsigned>(width), static_cast<unsigned>(height), 1, 3, 255);
    double low = 0, high = 1e-9;
    std::size_t count = 1;
    for (auto const& line : lines) {
        count = std::max(count, line.values.size());
        for (double v : line.values)
            if (std::isfinite(v))
                low = std::min(low, v), high = std::max(high, v);
    }
    double const step = tick(high - low);
    low = std::floor(low / step) * step, high = std::ceil(high / step) * step;
    auto const px = [&](double x) {
        return left + static_cast<int>(std::lround((count > 1 ? (x - 1) / static_cast<double>(count - 1) : 0.5) *
                                                   (width - left - right)));
    };
    auto const py = [&](double y) {
        return height - bottom - static_cast<int>(std::lround((y - low) / (high - low) * (height - top - bottom)));
    };
    text(c, left, 16, title, black, 22);
    for (double y = low; y <= high + step / 2; y += step) {
        c.draw_line(left, py(y), width - right, py(y), light.data());
        double const value = std::abs(y) < step / 2 ? 0 : y;
        text(c, 12, py(y) - 9, number(axes.powers_of_ten ? std::pow(10.0, value) : value), black);
    }
    double const x_step = axes.places.empty() ? std::max(1.0, tick(static_cast<double>(count) - 1)) : 1;
    for (double x = 1; x <= static_cast<double>(count); x = x == 1 && x_step > 1 ? x_step : x + x_step) {
        c.draw_line(px(x), height - bottom, px(x), height - bottom + 6, black.data());
        auto const place = static_cast<std::size_t>(x) - 1;
        std::string const label = place < axes.places.size() ? axes.places[place] : number(x);
        int const length = static_cast<int>(label.size());
        text(c, std::min(px(x) - 4 * length, width - 9 * length), height - bottom + 10, label, black);
    }
    c.draw_line(left, top, left, height - bottom, black.data());
    c.draw_line(left, height - bottom, width - right, height - bottom, black.data());
    text(c, (left + width - right) / 2 - 25, height - 30, x_name, black, 18);
    colour const inks[] = {blue, orange, green};
    int legend = left; // above the lines, which may be anywhere below
    for (std::size_t l = 0; l < lines.size() && l < 3; ++l) {
        auto const& values = lines[l].values;
        std::size_t last = values.size(); // of the points before, if any; a value that is not finite is left out
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!std::isfinite(values[i]))
                continue;
            int const x = px(static_cast<double>(i) + 1), y = py(values[i]);
            c.draw_circle(x, y, 2, inks[l].data());
            if (last < i)
                for (int thick = 0; thick < 2; ++thick)
                    c.draw_line(px(static_cast<double>(last) + 1), py(values[last]) + thick, x, y + thick,
                                inks[l].data());
            last = i;
        }
        c.draw_rectangle(legend, 58, legend + 24, 61, inks[l].data());
        text(c, legend + 32, 51, lines[l].name, black);
        legend += 64 + 9 * static_cast<int>(lines[l].name.size());
    }
    return to_image(c);
}

TRINE_INLINE data::image interval_chart(std::string const& title, std::string const& x_name,
                                        std::vector<interval_row> const& rows, std::size_t baseline) {
    using namespace detail;
    int const left = 430, right = 40, top = 60, line = 30, bottom = 70, width = 1000,
              height = top + bottom + line * static_cast<int>(rows.size());
    canvas c(static_cast<unsigned>(width), static_cast<unsigned>(height), 1, 3, 255);
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (auto const& r : rows) {
        double const half = std::isfinite(r.half_width) ? r.half_width : 0;
        if (std::isfinite(r.mean))
            low = std::min(low, r.mean - half), high = std::max(high, r.mean + half);
    }
    if (!(low < high))
        low = std::isfinite(low) ? low - 0.5 : 0, high = low + 1;
    double const step = tick(high - low);
    low = std::floor(low / step) * step, high = std::ceil(high / step) * step;
    auto const px = [&](double x) {
        return left + static_cast<int>(std::lround((x - low) / (high - low) * (width - left - right)));
    };
    text(c, 20, 16, title, black, 22);
    for (double x = low; x <= high + step / 2; x += step) {
        c.draw_line(px(x), top, px(x), height - bottom, light.data());
        auto const label = number(std::abs(x) < step / 2 ? 0 : x);
        text(c, px(x) - 4 * static_cast<int>(label.size()), height - bottom + 10, label, black);
    }
    text(c, (left + width - right) / 2 - 5 * static_cast<int>(x_name.size()), height - 32, x_name, black, 18);
    if (baseline < rows.size() && std::isfinite(rows[baseline].mean))
        for (int y = top; y < height - bottom; y += 8)
            c.draw_line(px(rows[baseline].mean), y, px(rows[baseline].mean), y + 4, grey.data());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const& r = rows[i];
        int const y = top + line * static_cast<int>(i) + line / 2;
        text(c, 20, y - 9, r.name, black);
        if (!std::isfinite(r.mean))
            continue;
        colour const& ink = i == baseline ? orange : blue;
        if (std::isfinite(r.half_width)) {
            int const from = px(r.mean - r.half_width), to = px(r.mean + r.half_width);
            for (int thick = 0; thick < 2; ++thick)
                c.draw_line(from, y + thick, to, y + thick, ink.data());
            c.draw_line(from, y - 5, from, y + 6, ink.data());
            c.draw_line(to, y - 5, to, y + 6, ink.data());
        }
        c.draw_circle(px(r.mean), y, 5, ink.data());
    }
    c.draw_line(left, height - bottom, width - right, height - bottom, black.data());
    return to_image(c);
}

TRINE_INLINE data::image montage(std::string const& title, std::vector<montage_row> const& rows) {
    using namespace detail;
    require<data_error>(!rows.empty(), "a montage needs at least one row");
    int const cell = 112, gap = 14, line = 22, head = 54;
    std::size_t matches = 0;
    for (auto const& r : rows)
        matches = std::max(matches, r.matches.size());
    int const width = std::max(420, 40 + static_cast<int>(matches + 1) * (cell + gap) + gap),
              height = head + static_cast<int>(rows.size()) * (cell + line + gap) + gap;
    canvas c(static_cast<unsigned>(width), static_cast<unsigned>(height), 1, 3, 255);
    text(c, gap, 14, title, black, 20);
    auto const put = [&](data::image const& photo, int x, int y, std::string caption) {
        double const scale = cell / static_cast<double>(std::max(photo.width, photo.height));
        auto const shown = data::with_channels(
            data::resized(photo, static_cast<std::size_t>(std::lround(scale * static_cast<double>(photo.height))),
                          static_cast<std::size_t>(std::lround(scale * static_cast<double>(photo.width))),
                          data::fit::stretch),
            3);
        c.draw_image(x + (cell - static_cast<int>(shown.width)) / 2, y + (cell - static_cast<int>(shown.height)) / 2,
                     canvas(shown.samples.data(), static_cast<unsigned>(shown.width),
                            static_cast<unsigned>(shown.height), 1, 3));
        if (caption.size() > 15)
            caption = caption.substr(0, 14) + "~";
        text(c, x, y + cell + 3, caption, black, 14);
    };
    auto const frame = [&](int x, int y, colour const& ink) {
        for (int t = 1; t <= 4; ++t)
            c.draw_rectangle(x - t, y - t, x + cell + t - 1, y + cell + t - 1, ink.data(), 1.0f, ~0u);
    };
    for (std::size_t r = 0; r < rows.size(); ++r) {
        int const y = head + static_cast<int>(r) * (cell + line + gap);
        put(rows[r].query, gap, y, rows[r].caption);
        for (std::size_t m = 0; m < rows[r].matches.size(); ++m) {
            auto const& match = rows[r].matches[m];
            int const x = gap + 30 + static_cast<int>(m + 1) * (cell + gap);
            put(match.photo, x, y, match.caption);
            frame(x, y, match.right ? blue : orange);
            if (!match.right)
                for (int t = 0; t < 3; ++t) {
                    c.draw_line(x + cell - 22 + t, y + 4, x + cell - 6 + t, y + 20, orange.data());
                    c.draw_line(x + cell - 6 + t, y + 4, x + cell - 22 + t, y + 20, orange.data());
                }
        }
    }
    return to_image(c);
}

} // namespace trine::visual
