#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "../core/error.hpp"
#include "../data/image.hpp"

namespace trine::faces {

/// A place on a photo, in pixels: x to the right, y down, centres of pixels at integers.
struct point {
    double x = 0, y = 0;
};

/// Left eye, right eye, tip of the nose, left and right corner of the mouth, as one sees them.
using landmarks = std::array<point, 5>;

/// Where the five points lie on the 112×112 faces that networks of the ArcFace family learn from.
inline constexpr landmarks arcface_template{
    {{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}}};

/// Turn, scale and shift: (x, y) becomes (a x − b y + dx, b x + a y + dy).
struct similarity {
    double a = 1, b = 0, dx = 0, dy = 0;

    point operator()(point p) const { return {a * p.x - b * p.y + dx, b * p.x + a * p.y + dy}; }
    /// The way back.
    similarity inverse() const {
        double const d = a * a + b * b;
        similarity s{a / d, -b / d, 0, 0};
        auto const shift = s({dx, dy});
        s.dx = -shift.x, s.dy = -shift.y;
        return s;
    }
};

/// The similarity that takes points nearest to others, by the sum of squares.
///
/// @throws data_error     when the points are all the same: nothing says how to turn and scale them
/// @throws numeric_error  when one is not finite
/// @see S. Umeyama, "Least-Squares Estimation of Transformation Parameters Between Two Point Patterns", PAMI 1991
inline similarity fit_similarity(landmarks const& from, landmarks const& to) {
    point from_mean, to_mean;
    constexpr double n = std::tuple_size_v<landmarks>;
    for (std::size_t i = 0; i < from.size(); ++i) {
        for (double v : {from[i].x, from[i].y, to[i].x, to[i].y})
            require<numeric_error>(std::isfinite(v), "landmark ", i, " is not finite");
        from_mean.x += from[i].x / n, from_mean.y += from[i].y / n, to_mean.x += to[i].x / n, to_mean.y += to[i].y / n;
    }
    double along = 0, across = 0, squares = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        double const px = from[i].x - from_mean.x, py = from[i].y - from_mean.y, qx = to[i].x - to_mean.x,
                     qy = to[i].y - to_mean.y;
        along += px * qx + py * qy, across += px * qy - py * qx, squares += px * px + py * py;
    }
    require<data_error>(squares > 0 && (along != 0 || across != 0),
                        "five landmarks in one place do not say how a face lies");
    similarity s{along / squares, across / squares, 0, 0};
    auto const moved = s(from_mean);
    s.dx = to_mean.x - moved.x, s.dy = to_mean.y - moved.y;
    return s;
}

namespace detail {

// Calls put(c, y, x, value) for every value of a photo on a canvas that is not wholly outside it.
template <class Put>
void warp(data::image const& photo, similarity const& placement, std::size_t height, std::size_t width, Put&& put) {
    auto const back = placement.inverse();
    auto const last_x = static_cast<std::ptrdiff_t>(photo.width) - 1,
               last_y = static_cast<std::ptrdiff_t>(photo.height) - 1;
    for (std::size_t v = 0; v < height; ++v)
        for (std::size_t u = 0; u < width; ++u) {
            auto const p = back({static_cast<double>(u), static_cast<double>(v)});
            // Far outside, where a number of pixels would not fit an integer, all is black too.
            if (!(p.x > -1 && p.y > -1 && p.x < static_cast<double>(photo.width) &&
                  p.y < static_cast<double>(photo.height)))
                continue;
            double const left = std::floor(p.x), top = std::floor(p.y), right_share = p.x - left,
                         lower_share = p.y - top;
            auto const x = static_cast<std::ptrdiff_t>(left), y = static_cast<std::ptrdiff_t>(top);
            for (std::size_t c = 0; c < photo.channels; ++c) {
                auto const at = [&](std::ptrdiff_t row, std::ptrdiff_t col) {
                    return row < 0 || col < 0 || row > last_y || col > last_x
                               ? 0.0
                               : static_cast<double>(
                                     photo(c, static_cast<std::size_t>(row), static_cast<std::size_t>(col)));
                };
                double const upper = (1 - right_share) * at(y, x) + right_share * at(y, x + 1),
                             lower = (1 - right_share) * at(y + 1, x) + right_share * at(y + 1, x + 1);
                put(c, v, u, (1 - lower_share) * upper + lower_share * lower);
            }
        }
}

inline landmarks scaled(landmarks to, std::size_t size) {
    for (auto& p : to)
        p.x *= static_cast<double>(size) / 112, p.y *= static_cast<double>(size) / 112;
    return to;
}

} // namespace detail

/// A photo as a similarity places it on a canvas: between pixels bilinear, outside the photo black.
inline data::image warped(data::image const& photo, similarity const& placement, std::size_t height,
                          std::size_t width) {
    data::image out(photo.channels, height, width);
    detail::warp(photo, placement, height, width, [&](std::size_t c, std::size_t y, std::size_t x, double value) {
        out(c, y, x) = static_cast<std::uint8_t>(value + 0.5);
    });
    return out;
}

/// The face with these landmarks, upright and scaled so that they lie as on the template: what face networks take.
///
/// @param size      height and width of the result; the template, made for 112, is scaled with it
/// @throws data_error     when the landmarks are all the same
/// @throws numeric_error  when one is not finite
inline data::image aligned(data::image const& photo, landmarks const& face, std::size_t size = 112,
                           landmarks const& to = arcface_template) {
    return warped(photo, fit_similarity(face, detail::scaled(to, size)), size, size);
}

/// The same as a network takes it, with values from −1 to 1 that are not rounded to grey levels between.
///
/// @param out  C×size×size
/// @throws as `aligned`
inline void align_into(data::image const& photo, landmarks const& face, std::size_t size, float* out,
                       landmarks const& to = arcface_template) {
    std::fill_n(out, photo.channels * size * size, -1.0f);
    detail::warp(photo, fit_similarity(face, detail::scaled(to, size)), size, size,
                 [&](std::size_t c, std::size_t y, std::size_t x, double value) {
                     out[(c * size + y) * size + x] = static_cast<float>(value / 127.5 - 1);
                 });
}

/// Reads landmarks of photos: a line of names, then for each photo its file, a probability, and x and y of the five
/// points, separated by commas.
///
/// @throws io_error      when the file cannot be read
/// @throws format_error  when a line is something else
inline std::map<std::string, landmarks> read_landmarks(std::filesystem::path const& path) {
    std::ifstream file(path);
    require<io_error>(file.good(), path.string(), ": cannot be opened");
    std::map<std::string, landmarks> all;
    std::string line;
    std::getline(file, line);
    for (std::size_t number = 2; std::getline(file, line); ++number) {
        if (line.empty())
            continue;
        std::istringstream fields(line);
        std::string name, value;
        std::getline(fields, name, ',');
        double values[11];
        for (double& v : values) {
            char* end = nullptr;
            bool const there = static_cast<bool>(std::getline(fields, value, ','));
            v = there ? std::strtod(value.c_str(), &end) : 0;
            require<format_error>(there && end != value.c_str() && std::isfinite(v), path.string(), ": line ", number,
                                  " does not hold a file and eleven numbers");
        }
        landmarks face;
        for (std::size_t i = 0; i < face.size(); ++i)
            face[i] = {values[1 + 2 * i], values[2 + 2 * i]};
        all[name] = face;
    }
    return all;
}

} // namespace trine::faces
