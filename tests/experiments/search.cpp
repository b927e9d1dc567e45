#include <trine/experiments/search.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include <trine/core/error.hpp>

#include "support/catch.hpp"

using namespace trine;
using namespace trine::experiments;

namespace {

std::vector<parameter> const three{{"loss.margin", 0.01, 1, spacing::logarithmic, false, 0.2},
                                   {"loss.base", -1, 3, spacing::linear, false, 5},
                                   {"miner.count", 1, 4, spacing::linear, true, 2}};

template <class F>
std::vector<trial> searched(std::vector<parameter> const& parameters, std::size_t tries, std::uint64_t seed,
                            search_options const& how, F const& score) {
    std::vector<trial> all;
    while (all.size() < tries) {
        auto values = next_values(parameters, all, how, seed);
        double const s = score(values);
        all.push_back({std::move(values), s});
    }
    return all;
}

} // namespace

TEST_CASE("a search begins with the values that are given, and stays within the ranges after", "[experiments]") {
    auto const all = searched(three, 40, 3, {}, [](auto const& v) { return -std::abs(v[0] - 0.05); });
    CHECK(all[0].values == std::vector<double>{0.2, 5, 2});
    std::set<double> counts;
    for (std::size_t i = 1; i < all.size(); ++i) {
        CHECK(all[i].values[0] >= 0.01);
        CHECK(all[i].values[0] <= 1);
        CHECK(std::abs(all[i].values[1] - 1) <= 2);
        counts.insert(all[i].values[2]);
    }
    CHECK(std::all_of(counts.begin(), counts.end(), [](double c) { return c == std::floor(c) && c >= 1 && c <= 4; }));
    CHECK(counts.size() >= 3);
}

TEST_CASE("the same seed searches alike, and another does not", "[experiments]") {
    auto const score = [](auto const& v) { return v[0] - v[1]; };
    auto const a = searched(three, 20, 1, {}, score), b = searched(three, 20, 1, {}, score),
               c = searched(three, 20, 2, {}, score);
    for (std::size_t i = 0; i < a.size(); ++i)
        CHECK(a[i].values == b[i].values);
    CHECK(a[1].values != c[1].values);
}

TEST_CASE("random tries are even over the range, or over its logarithm", "[experiments]") {
    std::size_t small = 0, low = 0;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        auto const v = next_values(three, std::vector<trial>{{{0.2, 5, 2}, 0}}, {}, seed);
        small += v[0] < 0.1, low += v[1] < 1;
    }
    // Half of each; five standard deviations are 112.
    CHECK(std::abs(static_cast<double>(small) - 1000) < 112);
    CHECK(std::abs(static_cast<double>(low) - 1000) < 112);
}

TEST_CASE("the estimator finds what random tries miss", "[experiments]") {
    std::vector<parameter> const two{{"a", 1e-4, 1, spacing::logarithmic, false, 1},
                                     {"b", 0, 1, spacing::linear, false, 0}};
    auto const score = [](auto const& v) {
        double const x = std::log10(v[0]) + 2.5, y = v[1] - 0.3;
        return -(x * x / 4 + y * y);
    };
    double parzen = 0, random = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        auto const a = searched(two, 32, seed, {}, score), b = searched(two, 32, seed, {.random = 32}, score);
        parzen += a[best_of(a)].score / 40, random += b[best_of(b)].score / 40;
    }
    INFO(parzen << " against " << random);
    CHECK(parzen > random / 2); // both below 0: half as far from the best
}

TEST_CASE("failed tries are the worst, and the first of equal ones the best", "[experiments]") {
    CHECK(best_of(std::vector<trial>{{{1}, NAN}, {{2}, 0.1}, {{3}, 0.4}, {{4}, 0.4}}) == 2);
    CHECK(best_of(std::vector<trial>{{{1}, NAN}, {{2}, NAN}}) == 0);
    // Above 0.5 all fails; the estimator learns to stay below.
    std::vector<parameter> const one{{"rate", 0, 1, spacing::linear, false, 0.9}};
    std::size_t failed = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        auto const all = searched(one, 40, seed, {}, [](auto const& v) { return v[0] > 0.5 ? NAN : 0.3 + v[0]; });
        for (std::size_t i = 20; i < all.size(); ++i)
            failed += std::isnan(all[i].score);
    }
    CHECK(failed < 170); // of 400: three standard deviations below the 200 that chance alone would give
}

TEST_CASE("ranges that are none are refused", "[experiments]") {
    std::vector<parameter> bad{{"loss.margin", 0, 1, spacing::logarithmic, false, 1}};
    CHECK_THROWS_WITH(next_values(bad, {}, {}, 1), "loss.margin: a logarithmic range has to begin above 0, not at 0");
    bad[0] = {"loss.margin", 2, 1, spacing::linear, false, 1};
    CHECK_THROWS_WITH(next_values(bad, {}, {}, 1), "loss.margin: from 2 to 1 is no range");
    bad[0] = {"loss.margin", NAN, 1, spacing::linear, false, 1};
    CHECK_THROWS_AS(next_values(bad, {}, {}, 1), argument_error);
    CHECK_THROWS_AS(next_values(three, std::vector<trial>{{{1, 2}, 0}}, {}, 1), shape_error);
    CHECK_THROWS_AS(next_values(three, {}, {.candidates = 0}, 1), argument_error);
    CHECK_THROWS_AS(next_values(three, {}, {.good = 1}, 1), argument_error);
    CHECK(next_values({}, std::vector<trial>{{{}, 1}}, {}, 1).empty());
    std::vector<parameter> const fixed{{"loss.margin", 2, 2, spacing::linear, false, 2}};
    for (auto const& t : searched(fixed, 12, 1, {}, [](auto const&) { return 1.0; }))
        CHECK(t.values[0] == 2);
}
