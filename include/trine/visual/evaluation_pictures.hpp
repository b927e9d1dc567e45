#pragma once

/// Pictures of how well people are told apart: curves, confusion, and the triplets that are hardest.

#include <cstdint>
#include <span>

#include "../evaluation/identification.hpp"
#include "../evaluation/statistics.hpp"
#include "../evaluation/verification.hpp"
#include "embedding_map.hpp"
#include "pictures.hpp"

namespace trine::visual {

/// One line through places of a plane.
struct path {
    std::string name;
    std::vector<std::array<double, 2>> points;
};

/// Paths in a box from 0 to 1 upwards, and along the other axis from `least` to 1 in powers of ten, or where that is 0
/// from 0 to 1; 900×640.
///
/// @param paths  at most three
/// @throws argument_error  unless 0 ≤ least < 1
inline data::image share_chart(std::string const& title, std::string const& x_name, std::string const& y_name,
                               std::vector<path> const& paths, double least = 0) {
    using namespace detail;
    require<argument_error>(least >= 0 && least < 1, "a chart from ", least, " to 1");
    int const width = 900, height = 640, left = 90, right = 30, top = 90, bottom = 70;
    canvas c(static_cast<unsigned>(width), static_cast<unsigned>(height), 1, 3, 255);
    text(c, left, 16, title, black, 22);
    auto const px = [&](double x) {
        double const share = least > 0 ? 1 - std::log(std::max(x, least)) / std::log(least) : x;
        return left + static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * (width - left - right)));
    };
    auto const py = [&](double y) {
        return height - bottom - static_cast<int>(std::lround(std::clamp(y, 0.0, 1.0) * (height - top - bottom)));
    };
    for (int i = 0; i <= 10; i += 2) {
        c.draw_line(left, py(i / 10.0), width - right, py(i / 10.0), light.data());
        text(c, 30, py(i / 10.0) - 9, number(10 * i) + " %", black);
    }
    std::vector<double> ticks;
    if (least > 0)
        for (double v = 1; v >= least * 0.999; v /= 10)
            ticks.push_back(v);
    else
        ticks = {0, 0.2, 0.4, 0.6, 0.8, 1};
    for (double v : ticks) {
        c.draw_line(px(v), top, px(v), height - bottom, light.data());
        std::string const label = number(100 * v) + " %";
        text(c, std::min(px(v) - text_width(label, 16) / 2, width - text_width(label, 16) - 4), height - bottom + 10,
             label, black);
    }
    c.draw_line(left, top, left, height - bottom, black.data());
    c.draw_line(left, height - bottom, width - right, height - bottom, black.data());
    text(c, (left + width - right - text_width(x_name, 18)) / 2, height - 32, x_name, black, 18);
    text(c, 20, top - 28, y_name, black, 16);
    colour const inks[] = {blue, orange, green};
    for (std::size_t l = 0; l < paths.size() && l < 3; ++l) {
        auto const& points = paths[l].points;
        for (std::size_t i = 1; i < points.size(); ++i)
            for (int thick = 0; thick < 2; ++thick)
                c.draw_line(px(points[i - 1][0]), py(points[i - 1][1]) + thick, px(points[i][0]),
                            py(points[i][1]) + thick, inks[l].data());
        int const x = left + 330 + static_cast<int>(l) * 170;
        c.draw_rectangle(x, top - 22, x + 24, top - 19, inks[l].data());
        text(c, x + 30, top - 29, paths[l].name, black);
    }
    return to_image(c);
}

/// Points of a ROC as a path for `share_chart`: true accepts over false accepts.
inline path roc_path(std::string name, evaluation::verification_curve const& curve) {
    path p{std::move(name), {}};
    // Steps, as no threshold lies between two points: false accepts come first.
    double last = 0;
    for (auto const& o : curve.roc(2000)) {
        p.points.push_back({o.false_accept_rate, last});
        p.points.push_back({o.false_accept_rate, o.true_accept_rate});
        last = o.true_accept_rate;
    }
    return p;
}

/// Points of a detection-error trade-off for `error_chart`: same pairs rejected over different pairs accepted.
inline path det_path(std::string name, evaluation::verification_curve const& curve) {
    path p{std::move(name), {}};
    double last = 1;
    for (auto const& o : curve.roc(2000)) {
        p.points.push_back({o.false_accept_rate, last});
        p.points.push_back({o.false_accept_rate, last = 1 - o.true_accept_rate});
    }
    return p;
}

/// Detection-error trade-off: both kinds of error over normal deviates, where two normal distributions give a straight
/// line and small errors have room; 0.1 % to 60 %, 900×640.
///
/// @param paths  at most three, as `det_path` gives them
/// @see A. Martin, G. Doddington, T. Kamm, M. Ordowski, M. Przybocki, "The DET Curve in Assessment of Detection Task
/// Performance", Eurospeech 1997
inline data::image error_chart(std::string const& title, std::vector<path> const& paths) {
    using namespace detail;
    int const width = 900, height = 640, left = 90, right = 30, top = 90, bottom = 70;
    canvas c(static_cast<unsigned>(width), static_cast<unsigned>(height), 1, 3, 255);
    text(c, left, 16, title, black, 22);
    double const least = 1e-3, most = 0.6, low = evaluation::normal_deviate(least),
                 high = evaluation::normal_deviate(most);
    auto const along = [&](double share) {
        return (evaluation::normal_deviate(std::clamp(share, least, most)) - low) / (high - low);
    };
    auto const px = [&](double x) { return left + static_cast<int>(std::lround(along(x) * (width - left - right))); };
    auto const py = [&](double y) {
        return height - bottom - static_cast<int>(std::lround(along(y) * (height - top - bottom)));
    };
    for (double v : {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6}) {
        c.draw_line(left, py(v), width - right, py(v), light.data());
        c.draw_line(px(v), top, px(v), height - bottom, light.data());
        std::string const label = number(100 * v) + " %";
        text(c, left - 10 - text_width(label, 16), py(v) - 9, label, black);
        text(c, std::min(px(v) - text_width(label, 16) / 2, width - text_width(label, 16) - 4), height - bottom + 10,
             label, black);
    }
    for (int i = 0; i < 200; i += 2) // where both errors are equal
        c.draw_line(left + i * (width - left - right) / 200, height - bottom - i * (height - top - bottom) / 200,
                    left + (i + 1) * (width - left - right) / 200,
                    height - bottom - (i + 1) * (height - top - bottom) / 200, grey.data());
    c.draw_line(left, top, left, height - bottom, black.data());
    c.draw_line(left, height - bottom, width - right, height - bottom, black.data());
    std::string const x_name = "pairs of two people taken for one";
    text(c, (left + width - right - text_width(x_name, 18)) / 2, height - 32, x_name, black, 18);
    text(c, 20, top - 28, "pairs of one person rejected", black, 16);
    colour const inks[] = {blue, orange, green};
    for (std::size_t l = 0; l < paths.size() && l < 3; ++l) {
        auto const& points = paths[l].points;
        for (std::size_t i = 1; i < points.size(); ++i)
            for (int thick = 0; thick < 2; ++thick)
                c.draw_line(px(points[i - 1][0]), py(points[i - 1][1]) + thick, px(points[i][0]),
                            py(points[i][1]) + thick, inks[l].data());
        int const x = left + 330 + static_cast<int>(l) * 170;
        c.draw_rectangle(x, top - 22, x + 24, top - 19, inks[l].data());
        text(c, x + 30, top - 29, paths[l].name, black);
    }
    return to_image(c);
}

/// Shares of known probes named rightly within the k nearest people, k = 1 … `most`, as a line chart; 900×520.
inline data::image cmc_chart(std::string const& title,
                             std::vector<std::pair<std::string, evaluation::identification_result>> const& results,
                             std::size_t most = 20) {
    std::vector<series> lines;
    for (auto const& [name, r] : results) {
        lines.push_back({name, {}});
        for (std::size_t k = 1; k <= most; ++k)
            lines.back().values.push_back(r.rank(k));
    }
    return line_chart(title, "among the k nearest people", lines);
}

/// Who is taken for whom: a row for who it is, a column for who was named, darker where it happens more often; right
/// ones on the diagonal in blue, wrong ones in orange, with their numbers.
///
/// @param counts  people×people, as `evaluation::confusion` gives them
/// @throws shape_error  unless there are so many counts
/// @throws data_error   when there are no people or more than 60
inline data::image confusion_picture(std::string const& title, std::span<std::size_t const> counts,
                                     std::vector<std::string> const& people) {
    using namespace detail;
    int const n = static_cast<int>(people.size());
    require<shape_error>(counts.size() == people.size() * people.size(), counts.size(), " counts for ", people.size(),
                         " people");
    require<data_error>(n > 0 && n <= 60, "a picture of the confusion between ", n, " people: 1 to 60 can be read");
    int const cell = std::clamp(700 / n, 14, 60), size = n <= 20 ? 16 : 13, head = 54;
    int widest = 40;
    for (auto const& name : people)
        widest = std::max(widest, std::min(text_width(name, size), 200));
    int const left = widest + 24, top = head + 30;
    canvas c(static_cast<unsigned>(std::max(left + n * cell + 20, 460)), static_cast<unsigned>(top + n * cell + 40), 1,
             3, 255);
    text(c, 14, 14, title, black, 20);
    text(c, left, head, "named as, in the same order", black, 16);
    for (int r = 0; r < n; ++r) {
        std::string name = people[static_cast<std::size_t>(r)];
        while (text_width(name, size) > 200)
            name = name.substr(0, name.size() - 2) + "~";
        text(c, 12, top + r * cell + (cell - size) / 2, name, black, size);
        std::size_t total = 0;
        for (int k = 0; k < n; ++k)
            total += counts[static_cast<std::size_t>(r * n + k)];
        for (int k = 0; k < n; ++k) {
            std::size_t const count = counts[static_cast<std::size_t>(r * n + k)];
            int const x = left + k * cell, y = top + r * cell;
            if (count > 0) {
                double const share = 0.25 + 0.75 * static_cast<double>(count) / static_cast<double>(total);
                c.draw_rectangle(x, y, x + cell - 1, y + cell - 1, (r == k ? blue : orange).data(),
                                 static_cast<float>(share));
                std::string const label = std::to_string(count);
                if (cell >= 18)
                    text(c, x + (cell - text_width(label, size)) / 2, y + (cell - size) / 2, label,
                         share > 0.6 && r == k ? colour{255, 255, 255} : black, size);
            }
            c.draw_rectangle(x, y, x + cell, y + cell, light.data(), 1.0f, ~0u);
        }
    }
    return to_image(c);
}

/// The triplets of some photos that are hardest: each photo with the farthest of its person and the nearest of another,
/// in the order of d(a,p) − d(a,n), largest first; one row a person. A negative that is nearer than the positive has an
/// orange frame.
///
/// @param distances  B×B
/// @throws shape_error  unless there are as many distances as photos
/// @throws data_error   when no photo has both a positive and a negative
template <class T>
data::image hardest_triplets(std::string const& title, matrix_view<T const> distances, data::dataset const& photos,
                             std::size_t rows = 8) {
    std::size_t const n = photos.size();
    require<shape_error>(distances.rows() == n && distances.cols() == n, distances.rows(), "×", distances.cols(),
                         " distances for ", n, " photos");
    struct triplet {
        T hardness;
        std::size_t anchor, positive, negative;
    };
    std::vector<triplet> all;
    for (std::size_t a = 0; a < n; ++a) {
        std::size_t p = n, q = n;
        for (std::size_t i = 0; i < n; ++i)
            if (i != a && photos.labels[i] == photos.labels[a])
                p = p == n || distances(a, i) > distances(a, p) ? i : p;
            else if (photos.labels[i] != photos.labels[a])
                q = q == n || distances(a, i) < distances(a, q) ? i : q;
        if (p < n && q < n)
            all.push_back({distances(a, p) - distances(a, q), a, p, q});
    }
    require<data_error>(!all.empty(),
                        "no photo has both another of its person and one of somebody else: there are no triplets");
    std::stable_sort(all.begin(), all.end(), [](auto const& x, auto const& y) { return x.hardness > y.hardness; });
    std::vector<montage_row> shown;
    std::vector<label> people;
    for (auto const& t : all) {
        if (shown.size() == rows)
            break;
        label const who = photos.labels[t.anchor];
        if (std::find(people.begin(), people.end(), who) != people.end())
            continue;
        people.push_back(who);
        auto const caption = [&](char const* what, std::size_t other) {
            char out[32];
            std::snprintf(out, sizeof out, "%s %.2f", what, static_cast<double>(distances(t.anchor, other)));
            return std::string(out);
        };
        shown.push_back({photos.picture(t.anchor),
                         photos.people[static_cast<std::size_t>(who)],
                         {{photos.picture(t.positive), caption("same", t.positive), true},
                          {photos.picture(t.negative), caption("other", t.negative), t.hardness <= T(0)}}});
    }
    return montage(title, shown);
}

} // namespace trine::visual
