#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "../core/error.hpp"
#include "canvas.hpp"
#include "embedding_map.hpp"

namespace trine::visual {

namespace detail {

// Frames of people: Okabe and Ito's palette and two browns; names on the map tell apart what colours do not.
inline constexpr std::array<colour, 10> people_colours{{{0, 114, 178},
                                                        {213, 94, 0},
                                                        {0, 158, 115},
                                                        {204, 121, 167},
                                                        {230, 159, 0},
                                                        {86, 180, 233},
                                                        {0, 0, 0},
                                                        {120, 94, 60},
                                                        {150, 150, 150},
                                                        {240, 228, 66}}};

} // namespace detail

TRINE_INLINE data::image embedding_map(std::string const& title, std::span<evaluation::map_point const> places,
                                       data::dataset const& photos) {
    using namespace detail;
    require<shape_error>(places.size() == photos.size(), places.size(), " places for ", photos.size(), " photos");
    require<data_error>(!places.empty(), "a map needs at least one photo");
    int const size = 1100, head = 54, edge = 50, cell = places.size() <= 150 ? 44 : places.size() <= 600 ? 30 : 18;
    canvas c(static_cast<unsigned>(size), static_cast<unsigned>(size + head - 14), 1, 3, 255);
    text(c, 14, 14, title, black, 20);
    evaluation::map_point low = places[0], high = places[0];
    for (auto const& p : places)
        for (std::size_t a = 0; a < 2; ++a)
            low[a] = std::min(low[a], p[a]), high[a] = std::max(high[a], p[a]);
    // One scale for both axes: distances on the map are to be compared.
    double const range = std::max({high[0] - low[0], high[1] - low[1], 1e-12}), scale = (size - 2 * edge) / range;
    auto const at = [&](evaluation::map_point const& p) {
        return std::array<int, 2>{size / 2 + static_cast<int>(std::lround(scale * (p[0] - (low[0] + high[0]) / 2))),
                                  head - 14 + size / 2 -
                                      static_cast<int>(std::lround(scale * (p[1] - (low[1] + high[1]) / 2)))};
    };
    std::map<label, std::vector<std::size_t>> of;
    for (std::size_t i = 0; i < places.size(); ++i) {
        auto const [x, y] = at(places[i]);
        auto const photo = photos.picture(i);
        auto const shown = data::with_channels(
            data::resized(photo, static_cast<std::size_t>(cell), static_cast<std::size_t>(cell), data::fit::stretch),
            3);
        c.draw_image(x - cell / 2, y - cell / 2,
                     canvas(shown.samples.data(), static_cast<unsigned>(cell), static_cast<unsigned>(cell), 1, 3));
        auto const& ink = people_colours[static_cast<std::size_t>(photos.labels[i]) % people_colours.size()];
        for (int t = 1; t <= 3; ++t)
            c.draw_rectangle(x - cell / 2 - t, y - cell / 2 - t, x + cell / 2 + t - 1, y + cell / 2 + t - 1, ink.data(),
                             1.0f, ~0u);
        of[photos.labels[i]].push_back(i);
    }
    // Names: few enough to be read.
    if (of.size() <= 40)
        for (auto const& group : of) {
            auto const& list = group.second;
            // Below the middle one, by the median, of whom a few who went astray do not matter.
            auto const middle = [&](std::size_t axis) {
                std::vector<double> values;
                values.reserve(list.size());
                for (std::size_t i : list)
                    values.push_back(places[i][axis]);
                std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                                 values.end());
                return values[values.size() / 2];
            };
            auto const [x, y] = at({middle(0), middle(1)});
            int lowest = y;
            for (std::size_t i : list)
                if (auto const [px, py] = at(places[i]); std::abs(px - x) < 2 * cell && std::abs(py - y) < 2 * cell)
                    lowest = std::max(lowest, py);
            label_text(c, std::clamp(x, 70, size - 70), std::min(lowest + cell / 2 + 14, c.height() - 12),
                       photos.people[static_cast<std::size_t>(group.first)], black, 16);
        }
    return to_image(c);
}

template <class T>
data::image distance_histogram(std::string const& title, std::string const& distance_name, std::vector<T> const& same,
                               std::vector<T> const& different, double threshold) {
    using namespace detail;
    require<data_error>(!same.empty() && !different.empty(),
                        "a histogram of distances needs pairs of both kinds: there are ", same.size(), " same and ",
                        different.size(), " different ones");
    constexpr std::size_t bins = 60;
    double most = threshold;
    for (auto const* list : {&same, &different})
        for (T d : *list)
            most = std::max(most, static_cast<double>(d));
    double const step = tick(most), right = std::ceil(most / step) * step;
    auto const shares = [&](std::vector<T> const& list) {
        std::vector<double> share(bins, 0.0);
        for (T d : list)
            share[std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, static_cast<double>(d)) / right * bins))] +=
                1.0 / static_cast<double>(list.size());
        return share;
    };
    auto const near = shares(same), far = shares(different);
    double const tallest =
        std::max(*std::max_element(near.begin(), near.end()), *std::max_element(far.begin(), far.end()));
    double const y_step = tick(100 * tallest), top = std::ceil(100 * tallest / y_step) * y_step;
    int const width = 900, height = 520, left = 80, bottom = 440, upper = 70, end = 870;
    canvas c(width, height, 1, 3, 255);
    text(c, 20, 14, title, black, 20);
    auto const x_of = [&](double v) { return left + static_cast<int>(std::lround(v / right * (end - left))); };
    auto const y_of = [&](double percent) {
        return bottom - static_cast<int>(std::lround(percent / top * (bottom - upper)));
    };
    for (double v = 0; v <= top + 1e-9; v += y_step) {
        c.draw_line(left, y_of(v), end, y_of(v), light.data());
        text(c, 20, y_of(v) - 8, number(v) + " %", black);
    }
    for (double v = 0; v <= right + 1e-9; v += step) {
        c.draw_line(x_of(v), bottom, x_of(v), bottom + 5, black.data());
        text(c, x_of(v) - 8, bottom + 8, number(v), black);
    }
    auto const bars = [&](std::vector<double> const& share, colour const& ink) {
        for (std::size_t b = 0; b < bins; ++b)
            if (share[b] > 0)
                c.draw_rectangle(x_of(right * static_cast<double>(b) / bins) + 1, y_of(100 * share[b]),
                                 x_of(right * static_cast<double>(b + 1) / bins) - 1, bottom, ink.data(), 0.6f);
    };
    bars(far, orange), bars(near, blue);
    c.draw_line(left, bottom, end, bottom, black.data());
    for (int t = 0; t < 2; ++t)
        c.draw_line(x_of(threshold) + t, upper - 6, x_of(threshold) + t, bottom, black.data(), 1.0f, 0xF0F0F0F0);
    text(c, std::min(x_of(threshold) + 8, end - 130), upper - 8,
         "threshold " + number(std::round(1000 * threshold) / 1000), black);
    text(c, left + (end - left) / 2 - text_width(distance_name, 16) / 2, bottom + 34, distance_name, black);
    auto const key = [&](int x, colour const& ink, std::string const& what) {
        c.draw_rectangle(x, 46, x + 14, 58, ink.data(), 0.6f);
        text(c, x + 20, 44, what, black);
    };
    key(left, blue, std::to_string(same.size()) + " pairs of one person"),
        key(left + 260, orange, std::to_string(different.size()) + " pairs of two people");
    return to_image(c);
}

#ifdef TRINE_COMPILED
template data::image distance_histogram(std::string const&, std::string const&, std::vector<float> const&,
                                        std::vector<float> const&, double);
template data::image distance_histogram(std::string const&, std::string const&, std::vector<double> const&,
                                        std::vector<double> const&, double);
#endif

} // namespace trine::visual
