#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "../core/error.hpp"
#include "image.hpp"

namespace trine::data {

namespace detail {

TRINE_INLINE std::size_t volume(std::size_t channels, std::size_t height, std::size_t width) {
    constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();
    require<shape_error>(channels == 0 || height == 0 || width == 0 ||
                             (height <= most / channels && width <= most / channels / height),
                         "a photo of ", channels, "×", height, "×", width, " is larger than any memory");
    return channels * height * width;
}

// Σ max(0, 1 − |k − centre| / reach) over all integers k.
inline double triangle_sum(double centre, double reach) {
    double const middle = std::floor(centre), below = middle - std::ceil(centre - reach) + 1,
                 above = std::floor(centre + reach) - middle, share = centre - middle;
    return below * (1 - (share + (below - 1) / 2) / reach) + above * (1 - (1 - share + (above - 1) / 2) / reach);
}

// Weights of the source pixels under a new one, along one axis: a triangle as wide as the larger of both pixels.
template <class T>
struct taps {
    std::size_t first = 0;
    std::vector<T> weights;
};
template <class T>
std::vector<taps<T>> resampling_taps(std::size_t from, std::size_t to, double begin, double scale, outside beyond) {
    double const reach = std::max(scale, 1.0), last = static_cast<double>(from) - 1;
    std::vector<taps<T>> all(to);
    std::vector<double> weights;
    for (std::size_t i = 0; i < to; ++i) {
        double const centre = begin + (static_cast<double>(i) + 0.5) * scale - 0.5;
        double sum = 0;
        weights.clear();
        auto const weight = [&](double k) { return std::max(0.0, 1 - std::abs(k - centre) / reach); };
        for (double k = std::max(0.0, std::ceil(centre - reach)); k <= std::min(last, std::floor(centre + reach));
             ++k) {
            if (weights.empty())
                all[i].first = static_cast<std::size_t>(k);
            weights.push_back(weight(k)), sum += weights.back();
        }
        if (beyond == outside::black)
            sum = triangle_sum(centre, reach);
        else if (sum <= 0) { // nothing under it: the pixel that is next
            all[i].first = static_cast<std::size_t>(std::clamp(std::round(centre), 0.0, last));
            weights.assign(1, 1.0), sum = 1;
        }
        for (double w : weights)
            all[i].weights.push_back(static_cast<T>(w / sum));
    }
    return all;
}

} // namespace detail

TRINE_INLINE image with_channels(image const& in, std::size_t channels) {
    if (in.channels == channels)
        return in;
    image out(channels, in.height, in.width);
    std::size_t const pixels = in.height * in.width;
    for (std::size_t i = 0; i < pixels; ++i)
        if (in.channels == 3)
            out.samples[i] = static_cast<std::uint8_t>(0.299 * in.samples[i] + 0.587 * in.samples[pixels + i] +
                                                       0.114 * in.samples[2 * pixels + i] + 0.5);
        else
            for (std::size_t c = 0; c < channels; ++c)
                out.samples[c * pixels + i] = in.samples[i];
    return out;
}

template <class T>
void resample(image const& in, area const& part, std::size_t height, std::size_t width, outside beyond, T* out) {
    for (double v : {part.left, part.top, part.right, part.bottom, part.width(), part.height()})
        require<numeric_error>(std::abs(v) < 1e100, "the part of a photo from (", part.left, ", ", part.top, ") to (",
                               part.right, ", ", part.bottom, ") is not finite, or near no photo");
    require<shape_error>((in.height > 0 && in.width > 0) || beyond == outside::black, "a photo of ", in.height, "×",
                         in.width, " pixels has none to make others of");
    auto const rows =
        detail::resampling_taps<T>(in.height, height, part.top, part.height() / static_cast<double>(height), beyond);
    auto const cols =
        detail::resampling_taps<T>(in.width, width, part.left, part.width() / static_cast<double>(width), beyond);
    std::size_t first = in.width, last = 0; // columns that are looked at
    for (auto const& c : cols)
        if (!c.weights.empty())
            first = std::min(first, c.first), last = std::max(last, c.first + c.weights.size());
    std::vector<T> line(in.width);
    for (std::size_t c = 0; c < in.channels; ++c)
        for (std::size_t y = 0; y < height; ++y) {
            std::fill(line.begin(), line.end(), T(0));
            for (std::size_t k = 0; k < rows[y].weights.size(); ++k) {
                std::uint8_t const* const from = &in.samples[(c * in.height + rows[y].first + k) * in.width];
                T const weight = rows[y].weights[k];
                for (std::size_t x = first; x < last; ++x)
                    line[x] += weight * static_cast<T>(from[x]);
            }
            for (std::size_t x = 0; x < width; ++x) {
                T sum = 0;
                for (std::size_t k = 0; k < cols[x].weights.size(); ++k)
                    sum += cols[x].weights[k] * line[cols[x].first + k];
                out[(c * height + y) * width + x] = sum;
            }
        }
}

TRINE_INLINE image resized(image const& in, std::size_t height, std::size_t width, fit how) {
    if (in.height == height && in.width == width)
        return in;
    require<shape_error>(in.height > 0 && in.width > 0 && height > 0 && width > 0, "a photo of ", in.height, "×",
                         in.width, " pixels cannot be made one of ", height, "×", width);
    double scale_y = static_cast<double>(in.height) / static_cast<double>(height),
           scale_x = static_cast<double>(in.width) / static_cast<double>(width);
    if (how == fit::crop)
        scale_y = scale_x = std::min(scale_y, scale_x);
    double const left = (static_cast<double>(in.width) - scale_x * static_cast<double>(width)) / 2,
                 top = (static_cast<double>(in.height) - scale_y * static_cast<double>(height)) / 2;
    std::vector<double> values(detail::volume(in.channels, height, width));
    resample(in, {left, top, left + scale_x * static_cast<double>(width), top + scale_y * static_cast<double>(height)},
             height, width, outside::nothing, values.data());
    image out(in.channels, height, width);
    for (std::size_t i = 0; i < values.size(); ++i)
        out.samples[i] = static_cast<std::uint8_t>(std::clamp(values[i] + 0.5, 0.0, 255.0));
    return out;
}

#ifdef TRINE_COMPILED
template void resample(image const&, area const&, std::size_t, std::size_t, outside, float*);
template void resample(image const&, area const&, std::size_t, std::size_t, outside, double*);
#endif

} // namespace trine::data
