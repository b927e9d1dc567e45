#include <cmath>

#include <trine/core/error.hpp>

#include "../grader/check.hpp"

using namespace grading;

namespace {

array_names const places{.what = "the value", .cols = 4};

// What comes out when every value is divided by something of its row or column.
std::vector<double> divided(trine::matrix_view<double const> x, double (*by)(double squares), bool columns = false) {
    std::vector<double> out;
    for (std::size_t i = 0; i < x.rows(); ++i)
        for (std::size_t k = 0; k < x.cols(); ++k) {
            double squares = 0;
            for (std::size_t m = 0; m < (columns ? x.rows() : x.cols()); ++m)
                squares += columns ? x(m, k) * x(m, k) : x(i, m) * x(i, m);
            out.push_back(x(i, k) / by(squares));
        }
    return out;
}
double root(double squares) { return std::sqrt(squares); }

// dx with the projection weighed by `projection`, and divided by the length `divisions` times. With `long_rows`, rows
// were projected on as they are, not scaled.
std::vector<double> back(trine::matrix_view<double const> x, trine::matrix_view<double const> dy, double projection,
                         int divisions, bool long_rows = false) {
    std::vector<double> out;
    for (std::size_t i = 0; i < x.rows(); ++i) {
        double squares = 0, dot = 0;
        for (std::size_t k = 0; k < x.cols(); ++k)
            squares += x(i, k) * x(i, k), dot += x(i, k) * dy(i, k);
        double const length = std::sqrt(squares);
        for (std::size_t k = 0; k < x.cols(); ++k) {
            double const along = long_rows ? x(i, k) * dot : x(i, k) * dot / squares;
            out.push_back((dy(i, k) - projection * along) / std::pow(length, divisions));
        }
    }
    return out;
}

// By central differences of the sum of dy · normalize(x).
std::vector<double> differences(trine::matrix_view<double const> x, trine::matrix_view<double const> dy) {
    std::vector<double> out;
    double const h = 1e-5;
    for (std::size_t i = 0; i < x.rows(); ++i)
        for (std::size_t k = 0; k < x.cols(); ++k) {
            double sums[2] = {0, 0};
            for (int side = 0; side < 2; ++side) {
                double squares = 0, dot = 0;
                for (std::size_t m = 0; m < x.cols(); ++m) {
                    double const value = x(i, m) + (m == k ? (side == 0 ? h : -h) : 0);
                    squares += value * value, dot += value * dy(i, m);
                }
                sums[side] = dot / std::sqrt(squares);
            }
            out.push_back((sums[0] - sums[1]) / (2 * h));
        }
    return out;
}

} // namespace

CHECK(0, 1, "(3, 4) has length 5, and becomes (0.6, 0.8)") {
    double const values[] = {3, 4};
    auto x = in.copy<double>("x", 1, 2, values);
    auto const y = in.to_fill<double>("y", 1, 2);
    submitted.normalize(x.seal().read_view(), y.view());
    compare(y.read(), {0.6, 0.8}, 1e-12, {.what = "the value", .row = "column", .cols = 1},
            {{{3.0 / 25, 4.0 / 25}, "the length is the root of the sum of squares, not the sum itself"},
             {{3.0 / 7, 4.0 / 7}, "the length is the root of the sum of squares, not the sum of the values"},
             {{1, 1}, "each value is divided by itself: sum the squares of a row, not of a column"}});
}

CHECK(0, 2, "every row becomes as long as 1") {
    auto x = in.normal<double>("x", 6, 4);
    auto const y = in.to_fill<double>("y", 6, 4);
    submitted.normalize(x.seal().read_view(), y.view());
    compare(y.read(), divided(x.read_view(), root), 1e-12, places,
            {{divided(x.read_view(), root, true), "columns are scaled to length 1, not rows"},
             {divided(x.read_view(), [](double s) { return s; }),
              "the length is the root of the sum of squares, not the sum itself"}});
}

CHECK(0, 2, "a row of zeros stays one") {
    auto x = in.normal<double>("x", 3, 4);
    for (std::size_t k = 0; k < 4; ++k)
        x(1, k) = 0;
    auto const y = in.to_fill<double>("y", 3, 4);
    submitted.normalize(x.seal().read_view(), y.view());
    for (std::size_t k = 0; k < 4; ++k)
        if (y(1, k) != 0)
            wrong("row 1 of x is all zeros, and its y is ", shown(y(1, k)),
                  std::isnan(y(1, k)) ? ": 0 divided by 0 is no number; ask whether the length is above 0 first" : "");
}

CHECK(0, 4, "the gradient agrees with central differences") {
    auto x = in.normal<double>("x", 6, 4), dy = in.normal<double>("dy", 6, 4);
    auto const dx = in.to_fill<double>("dx", 6, 4);
    submitted.gradient(x.seal().read_view(), dy.seal().read_view(), dx.view());
    auto const xs = x.read_view(), dys = dy.read_view();
    auto names = places;
    names.what = "the gradient";
    compare(dx.read(), differences(xs, dys), 1e-7, names,
            {{back(xs, dys, 0, 1), "the part of dy along y is not taken away: − y (y · dy) is missing"},
             {back(xs, dys, -1, 1), "the part of dy along y is added, and has to be taken away: its sign is wrong"},
             {back(xs, dys, 1, 0), "it is not divided by the length of x"},
             {back(xs, dys, 1, 2), "it is divided by the squared length of x, not by the length"},
             {back(xs, dys, 1, 1, true), "the part along y is taken of x as it is, not of y = x / ‖x‖"}},
            "central difference");
}

CHECK(0, 1, "the gradient of a row of zeros is 0") {
    auto x = in.normal<double>("x", 2, 4), dy = in.normal<double>("dy", 2, 4);
    for (std::size_t k = 0; k < 4; ++k)
        x(0, k) = 0;
    auto const dx = in.to_fill<double>("dx", 2, 4);
    submitted.gradient(x.seal().read_view(), dy.seal().read_view(), dx.view());
    for (std::size_t k = 0; k < 4; ++k)
        if (dx(0, k) != 0)
            wrong("row 0 of x is all zeros, and its dx is ", shown(dx(0, k)),
                  std::isnan(dx(0, k)) ? ": something was divided by the length 0" : ", not 0");
}
