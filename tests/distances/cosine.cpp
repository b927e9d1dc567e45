#include <trine/distances/cosine.hpp>

#include <cmath>
#include <vector>

#include "support/catch.hpp"

using namespace trine;

TEMPLATE_TEST_CASE("directions of very short and very long rows are compared as those of others", "[distances]",
                   distances::cosine, distances::angular, distances::normalized<distances::euclidean>) {
    TestType const distance;
    std::vector<float> const ones{1, 0, 1, 1, 0, 1};
    std::vector<float> expected(9), got(9), gradient(6);
    distance.template pairwise<float>({ones.data(), 3, 2}, {expected.data(), 3, 3});
    for (float scale : {1e-18f, 1e-30f, 1e-37f, 1e-38f, 2e-39f, 1e-40f, 1e-44f, 1e30f, 3e38f}) {
        CAPTURE(scale);
        auto rows = ones;
        for (float& v : rows)
            v *= scale;
        matrix_view<float const> const e(rows.data(), 3, 2);
        distance.template cross<float>(e, {ones.data(), 3, 2}, {got.data(), 3, 3});
        for (std::size_t i = 0; i < 9; ++i)
            CHECK(got[i] == Approx(expected[i]).margin(1e-3));
        distance.template pairwise<float>(e, {got.data(), 3, 3});
        for (std::size_t i = 0; i < 9; ++i)
            CHECK(got[i] == Approx(expected[i]).margin(1e-3));
        std::vector<float> slopes{0, 1, 1, 0, 0, 1, 0, 0, 0};
        distance.template gradient<float>(e, {got.data(), 3, 3}, {slopes.data(), 3, 3}, {gradient.data(), 3, 2});
        for (float d : gradient)
            CHECK(std::isfinite(d));
    }
}
