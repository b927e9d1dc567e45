#include <trine/evaluation/statistics.hpp>

#include <cmath>
#include <vector>

#include <trine/core/error.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("confidence intervals are Student's", "[evaluation]") {
    using evaluation::student_t;
    // From tables of the distribution.
    CHECK(student_t(1) == Approx(12.706));
    CHECK(student_t(11) == Approx(2.201).margin(5e-4));
    CHECK(student_t(20) == Approx(2.086).margin(5e-4));
    CHECK(student_t(120) == Approx(1.980).margin(5e-4));
    std::vector<double> const values{4, 6, 5, 9};
    auto const i = evaluation::confidence_interval(values);
    CHECK(i.mean == 6);
    CHECK(i.half_width == Approx(3.182 * std::sqrt(14.0 / 3) / 2));
    CHECK(std::isinf(evaluation::confidence_interval(std::vector<double>{1}).half_width));
    CHECK(std::isnan(evaluation::confidence_interval({}).mean));
}

TEST_CASE("normal deviates are those of tables", "[evaluation]") {
    // Quantiles of the normal distribution from tables.
    CHECK(evaluation::normal_deviate(0.975) == Approx(1.959964).margin(5e-4));
    CHECK(evaluation::normal_deviate(0.001) == Approx(-3.090232).margin(5e-4));
    CHECK(evaluation::normal_deviate(0.5) == Approx(0).margin(5e-4));
}

TEST_CASE("statistics refuse what is not a number", "[evaluation]") {
    CHECK_THROWS_WITH(evaluation::confidence_interval(std::vector<double>{1, NAN}), "value 1 is not a number");
    CHECK_THROWS_AS(evaluation::normal_deviate(NAN), argument_error);
    CHECK_THROWS_AS(evaluation::normal_deviate(1.1), argument_error);
    CHECK(evaluation::normal_deviate(0) == -INFINITY);
    CHECK(evaluation::normal_deviate(1) == INFINITY);
}
