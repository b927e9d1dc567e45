#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../core/error.hpp"

namespace trine::data {

/// A photo: 8 bits a sample, channel by channel (C×H×W), one channel (grey) or three (red, green, blue).
struct image {
    std::size_t channels = 0, height = 0, width = 0;
    std::vector<std::uint8_t> samples;

    image() = default;
    image(std::size_t c, std::size_t h, std::size_t w) : channels(c), height(h), width(w), samples(c * h * w) {}
    std::uint8_t& operator()(std::size_t c, std::size_t y, std::size_t x) { return samples[(c * height + y) * width + x]; }
    std::uint8_t operator()(std::size_t c, std::size_t y, std::size_t x) const { return samples[(c * height + y) * width + x]; }
};

/// How a photo of another size becomes the network's input.
enum class fit {
    stretch, ///< scaled on each axis alone
    crop,    ///< scaled to cover, keeping its proportions, and cut at the middle
};

/// The photo with another number of channels: luminance (ITU-R BT.601) of a colour photo, or a grey one three times.
inline image with_channels(image const& in, std::size_t channels) {
    if (in.channels == channels)
        return in;
    image out(channels, in.height, in.width);
    std::size_t const pixels = in.height * in.width;
    for (std::size_t i = 0; i < pixels; ++i)
        if (in.channels == 3)
            out.samples[i] = static_cast<std::uint8_t>(0.299 * in.samples[i] + 0.587 * in.samples[pixels + i] + 0.114 * in.samples[2 * pixels + i] + 0.5);
        else
            for (std::size_t c = 0; c < channels; ++c)
                out.samples[c * pixels + i] = in.samples[i];
    return out;
}

/// The photo at another size: each new pixel is the mean of the area it covers (triangle-weighted when enlarging).
inline image resized(image const& in, std::size_t height, std::size_t width, fit how) {
    if (in.height == height && in.width == width)
        return in;
    double scale_y = static_cast<double>(in.height) / static_cast<double>(height), scale_x = static_cast<double>(in.width) / static_cast<double>(width);
    if (how == fit::crop)
        scale_y = scale_x = std::min(scale_y, scale_x);
    // Weights of the source pixels under each new one, along one axis: a triangle as wide as the larger of both pixels.
    struct taps {
        std::size_t first;
        std::vector<double> weights;
    };
    auto const axis = [](std::size_t from, std::size_t to, double scale) {
        double const reach = std::max(scale, 1.0), offset = (static_cast<double>(from) - scale * static_cast<double>(to)) / 2;
        std::vector<taps> all(to);
        for (std::size_t i = 0; i < to; ++i) {
            double const centre = offset + (static_cast<double>(i) + 0.5) * scale - 0.5;
            auto const last = static_cast<double>(from - 1);
            auto const first = static_cast<std::size_t>(std::clamp(std::ceil(centre - reach), 0.0, last));
            auto const end = static_cast<std::size_t>(std::clamp(std::floor(centre + reach), 0.0, last));
            all[i].first = first;
            double sum = 0;
            for (std::size_t k = first; k <= end; ++k) {
                all[i].weights.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(k) - centre) / reach));
                sum += all[i].weights.back();
            }
            if (sum <= 0)
                all[i].weights.assign(1, 1.0), sum = 1;
            for (double& w : all[i].weights)
                w /= sum;
        }
        return all;
    };
    auto const rows = axis(in.height, height, scale_y), cols = axis(in.width, width, scale_x);
    image out(in.channels, height, width);
    std::vector<double> line(in.width);
    for (std::size_t c = 0; c < in.channels; ++c)
        for (std::size_t y = 0; y < height; ++y) {
            std::fill(line.begin(), line.end(), 0.0);
            for (std::size_t k = 0; k < rows[y].weights.size(); ++k)
                for (std::size_t x = 0; x < in.width; ++x)
                    line[x] += rows[y].weights[k] * in(c, rows[y].first + k, x);
            for (std::size_t x = 0; x < width; ++x) {
                double sum = 0;
                for (std::size_t k = 0; k < cols[x].weights.size(); ++k)
                    sum += cols[x].weights[k] * line[cols[x].first + k];
                out(c, y, x) = static_cast<std::uint8_t>(std::clamp(sum + 0.5, 0.0, 255.0));
            }
        }
    return out;
}

} // namespace trine::data
