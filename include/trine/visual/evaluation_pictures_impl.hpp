#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "../core/error.hpp"
#include "../evaluation/statistics.hpp"
#include "canvas.hpp"
#include "evaluation_pictures.hpp"
#include "pictures.hpp"

namespace trine::visual {

namespace detail {

// A box with a share on either axis, and paths in it.
struct share_box {
    static constexpr int width = 900, height = 640, left = 90, right = 30, top = 90, bottom = 70;

    canvas c{static_cast<unsigned>(width), static_cast<unsigned>(height), 1, 3, 255};

    explicit share_box(std::string const& title) { text(c, left, 16, title, black, 22); }

    // Where shares of the box's sides lie.
    int x(double share) const { return left + static_cast<int>(std::lround(share * (width - left - right))); }
    int y(double share) const {
        return height - bottom - static_cast<int>(std::lround(share * (height - top - bottom)));
    }
    // A line up at a tick of the axis below, with its label.
    void tick_below(int x, std::string const& label) {
        c.draw_line(x, top, x, height - bottom, light.data());
        text(c, std::min(x - text_width(label, 16) / 2, width - text_width(label, 16) - 4), height - bottom + 10, label,
             black);
    }
    // Both axes with their names, and the paths with theirs: at most three.
    template <class X, class Y>
    data::image finished(std::string const& x_name, std::string const& y_name, std::vector<path> const& paths, X&& px,
                         Y&& py) {
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
            int const at = left + 330 + static_cast<int>(l) * 170;
            c.draw_rectangle(at, top - 22, at + 24, top - 19, inks[l].data());
            text(c, at + 30, top - 29, paths[l].name, black);
        }
        return to_image(c);
    }
};

// Points of a ROC as steps, as no threshold lies between two points: false accepts come first.
template <class Upward>
path stepped(std::string name, evaluation::verification_curve const& curve, double last, Upward&& upward) {
    path p{std::move(name), {}};
    for (auto const& o : curve.roc(2000)) {
        p.points.push_back({o.false_accept_rate, last});
        p.points.push_back({o.false_accept_rate, last = upward(o.true_accept_rate)});
    }
    return p;
}

template <class T>
data::image hardest_triplets_of(std::string const& title, matrix_view<T const> distances, data::dataset const& photos,
                                std::size_t rows) {
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

} // namespace detail

TRINE_INLINE data::image share_chart(std::string const& title, std::string const& x_name, std::string const& y_name,
                                     std::vector<path> const& paths, double least) {
    using namespace detail;
    require<argument_error>(least >= 0 && least < 1, "a chart from ", least, " to 1");
    share_box box(title);
    auto const px = [&](double x) {
        double const share = least > 0 ? 1 - std::log(std::max(x, least)) / std::log(least) : x;
        return box.x(std::clamp(share, 0.0, 1.0));
    };
    auto const py = [&](double y) { return box.y(std::clamp(y, 0.0, 1.0)); };
    for (int i = 0; i <= 10; i += 2) {
        box.c.draw_line(box.left, py(i / 10.0), box.width - box.right, py(i / 10.0), light.data());
        text(box.c, 30, py(i / 10.0) - 9, number(10 * i) + " %", black);
    }
    std::vector<double> ticks;
    if (least > 0)
        for (double v = 1; v >= least * 0.999; v /= 10)
            ticks.push_back(v);
    else
        ticks = {0, 0.2, 0.4, 0.6, 0.8, 1};
    for (double v : ticks)
        box.tick_below(px(v), number(100 * v) + " %");
    return box.finished(x_name, y_name, paths, px, py);
}

TRINE_INLINE path roc_path(std::string name, evaluation::verification_curve const& curve) {
    return detail::stepped(std::move(name), curve, 0, [](double accepted) { return accepted; });
}

TRINE_INLINE path det_path(std::string name, evaluation::verification_curve const& curve) {
    return detail::stepped(std::move(name), curve, 1, [](double accepted) { return 1 - accepted; });
}

TRINE_INLINE data::image error_chart(std::string const& title, std::vector<path> const& paths) {
    using namespace detail;
    share_box box(title);
    double const least = 1e-3, most = 0.6, low = evaluation::normal_deviate(least),
                 high = evaluation::normal_deviate(most);
    auto const along = [&](double share) {
        return (evaluation::normal_deviate(std::clamp(share, least, most)) - low) / (high - low);
    };
    auto const px = [&](double x) { return box.x(along(x)); };
    auto const py = [&](double y) { return box.y(along(y)); };
    for (double v : {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6}) {
        std::string const label = number(100 * v) + " %";
        box.c.draw_line(box.left, py(v), box.width - box.right, py(v), light.data());
        text(box.c, box.left - 10 - text_width(label, 16), py(v) - 9, label, black);
        box.tick_below(px(v), label);
    }
    int const wide = box.width - box.left - box.right, high_up = box.height - box.top - box.bottom;
    for (int i = 0; i < 200; i += 2) // where both errors are equal
        box.c.draw_line(box.left + i * wide / 200, box.height - box.bottom - i * high_up / 200,
                        box.left + (i + 1) * wide / 200, box.height - box.bottom - (i + 1) * high_up / 200,
                        grey.data());
    return box.finished("pairs of two people taken for one", "pairs of one person rejected", paths, px, py);
}

TRINE_INLINE data::image cmc_chart(
    std::string const& title, std::vector<std::pair<std::string, evaluation::identification_result>> const& results,
    std::size_t most) {
    std::vector<series> lines;
    for (auto const& [name, r] : results) {
        lines.push_back({name, {}});
        for (std::size_t k = 1; k <= most; ++k)
            lines.back().values.push_back(r.rank(k));
    }
    return line_chart(title, "among the k nearest people", lines);
}

TRINE_INLINE data::image confusion_picture(std::string const& title, std::span<std::size_t const> counts,
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
    auto const counted = [&](int r, int k) {
        return counts[static_cast<std::size_t>(r) * static_cast<std::size_t>(n) + static_cast<std::size_t>(k)];
    };
    for (int r = 0; r < n; ++r) {
        std::string name = people[static_cast<std::size_t>(r)];
        while (text_width(name, size) > 200)
            name = name.substr(0, name.size() - 2) + "~";
        text(c, 12, top + r * cell + (cell - size) / 2, name, black, size);
        std::size_t total = 0;
        for (int k = 0; k < n; ++k)
            total += counted(r, k);
        for (int k = 0; k < n; ++k) {
            std::size_t const count = counted(r, k);
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

TRINE_INLINE data::image hardest_triplets(std::string const& title, matrix_view<float const> distances,
                                          data::dataset const& photos, std::size_t rows) {
    return detail::hardest_triplets_of(title, distances, photos, rows);
}

TRINE_INLINE data::image hardest_triplets(std::string const& title, matrix_view<double const> distances,
                                          data::dataset const& photos, std::size_t rows) {
    return detail::hardest_triplets_of(title, distances, photos, rows);
}

} // namespace trine::visual
