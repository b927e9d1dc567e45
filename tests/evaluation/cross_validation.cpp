#include <trine/evaluation/cross_validation.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <trine/core/error.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("each fold is judged by the others' threshold", "[evaluation]") {
    std::vector<double> const distances{0.1, 0.9, 0.32, 0.8, 0.55, 0.63};
    std::vector<bool> const same{true, false, true, false, true, false};
    std::vector<std::size_t> const folds{0, 0, 1, 1, 2, 2};
    auto const r = evaluation::cross_validate(distances, same, folds, 0.1, 20);
    CHECK(r.thresholds[0] == Approx(0.6)); // the only one of the grid that is right on folds 1 and 2
    CHECK(r.accuracies[0] == 1);
    CHECK(r.thresholds[2] == Approx(0.4)); // the smallest that is right on folds 0 and 1
    CHECK(r.accuracies[2] == 0.5);
    CHECK(r.mean == Approx((1 + 1 + 0.5) / 3));
    CHECK(r.deviation == Approx(std::sqrt((2 * std::pow(1 - 2.5 / 3, 2) + std::pow(0.5 - 2.5 / 3, 2)) / 3)));
    CHECK_THROWS_AS(evaluation::cross_validate(distances, same, std::vector<std::size_t>(6)), data_error);
    CHECK_THROWS_AS(evaluation::cross_validate(distances, same, std::vector<std::size_t>(5)), shape_error);
}

TEST_CASE("cross-validation refuses what is not a number, and does not wait for it", "[evaluation]") {
    std::vector<bool> const same{true, false, true, false};
    std::vector<std::size_t> const folds{0, 0, 1, 1};
    for (std::size_t at = 0; at < 4; ++at) {
        std::vector<double> distances{0.1, 0.9, 0.2, 0.8};
        distances[at] = NAN;
        CHECK_THROWS_WITH(evaluation::cross_validate(distances, same, folds),
                          "the distance of pair " + std::to_string(at) + " is not a number");
        CHECK_THROWS_AS(evaluation::cross_validate_at_distances(distances, same, folds), numeric_error);
    }
    std::vector<double> const distances{0.1, 0.9, 0.2, INFINITY}; // infinitely far is a distance
    CHECK(evaluation::cross_validate_at_distances(distances, same, folds).mean == 0.75);
    CHECK(evaluation::cross_validate(distances, same, folds).mean == 0.75);
    CHECK_THROWS_AS(evaluation::cross_validate(distances, same, folds, NAN), argument_error);
    CHECK_THROWS_AS(evaluation::cross_validate(distances, same, folds, 0.0), argument_error);
    CHECK_THROWS_AS(evaluation::cross_validate(distances, same, folds, 0.01, 0), argument_error);
    CHECK_THROWS_AS(evaluation::cross_validate(distances, same, std::vector<std::size_t>{0, 0, 1, SIZE_MAX}),
                    data_error);
}
