#pragma once

#include <cmath>

#include "canvas.hpp"
#include "network_pictures.hpp"

namespace trine::visual {

namespace detail {

// Tiles side by side, as many columns as make it about as wide as `width`.
struct tile_grid {
    int cell, columns, rows;

    tile_grid(std::size_t count, int cell_, int width)
        : cell(cell_),
          columns(std::clamp((width - 28) / (cell + 8), 1, std::max(1, static_cast<int>(count)))),
          rows((static_cast<int>(count) + columns - 1) / columns) {}
    int x(std::size_t i) const { return 14 + static_cast<int>(i) % columns * (cell + 8); }
    int y(std::size_t i) const { return 54 + static_cast<int>(i) / columns * (cell + 8); }
    canvas paper() const {
        return canvas(static_cast<unsigned>(std::max(500, 28 + columns * (cell + 8))),
                      static_cast<unsigned>(60 + rows * (cell + 8)), 1, 3, 255);
    }
};

// From blue over white to orange, for −1 … 1.
inline colour diverging(double v) {
    double const share = std::min(1.0, std::abs(v));
    auto const& ink = v > 0 ? orange : blue;
    colour out;
    for (std::size_t c = 0; c < 3; ++c)
        out[c] = static_cast<unsigned char>(255 - share * (255 - ink[c]) + 0.5);
    return out;
}

TRINE_INLINE data::image draw_kernels(std::string const& title, std::vector<double> const& values,
                                      std::vector<std::size_t> const& shape) {
    std::size_t const outputs = shape[0], channels = shape[1], height = shape[2], width = shape[3];
    require<data_error>(channels == 1 || channels == 3, "kernels over ", channels,
                        " channels: those over 1 or 3 can be drawn");
    tile_grid const grid(outputs, 64, 620);
    auto c = grid.paper();
    text(c, 14, 14, title, black, 20);
    for (std::size_t o = 0; o < outputs; ++o) {
        double most = 1e-12;
        for (std::size_t i = 0; i < height * width * channels; ++i)
            most = std::max(most, std::abs(values[i * outputs + o]));
        auto const weight = [&](std::size_t y, std::size_t x, std::size_t channel) {
            return values[((y * width + x) * channels + channel) * outputs + o] / most;
        };
        int const rows = static_cast<int>(height), columns = static_cast<int>(width);
        for (int y = 0; y < rows; ++y)
            for (int x = 0; x < columns; ++x) {
                auto const uy = static_cast<std::size_t>(y), ux = static_cast<std::size_t>(x);
                colour ink;
                if (channels == 1)
                    ink = diverging(weight(uy, ux, 0));
                else
                    for (std::size_t channel = 0; channel < 3; ++channel)
                        ink[channel] = static_cast<unsigned char>(std::lround(127.5 + 127.5 * weight(uy, ux, channel)));
                c.draw_rectangle(grid.x(o) + x * grid.cell / columns, grid.y(o) + y * grid.cell / rows,
                                 grid.x(o) + (x + 1) * grid.cell / columns - 1,
                                 grid.y(o) + (y + 1) * grid.cell / rows - 1, ink.data());
            }
        c.draw_rectangle(grid.x(o) - 1, grid.y(o) - 1, grid.x(o) + grid.cell, grid.y(o) + grid.cell, grey.data(), 1.0f,
                         ~0u);
    }
    return to_image(c);
}

} // namespace detail

TRINE_INLINE data::image activations(std::string const& title, data::image const& photo, tensor<float, 4> const& maps) {
    using namespace detail;
    require<shape_error>(maps.shape(0) == 1, "maps of ", maps.shape(0), " photos given where those of one are drawn");
    std::size_t const count = std::min<std::size_t>(64, maps.shape(1)), height = maps.shape(2), width = maps.shape(3);
    double most = 1e-12;
    for (std::size_t i = 0; i < count * height * width; ++i)
        most = std::max(most, std::abs(static_cast<double>(maps.data()[i])));
    tile_grid const grid(count + 1, 92, 930);
    auto c = grid.paper();
    text(c, 14, 14, title, black, 20);
    auto const put = [&](std::size_t place, data::image const& tile) {
        auto const shown = data::with_channels(data::resized(tile, static_cast<std::size_t>(grid.cell),
                                                             static_cast<std::size_t>(grid.cell), data::fit::stretch),
                                               3);
        c.draw_image(
            grid.x(place), grid.y(place),
            canvas(shown.samples.data(), static_cast<unsigned>(grid.cell), static_cast<unsigned>(grid.cell), 1, 3));
        c.draw_rectangle(grid.x(place) - 1, grid.y(place) - 1, grid.x(place) + grid.cell, grid.y(place) + grid.cell,
                         grey.data(), 1.0f, ~0u);
    };
    put(0, photo);
    for (std::size_t m = 0; m < count; ++m) {
        data::image tile(3, height, width);
        for (std::size_t i = 0; i < height * width; ++i) {
            auto const ink = diverging(static_cast<double>(maps.data()[m * height * width + i]) / most);
            for (std::size_t channel = 0; channel < 3; ++channel)
                tile.samples[channel * height * width + i] = ink[channel];
        }
        put(m + 1, tile);
    }
    return to_image(c);
}

} // namespace trine::visual
