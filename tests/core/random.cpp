#include <trine/core/random.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("philox gives the published known answers", "[random]") {
    // Random123's kat_vectors, philox4x32 with 10 rounds.
    STATIC_REQUIRE(philox4x32({0, 0, 0, 0}, {0, 0}) ==
                   std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    auto const f = 0xffffffffu;
    CHECK(philox4x32({f, f, f, f}, {f, f}) ==
          std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
}

TEST_CASE("a stream depends on its key alone", "[random]") {
    random_stream a(7, purpose::mining, 3, 9), b(7, purpose::mining, 3, 9);
    for (int i = 0; i < 100; ++i)
        CHECK(a() == b());
    CHECK(random_stream(7, purpose::mining, 3, 9)() != random_stream(7, purpose::mining, 9, 3)());
    CHECK(random_stream(7, purpose::mining, 3, 9)() != random_stream(7, purpose::dropout, 3, 9)());
    CHECK(random_stream(7, purpose::mining, 3, 9)() != random_stream(7ull << 32, purpose::mining, 3, 9)());
}

TEST_CASE("draws have the moments of their distributions", "[random]") {
    random_stream stream(1, purpose::user);
    int const n = 200000;
    double sum = 0, squares = 0, normal_sum = 0, normal_squares = 0;
    for (int i = 0; i < n; ++i) {
        double const u = stream.uniform(), g = stream.normal();
        REQUIRE(u >= 0);
        REQUIRE(u < 1);
        sum += u;
        squares += u * u;
        normal_sum += g;
        normal_squares += g * g;
    }
    // Five standard errors of each mean.
    CHECK(sum / n == Approx(0.5).margin(5 * 0.2887 / std::sqrt(n)));
    CHECK(squares / n == Approx(1.0 / 3).margin(5 * 0.2981 / std::sqrt(n)));
    CHECK(normal_sum / n == Approx(0.0).margin(5 / std::sqrt(n)));
    CHECK(normal_squares / n == Approx(1.0).margin(5 * 1.4142 / std::sqrt(n)));
}

TEST_CASE("below is uniform and shuffle permutes", "[random]") {
    random_stream stream(2, purpose::user);
    std::vector<int> counts(7);
    for (int i = 0; i < 70000; ++i)
        ++counts[stream.below(7)];
    double chi_squared = 0;
    for (int c : counts)
        chi_squared += (c - 10000.0) * (c - 10000.0) / 10000.0;
    CHECK(chi_squared < 27.9); // 0.9999 quantile of χ² with six degrees of freedom
    CHECK(stream.below(1) == 0);

    std::vector<int> values(50);
    std::iota(values.begin(), values.end(), 0);
    auto shuffled = values;
    stream.shuffle(std::span(shuffled));
    CHECK(shuffled != values);
    CHECK(std::is_permutation(values.begin(), values.end(), shuffled.begin()));
}
