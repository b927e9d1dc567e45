#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

#include "../core/config.hpp"
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
/// @throws numeric_error  when one is not finite, or so far away that its square is not
/// @see S. Umeyama, "Least-Squares Estimation of Transformation Parameters Between Two Point Patterns", PAMI 1991
similarity fit_similarity(landmarks const& from, landmarks const& to);

/// A photo as a similarity places it on a canvas: between pixels bilinear, outside the photo black.
data::image warped(data::image const& photo, similarity const& placement, std::size_t height, std::size_t width);

/// The face with these landmarks, upright and scaled so that they lie as on the template: what face networks take.
///
/// @param size      height and width of the result; the template, made for 112, is scaled with it
/// @throws data_error     when the landmarks are all the same
/// @throws numeric_error  when one is not finite
data::image aligned(data::image const& photo, landmarks const& face, std::size_t size = 112,
                    landmarks const& to = arcface_template);

/// The same as a network takes it, with values from −1 to 1 that are not rounded to grey levels between.
///
/// @param out  C×size×size
/// @throws as `aligned`
void align_into(data::image const& photo, landmarks const& face, std::size_t size, float* out,
                landmarks const& to = arcface_template);

/// Reads landmarks of photos: a line of names, then for each photo its file, a probability, and x and y of the five
/// points, separated by commas.
///
/// @throws io_error      when the file cannot be read
/// @throws format_error  when a line is something else
std::map<std::string, landmarks> read_landmarks(std::filesystem::path const& path);

} // namespace trine::faces

#ifdef TRINE_HEADER_ONLY
#include "alignment_impl.hpp"
#endif
