#include <algorithm>
#include <cmath>

#include <trine/distances/euclidean.hpp>

#include "../grader/check.hpp"

namespace exercises {
extern std::size_t products_asked_for;
}

using namespace grading;

namespace {

using points = trine::matrix_view<float const>;

double squared(points x, std::size_t row) {
    double sum = 0;
    for (float const v : x.row(row))
        sum += static_cast<double>(v) * static_cast<double>(v);
    return sum;
}

// By differences; or by the three terms, each with a factor, of lengths that are looked up as a mistake would.
std::vector<double> by_differences(points a, points b) {
    std::vector<double> out;
    for (std::size_t i = 0; i < a.rows(); ++i)
        for (std::size_t j = 0; j < b.rows(); ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < a.cols(); ++k)
                sum += std::pow(static_cast<double>(a(i, k)) - static_cast<double>(b(j, k)), 2);
            out.push_back(sum);
        }
    return out;
}
struct terms {
    double product = -2;
    bool roots = false, only_a = false, only_b = false, exchanged = false;
};
std::vector<double> by_terms(points a, points b, terms const& how) {
    std::vector<double> out;
    auto const length = [&](points x, std::size_t row) {
        double const s = squared(x, row % x.rows());
        return how.roots ? std::sqrt(s) : s;
    };
    for (std::size_t i = 0; i < a.rows(); ++i)
        for (std::size_t j = 0; j < b.rows(); ++j) {
            double dot = 0;
            for (std::size_t k = 0; k < a.cols(); ++k)
                dot += static_cast<double>(a(i, k)) * static_cast<double>(b(j, k));
            double const of_a = how.only_b ? 0 : length(a, how.exchanged ? j : i),
                         of_b = how.only_a ? 0 : length(b, how.exchanged ? i : j);
            out.push_back(std::max(0.0, of_a + how.product * dot + of_b));
        }
    return out;
}

} // namespace

CHECK(11, 4, "random points") {
    auto a = in.normal<float>("a", 7, 16), b = in.normal<float>("b", 9, 16);
    auto const out = in.to_fill<float>("out", 7, 9);
    a.seal(), b.seal();
    auto const x = a.read_view(), y = b.read_view();
    submitted.squared_distances(x, y, out.view());
    auto const right = by_differences(x, y);
    std::vector<answer> known{
        {by_terms(x, y, {.product = -1}), "the factor 2 of the product is missing"},
        {by_terms(x, y, {.product = 2}), "the product has the wrong sign: it is taken away"},
        {by_terms(x, y, {.product = 1}), "the product has the wrong sign, and its factor 2 is missing"},
        {by_terms(x, y, {.product = 0}), "the product is not there"},
        {by_terms(x, y, {.roots = true}), "lengths are squared: leave out the root"},
        {by_terms(x, y, {.only_a = true}), "the squared lengths of b's rows are missing"},
        {by_terms(x, y, {.only_b = true}), "the squared lengths of a's rows are missing"}};
    std::vector<double> roots = right;
    for (double& d : roots)
        d = std::sqrt(d);
    known.push_back({roots, "distances are squared: leave out the root at the end"});
    compare(out.read(), right, 1e-5, {.what = "the distance", .row = "row", .column = "column", .cols = 9}, known);
}

CHECK(11, 2, "the lengths belong to their rows") {
    // Square, so that who exchanges rows and columns does not fall over the sizes.
    auto a = in.normal<float>("a", 6, 5), b = in.normal<float>("b", 6, 5);
    for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t k = 0; k < 5; ++k)
            a(i, k) *= static_cast<float>(i + 1);
    auto const out = in.to_fill<float>("out", 6, 6);
    a.seal(), b.seal();
    auto const x = a.read_view(), y = b.read_view();
    submitted.squared_distances(x, y, out.view());
    compare(out.read(), by_differences(x, y), 1e-5, {.what = "the distance", .cols = 6},
            {{by_terms(x, y, {.exchanged = true}),
              "a's lengths are looked up by columns and b's by rows: rows of out belong to a"}});
}

CHECK(11, 2, "no distance is below 0") {
    auto a = in.normal<float>("a", 40, 32);
    for (float& v : a.span())
        v = 30 + v / 1000;
    auto const out = in.to_fill<float>("out", 40, 40);
    a.seal();
    submitted.squared_distances(a.read_view(), a.read_view(), out.view());
    for (std::size_t i = 0; i < 40; ++i)
        for (std::size_t j = 0; j < 40; ++j) {
            if (!(out(i, j) >= 0))
                wrong("the distance in row ", i, ", column ", j, " is ", shown(static_cast<double>(out(i, j))),
                      ", of points that are nearly the same: set what is below 0 to 0");
            if (out(i, j) > 1)
                wrong("the distance in row ", i, ", column ", j, " is ", shown(static_cast<double>(out(i, j))),
                      ", of points that are nearly the same");
        }
}

CHECK(11, 2, "the products are made as one product of matrices") {
    auto a = in.normal<float>("a", 20, 8), b = in.normal<float>("b", 30, 8);
    auto const out = in.to_fill<float>("out", 20, 30);
    exercises::products_asked_for = 0;
    submitted.squared_distances(a.seal().read_view(), b.seal().read_view(), out.view());
    if (exercises::products_asked_for == 0)
        wrong("`product` was not called: a loop over all pairs and their values is right, and slow");
    if (exercises::products_asked_for > 4)
        wrong("`product` was called ", exercises::products_asked_for, " times: one of the whole matrices is enough");
}

COMPARISON(11) {
    std::vector<comparison> rows;
    auto const a = in.normal<float>("a", 512, 128), b = in.normal<float>("b", 2048, 128);
    auto const out = in.to_fill<float>("out", 512, 2048);
    auto const x = a.read_view(), y = b.read_view();
    double const yours = milliseconds([&] { submitted.squared_distances(x, y, out.view()); }),
                 ours = milliseconds([&] { trine::distances::squared_euclidean{}.cross(x, y, out.view()); }),
                 plain = milliseconds([&] {
                     for (std::size_t i = 0; i < x.rows(); ++i)
                         for (std::size_t j = 0; j < y.rows(); ++j) {
                             float sum = 0;
                             for (std::size_t k = 0; k < x.cols(); ++k)
                                 sum += (x(i, k) - y(j, k)) * (x(i, k) - y(j, k));
                             out(i, j) = sum;
                         }
                 });
    rows.push_back({"512 × 2048 distances of 128 values", yours, ours, "ms", "Trine sums differences: 0 stays 0"});
    rows.push_back({"a plain loop over pairs, in place of yours", plain, ours, "ms", ""});
    return rows;
}
