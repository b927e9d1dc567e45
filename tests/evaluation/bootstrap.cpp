#include <trine/evaluation/bootstrap.hpp>

#include <cmath>
#include <vector>

#include <trine/core/error.hpp>
#include <trine/core/parallel.hpp>
#include <trine/core/random.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEST_CASE("a bootstrap interval covers the truth about as often as it says", "[evaluation]") {
    // The mean of 60 exponential draws, whose truth is 1, three hundred times. The count of those that are covered is
    // binomial: its standard deviation is 1.3 %.
    std::size_t covered = 0;
    constexpr std::size_t experiments = 300, draws = 60;
    for (std::uint32_t e = 0; e < experiments; ++e) {
        random_stream stream(7, purpose::user, e);
        std::vector<double> values(draws);
        std::vector<label> people(draws);
        for (std::size_t i = 0; i < draws; ++i)
            values[i] = -std::log(1 - stream.uniform()), people[i] = static_cast<label>(i);
        auto const interval = evaluation::bootstrap_mean(values, people, {.resamples = 1000, .seed = e});
        CHECK((interval.low < interval.estimate && interval.estimate < interval.high));
        covered += interval.low <= 1 && 1 <= interval.high;
    }
    // A percentile interval of so few skewed values is known to be a little short of 95 %.
    CHECK(covered > 0.89 * experiments);
    CHECK(covered < 0.98 * experiments);
}

TEST_CASE("a bootstrap draws people, not photos, and does not depend on the threads", "[evaluation]") {
    // Ten photos of a person that are all alike say no more than one.
    std::vector<double> one, ten;
    std::vector<label> one_each, ten_each;
    random_stream stream(1, purpose::user);
    for (label person = 0; person < 30; ++person) {
        double const right = stream.below(2) == 0 ? 0 : 1;
        one.push_back(right), one_each.push_back(person);
        for (int photo = 0; photo < 10; ++photo)
            ten.push_back(right), ten_each.push_back(person);
    }
    auto const narrow = evaluation::bootstrap_mean(one, one_each), wide = evaluation::bootstrap_mean(ten, ten_each);
    CHECK(narrow.low == wide.low);
    CHECK(narrow.high == wide.high);
    // Against the normal approximation, ±1.96 √(p(1−p)/n).
    double const p = narrow.estimate;
    CHECK(narrow.high - narrow.low == Approx(2 * 1.96 * std::sqrt(p * (1 - p) / 30)).epsilon(0.1));
    for (std::size_t threads : {1, 3}) {
        with_threads const scope(threads);
        CHECK(evaluation::bootstrap_mean(one, one_each).low == narrow.low);
    }
    CHECK(evaluation::bootstrap_mean(std::vector<double>{0.5, 0.5}, std::vector<label>{1, 2}).high == 0.5);
    CHECK(evaluation::bootstrap(5, [](std::span<std::size_t const> drawn) {
              return static_cast<double>(drawn.size());
          }).low == 5);

    CHECK_THROWS_WITH(evaluation::bootstrap_mean({}, {}), "there is nothing to draw from");
    CHECK_THROWS_WITH(evaluation::bootstrap_mean(one, ten_each), "300 people given for 30 values");
    CHECK_THROWS_WITH(evaluation::bootstrap_mean(one, one_each, {.confidence = 1}),
                      "a confidence of 1: it has to lie between 0 and 1");
    CHECK_THROWS_AS(evaluation::bootstrap_mean(one, one_each, {.resamples = 1}), argument_error);
}

TEST_CASE("a bootstrap refuses what is not a number", "[evaluation]") {
    CHECK_THROWS_AS(evaluation::bootstrap_mean(std::vector<double>{1, NAN}, std::vector<label>{0, 1}, {}),
                    numeric_error);
    CHECK_THROWS_AS(
        evaluation::bootstrap_mean(std::vector<double>{1, 2}, std::vector<label>{0, 1}, {.confidence = NAN}),
        argument_error);
}
