#include <trine/evaluation/distributions.hpp>

#include <cmath>

#include <trine/core/error.hpp>
#include <trine/evaluation/statistics.hpp>

#include "support/catch.hpp"

using namespace trine;
using namespace trine::evaluation;

// Values without another source are those of SciPy 1.10.1: stats.t.sf and ppf, chi2.sf, f.sf, studentized_range.sf and
// ppf with infinite degrees of freedom.

namespace {
Approx close(double value) { return Approx(value).epsilon(1e-10); }
} // namespace

TEST_CASE("Student's t has the tails that SciPy gives", "[evaluation]") {
    CHECK(student_t_above(2.5, 3) == close(0.04385332350403277));
    CHECK(student_t_above(0.3, 7) == close(0.38644502520106716));
    CHECK(student_t_above(-1.7, 11) == close(0.9414017906765614));
    CHECK(student_t_above(12, 2) == close(0.00343646683857923));
    CHECK(student_t_above(40, 3) == close(1.719034039457927e-05));
    CHECK(student_t_above(1e-3, 1.5) == close(0.4996592651133599));
    CHECK(student_t_above(0, 4) == close(0.5));
    CHECK(student_t_above(INFINITY, 4) == 0);
    CHECK(student_t_above(-INFINITY, 4) == 1);
}

TEST_CASE("Student's quantiles are those of SciPy, and undo the tails", "[evaluation]") {
    auto const near = [](double value) { return Approx(value).epsilon(1e-8); }; // SciPy's own have nine digits
    CHECK(student_t_quantile(0.975, 3) == near(3.182446305284263));
    CHECK(student_t_quantile(0.975, 100) == near(1.9839715184496334));
    CHECK(student_t_quantile(0.6, 2) == near(0.2886751346880066));
    CHECK(student_t_quantile(0.6, 2) == close(0.2 * std::sqrt(2 / 0.96))); // with two degrees, a formula
    CHECK(student_t_quantile(0.05, 9) == near(-1.8331129326536337));
    CHECK(student_t_quantile(0.9999, 3) == near(22.203742266780633));
    CHECK(student_t_quantile(1, 3) == INFINITY);
    CHECK(student_t_quantile(0, 3) == -INFINITY);
    for (double degrees : {1.0, 2.0, 7.5, 60.0})
        for (double share : {0.51, 0.9, 0.999})
            CHECK(student_t_above(student_t_quantile(share, degrees), degrees) == close(1 - share));
    for (std::size_t degrees : {1, 5, 11, 40})
        CHECK(student_t_quantile(0.975, static_cast<double>(degrees)) == Approx(student_t(degrees)).margin(5e-4));
}

TEST_CASE("chi-squared and F have the tails that SciPy gives", "[evaluation]") {
    CHECK(chi_squared_above(3.2, 2) == close(0.2018965179946554));
    CHECK(chi_squared_above(3.2, 2) == close(std::exp(-1.6))); // two degrees are an exponential
    CHECK(chi_squared_above(0.1, 5) == close(0.9998376833880774));
    CHECK(chi_squared_above(55, 30) == close(0.0035499270232008744));
    CHECK(chi_squared_above(20, 3) == close(0.00016974243555282632));
    CHECK(chi_squared_above(0, 3) == 1);
    CHECK(f_above(2.1, 3, 12) == close(0.1536842697708631));
    CHECK(f_above(0.4, 5, 2) == close(0.8232233047033631));
    CHECK(f_above(9, 2, 40) == close(0.0005924339732901057));
    CHECK(f_above(2.5 * 2.5, 1, 3) == close(2 * student_t_above(2.5, 3))); // t² is an F
    CHECK(f_above(0, 1, 3) == 1);
}

TEST_CASE("the range of normal draws is the studentized range of SciPy", "[evaluation]") {
    CHECK(normal_range_above(3.3145, 3) == Approx(0.049999387596061484).epsilon(1e-7));
    CHECK(normal_range_above(2, 5) == Approx(0.6184494805509919).epsilon(1e-7));
    CHECK(normal_range_above(5, 40) == Approx(0.15343414956657964).epsilon(1e-7));
    CHECK(normal_range_above(0, 5) == 1);
    // Divided by √2, they are Nemenyi's q for α = 0.05 (Demšar 2006, table 5: 1.960, 2.343, 2.569, 2.728, 3.164).
    double const expected[][2] = {{2, 1.95996398}, {3, 2.34370059},  {4, 2.56903177},
                                  {5, 2.72777437}, {10, 3.16368358}, {38, 3.86318095}};
    for (auto const& [draws, q] : expected)
        CHECK(normal_range_quantile(0.05, draws) / std::sqrt(2) == Approx(q).epsilon(1e-7));
}

TEST_CASE("distributions refuse what they are not defined for", "[evaluation]") {
    CHECK_THROWS_AS(student_t_above(1, 0), argument_error);
    CHECK_THROWS_AS(student_t_above(NAN, 3), argument_error);
    CHECK_THROWS_AS(student_t_quantile(1.5, 3), argument_error);
    CHECK_THROWS_AS(chi_squared_above(1, -1), argument_error);
    CHECK_THROWS_AS(f_above(1, 1, 0), argument_error);
    CHECK_THROWS_AS(normal_range_above(1, 1), argument_error);
    CHECK_THROWS_AS(normal_range_quantile(0, 3), argument_error);
}
