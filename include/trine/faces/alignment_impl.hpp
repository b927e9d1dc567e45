#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <istream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../io/file.hpp"
#include "alignment.hpp"

namespace trine::faces {

TRINE_INLINE similarity fit_similarity(landmarks const& from, landmarks const& to) {
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
    require<numeric_error>(std::isfinite(squares) && std::isfinite(along) && std::isfinite(across),
                           "landmarks are too far away to say how a face lies");
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

TRINE_INLINE data::image warped(data::image const& photo, similarity const& placement, std::size_t height,
                                std::size_t width) {
    data::image out(photo.channels, height, width);
    detail::warp(photo, placement, height, width, [&](std::size_t c, std::size_t y, std::size_t x, double value) {
        out(c, y, x) = static_cast<std::uint8_t>(value + 0.5);
    });
    return out;
}

TRINE_INLINE data::image aligned(data::image const& photo, landmarks const& face, std::size_t size,
                                 landmarks const& to) {
    return warped(photo, fit_similarity(face, detail::scaled(to, size)), size, size);
}

TRINE_INLINE void align_into(data::image const& photo, landmarks const& face, std::size_t size, float* out,
                             landmarks const& to) {
    std::fill_n(out, photo.channels * size * size, -1.0f);
    detail::warp(photo, fit_similarity(face, detail::scaled(to, size)), size, size,
                 [&](std::size_t c, std::size_t y, std::size_t x, double value) {
                     out[(c * size + y) * size + x] = static_cast<float>(value / 127.5 - 1);
                 });
}

namespace detail {

// A record of a CSV file (RFC 4180): a field in quotes may hold commas, ends of lines, and quotes twice. Counts lines.
// False at the end.
inline bool read_record(std::istream& in, std::vector<std::string>& fields, std::size_t& lines) {
    fields.clear();
    if (in.peek() == std::istream::traits_type::eof())
        return false;
    std::string field;
    bool quoted = false;
    ++lines;
    for (char c; in.get(c);) {
        if (quoted) {
            lines += c == '\n';
            if (c != '"')
                field += c;
            else if (in.peek() == '"')
                field += static_cast<char>(in.get());
            else
                quoted = false;
        } else if (c == '"' && field.empty())
            quoted = true;
        else if (c == ',')
            fields.push_back(std::exchange(field, {}));
        else if (c == '\n')
            break;
        else if (c != '\r' || in.peek() != '\n')
            field += c;
    }
    fields.push_back(std::move(field));
    return true;
}

} // namespace detail

TRINE_INLINE std::map<std::string, landmarks> read_landmarks(std::filesystem::path const& path) {
    std::istringstream file(io::read_file(path));
    std::map<std::string, landmarks> all;
    std::vector<std::string> fields;
    std::size_t lines = 0;
    detail::read_record(file, fields, lines);
    for (std::size_t number = lines + 1; detail::read_record(file, fields, lines); number = lines + 1) {
        if (fields.size() == 1 && fields[0].empty())
            continue;
        double values[11]{};
        bool good = fields.size() > 11;
        for (std::size_t i = 0; good && i < 11; ++i) {
            char* end = nullptr;
            values[i] = std::strtod(fields[i + 1].c_str(), &end);
            good = end != fields[i + 1].c_str() && std::isfinite(values[i]);
        }
        require<format_error>(good, path.string(), ": line ", number, " does not hold a file and eleven numbers");
        landmarks face;
        for (std::size_t i = 0; i < face.size(); ++i)
            face[i] = {values[1 + 2 * i], values[2 + 2 * i]};
        all[fields[0]] = face;
    }
    return all;
}

} // namespace trine::faces
