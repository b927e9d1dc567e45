#include <trine/evaluation/projection.hpp>

#include <cmath>
#include <limits>

#include <trine/core/parallel.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

namespace {

double distance_between(evaluation::map_point const& a, evaluation::map_point const& b) {
    return std::hypot(a[0] - b[0], a[1] - b[1]);
}

} // namespace

TEST_CASE("principal components are the plane in which points spread most", "[evaluation]") {
    // Points in a plane of a space of seven dimensions: the map keeps all their distances.
    std::size_t const n = 40, d = 7;
    auto const where = random_values<double>(2 * n, 1), axes = random_values<double>(2 * d, 2);
    std::vector<double> points(n * d);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k)
            points[i * d + k] = 3 + 5 * where[2 * i] * axes[k] + where[2 * i + 1] * axes[d + k];
    auto const map = evaluation::principal_components(matrix_view<double const>(points.data(), n, d));
    double first = 0, second = 0, mixed = 0;
    for (std::size_t i = 0; i < n; ++i) {
        first += map[i][0] * map[i][0], second += map[i][1] * map[i][1], mixed += map[i][0] * map[i][1];
        for (std::size_t j = 0; j < i; ++j) {
            double squares = 0;
            for (std::size_t k = 0; k < d; ++k)
                squares += (points[i * d + k] - points[j * d + k]) * (points[i * d + k] - points[j * d + k]);
            CHECK(distance_between(map[i], map[j]) == Approx(std::sqrt(squares)).epsilon(1e-9));
        }
    }
    CHECK(first > second);
    CHECK(std::abs(mixed) < 1e-9 * first);
    auto const line = evaluation::principal_components(matrix_view<double const>(points.data(), n, 1));
    CHECK(line[0][1] == 0);
}

TEST_CASE("fewer points than values have the plane that as many copies of them have", "[evaluation]") {
    std::size_t const n = 6, d = 40, copies = 8;
    auto const values = random_values<double>(n * d, 5), others = random_values<double>(3 * d, 6);
    std::vector<double> again;
    for (std::size_t c = 0; c < copies; ++c)
        again.insert(again.end(), values.begin(), values.end());
    evaluation::principal_plane const few(matrix_view<double const>(values.data(), n, d)),
        many(matrix_view<double const>(again.data(), copies * n, d));
    CHECK(few.share() == Approx(many.share()).epsilon(1e-9));
    matrix_view<double const> const new_ones(others.data(), 3, d);
    auto const a = few.places(new_ones), b = many.places(new_ones);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(distance_between(a[i], b[i]) < 1e-9);
    // Two points make a line.
    auto const line = evaluation::principal_plane(matrix_view<double const>(values.data(), 2, d)).places(new_ones);
    CHECK((line[0][0] != 0 && line[0][1] == 0));
    CHECK(evaluation::principal_plane(matrix_view<double const>(std::vector<double>(d, 1.0).data(), 1, d)).share() ==
          1);
}

TEST_CASE("a principal plane says how much it shows, and takes points it was not made of", "[evaluation]") {
    std::size_t const n = 30, d = 5;
    auto values = random_values<double>(n * d, 8);
    for (std::size_t i = 0; i < n; ++i)
        values[i * d] *= 6, values[i * d + 1] *= 3; // spread most along the first two axes
    matrix_view<double const> const points(values.data(), n, d);
    evaluation::principal_plane const plane(points);
    // The share is of the variance: that of its own places by that of the points.
    double seen = 0, all = 0;
    std::vector<double> mean(d);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k)
            mean[k] += points(i, k) / static_cast<double>(n);
    auto const places = plane.places(points);
    for (std::size_t i = 0; i < n; ++i) {
        seen += places[i][0] * places[i][0] + places[i][1] * places[i][1];
        for (std::size_t k = 0; k < d; ++k)
            all += (points(i, k) - mean[k]) * (points(i, k) - mean[k]);
    }
    CHECK(plane.share() == Approx(seen / all).epsilon(1e-12));
    CHECK(plane.share() > 0.8);
    CHECK(plane.share() < 1);
    // It is an affine map: the middle of two points lies in the middle of their places, and the mean at the origin.
    std::vector<double> middle(2 * d);
    for (std::size_t k = 0; k < d; ++k)
        middle[k] = (points(3, k) + points(7, k)) / 2, middle[d + k] = mean[k];
    auto const others = plane.places(matrix_view<double const>(middle.data(), 2, d));
    for (std::size_t a = 0; a < 2; ++a) {
        CHECK(others[0][a] == Approx((places[3][a] + places[7][a]) / 2).margin(1e-12));
        CHECK(others[1][a] == Approx(0).margin(1e-12));
    }
    // Points that are all the same lie in any plane.
    std::vector<double> const same(12, 2.5);
    CHECK(evaluation::principal_plane(matrix_view<double const>(same.data(), 4, 3)).share() == 1);
    CHECK_THROWS_WITH(plane.places(matrix_view<double const>(same.data(), 4, 3)),
                      "points of 3 values for a plane among 5");
    CHECK_THROWS_AS(plane.places(matrix_view<double const>(same.data(), 0, 5)), data_error);
    values[7] = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(evaluation::principal_plane(points), numeric_error);
}

TEST_CASE("t-SNE keeps groups together and apart from others", "[evaluation]") {
    std::size_t const groups = 4, each = 15, n = groups * each, d = 20;
    auto const centers = random_values<float>(groups * d, 3), noise = random_values<float>(n * d, 4);
    std::vector<float> points(n * d);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k)
            points[i * d + k] = 4 * centers[i % groups * d + k] + 0.3f * noise[i * d + k];
    std::copy_n(points.begin(), d, points.begin() + 4 * d); // two equal points
    matrix_view<float const> const view(points.data(), n, d);
    auto const map = evaluation::tsne(view, {.perplexity = 5, .steps = 400});
    // Everybody's nearest on the map is of the same group.
    for (std::size_t i = 0; i < n; ++i) {
        std::size_t nearest = i == 0 ? 1 : 0;
        for (std::size_t j = 0; j < n; ++j)
            if (j != i && distance_between(map[i], map[j]) < distance_between(map[i], map[nearest]))
                nearest = j;
        CHECK(nearest % groups == i % groups);
    }
    auto const before = thread_count();
    set_thread_count(3);
    CHECK(evaluation::tsne(view, {.perplexity = 5, .steps = 400}) == map);
    set_thread_count(before);

    CHECK(evaluation::tsne(view.slice(0, 2)).size() == 2);
    CHECK(evaluation::tsne(view.slice(0, 4), {.steps = 50}).size() == 4);
    CHECK_THROWS_AS(evaluation::tsne(view, {.perplexity = 0.5}), argument_error);
    CHECK_THROWS_WITH(evaluation::tsne(view.slice(0, 0)), "a map needs points: there are 0 of 20 values");
    points[7] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(evaluation::tsne(view), "point 0 is not finite");
}
