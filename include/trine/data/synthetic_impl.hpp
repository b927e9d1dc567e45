#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <string>
#include <vector>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "synthetic.hpp"

namespace trine::data {

TRINE_INLINE image synthetic_faces::draw(std::size_t person, std::size_t photo) const {
    require<shape_error>((channels == 1 || channels == 3) && height >= 16 && width >= 16, "synthetic faces of ",
                         channels, "×", height, "×", width, ": 1 or 3 channels and at least 16×16 pixels are needed");
    random_stream who(seed, purpose::synthesis, 0, static_cast<std::uint32_t>(person));
    random_stream now(seed, purpose::synthesis, static_cast<std::uint32_t>(photo + 1),
                      static_cast<std::uint32_t>(person));
    using colour = std::array<double, 3>;
    // The person.
    double const face_w = who.uniform(0.52, 0.70), face_h = who.uniform(0.72, 0.88), jaw = who.uniform(0.0, 0.35);
    double const tone = who.uniform(0.25, 0.95), dark = who.uniform(0.05, 0.75);
    colour const skin{0.35 + 0.6 * tone, 0.2 + 0.58 * tone, 0.12 + 0.5 * tone},
        hair{dark, dark * who.uniform(0.55, 1.0), dark * who.uniform(0.2, 0.9)};
    double const eye_x = who.uniform(0.19, 0.31), eye_y = who.uniform(-0.2, -0.06), eye_w = who.uniform(0.07, 0.13),
                 eye_h = who.uniform(0.035, 0.07);
    double const iris = who.uniform(0.05, 0.5), brow_gap = who.uniform(0.08, 0.16), brow_h = who.uniform(0.015, 0.045),
                 brow_slope = who.uniform(-0.35, 0.35);
    double const nose_w = who.uniform(0.05, 0.12), nose_y = who.uniform(0.12, 0.26), mouth_y = who.uniform(0.38, 0.52),
                 mouth_w = who.uniform(0.14, 0.28), lip = who.uniform(0.025, 0.06);
    double const hairline = who.uniform(-0.62, -0.38), side_hair = who.uniform(0.0, 0.28);
    bool const glasses = who.chance(0.25), beard = who.chance(0.25), mole = who.chance(0.35);
    double const mole_x = who.uniform(-0.35, 0.35), mole_y = who.uniform(0.05, 0.5);
    // The photo.
    double const zoom = now.uniform(0.88, 1.12), angle = now.uniform(-0.16, 0.16), dx = now.uniform(-0.13, 0.13),
                 dy = now.uniform(-0.11, 0.11);
    double const yaw = now.uniform(-0.14, 0.14), nod = now.uniform(-0.06, 0.06), smile = now.uniform(-0.5, 1.0),
                 open = now.uniform(0.0, 0.05), lids = now.uniform(0.45, 1.15);
    double const light = now.uniform(0.6, 1.25), slope_x = now.uniform(-0.45, 0.45), slope_y = now.uniform(-0.3, 0.3),
                 noise = now.uniform(0.01, 0.06);
    colour const back{now.uniform(), now.uniform(), now.uniform()};
    double const stripe = now.uniform(2, 9), stripe_angle = now.uniform(0, 3.1), stripe_strength = now.uniform(0, 0.25);

    image out(channels, height, width);
    double const soft = 2.0 / static_cast<double>(std::min(height, width)), cos = std::cos(angle) / zoom,
                 sin = std::sin(angle) / zoom;
    auto const edge = [soft](double signed_distance) { return std::clamp(0.5 - signed_distance / soft, 0.0, 1.0); };
    auto const ellipse = [&](double x, double y, double cx, double cy, double rx, double ry) {
        double const u = (x - cx) / rx, v = (y - cy) / ry;
        return edge((std::sqrt(u * u + v * v) - 1) * std::min(rx, ry));
    };
    for (std::size_t py = 0; py < height; ++py)
        for (std::size_t px = 0; px < width; ++px) {
            double const gx = (2 * static_cast<double>(px) + 1) / static_cast<double>(width) - 1,
                         gy = (2 * static_cast<double>(py) + 1) / static_cast<double>(height) - 1;
            double const x = cos * (gx - dx) - sin * (gy - dy), y = sin * (gx - dx) + cos * (gy - dy);
            double const wave =
                stripe_strength * std::sin(stripe * (gx * std::cos(stripe_angle) + gy * std::sin(stripe_angle)));
            colour c{back[0] + wave, back[1] + wave, back[2] + wave};
            auto const paint = [&](colour const& with, double share) {
                for (std::size_t k = 0; k < 3; ++k)
                    c[k] += share * (with[k] - c[k]);
            };
            double const half = face_w * (1 - jaw * std::max(0.0, y) * std::max(0.0, y));
            paint({0.7 * back[2], 0.7 * back[0], 0.7 * back[1]}, ellipse(x, y, 0, 1.25, 0.75, 0.5)); // clothes
            paint(hair, ellipse(x, y, 0, -0.12, face_w + side_hair, face_h + 0.08) * edge(y - 0.55));
            double const face = ellipse(x, y, 0, 0, half, face_h);
            paint(skin, face);
            paint(hair, face * edge(y - hairline - 0.15 * x * x));
            double const fx = x - yaw * (1 - x * x), fy = y - nod; // features turn with the head
            if (beard)
                paint(hair, 0.75 * face * edge(0.3 - fy + 0.35 * std::abs(fx)) *
                                (1 - ellipse(fx, fy, 0, mouth_y, mouth_w, 0.06)));
            for (double side : {-1.0, 1.0}) {
                double const ex = side * eye_x, opened = eye_h * lids;
                paint({0.95, 0.95, 0.93}, ellipse(fx, fy, ex, eye_y, eye_w, opened));
                paint({iris * 0.6, iris, iris * 1.1},
                      ellipse(fx, fy, ex + 0.3 * yaw, eye_y, std::min(eye_w, 0.05), std::min(opened, 0.05)));
                double const brow_y = eye_y - brow_gap + brow_slope * (std::abs(fx) - eye_x);
                paint(hair, ellipse(fx, fy, ex, brow_y, eye_w * 1.3, brow_h));
                if (glasses) {
                    double const u = (fx - ex) / 0.17, v = (fy - eye_y) / 0.13;
                    paint({0.1, 0.1, 0.12}, edge(std::abs(std::sqrt(u * u + v * v) - 1) * 0.13 - 0.012));
                }
            }
            colour const shadow{0.62 * skin[0], 0.58 * skin[1], 0.56 * skin[2]};
            paint(shadow, 0.8 * ellipse(fx, fy, 0.25 * yaw, nose_y, nose_w, 0.035));
            paint(shadow,
                  0.35 * ellipse(fx, fy, 0.02 + 0.2 * yaw, 0.5 * (nose_y + eye_y), 0.02, 0.5 * (nose_y - eye_y)));
            double const curve = mouth_y - smile * 0.9 * fx * fx;
            paint({0.75 * skin[0], 0.4 * skin[1], 0.42 * skin[2]}, ellipse(fx, fy, 0, curve, mouth_w, lip + open));
            paint({0.15, 0.05, 0.05}, open > 0.015 ? ellipse(fx, fy, 0, curve, 0.8 * mouth_w, open) : 0.0);
            if (mole)
                paint({0.2, 0.12, 0.1}, ellipse(fx, fy, mole_x, mole_y, 0.025, 0.025));
            double const lit = light * (1 + slope_x * gx + slope_y * gy);
            for (double& v : c)
                v = v * lit + noise * now.normal();
            if (channels == 1)
                c[0] = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
            for (std::size_t k = 0; k < channels; ++k)
                out(k, py, px) = static_cast<std::uint8_t>(std::clamp(c[k] * 255 + 0.5, 0.0, 255.0));
        }
    return out;
}

TRINE_INLINE dataset synthetic_faces::make(std::size_t people, std::size_t photos, std::size_t first) const {
    // Numbers of people and photos key the random streams.
    constexpr std::size_t numbers = std::size_t{1} << 32, most = std::size_t{1} << 40;
    require<argument_error>(people <= numbers && first <= numbers - people, "drawn faces of ", people,
                            " people from number ", first, " on: there are ", numbers);
    require<argument_error>(photos <= numbers - 2, "drawn faces with ", photos, " photos of a person: there are ",
                            numbers - 2);
    require<argument_error>(people == 0 || photos <= most / people, "drawn faces of ", people, " people with ", photos,
                            " photos each: at most ", most, " are drawn at once");
    try {
        dataset d{channels, height, width, {}, {}, {}, {}};
        std::vector<image> drawn(people * photos);
        parallel_for(drawn.size(), [&](std::size_t i) { drawn[i] = draw(first + i / photos, i % photos); });
        for (std::size_t i = 0; i < drawn.size(); ++i) {
            std::string const name = "person " + std::to_string(first + i / photos + 1);
            if (i % photos == 0)
                d.people.push_back(name);
            d.add(drawn[i], static_cast<label>(i / photos), name + ", photo " + std::to_string(i % photos + 1));
        }
        return d;
    } catch (std::bad_alloc const&) {
        fail<data_error>("there is no memory for drawn faces of ", people, " people with ", photos, " photos of ",
                         channels, "×", height, "×", width, " each");
    }
}

} // namespace trine::data
