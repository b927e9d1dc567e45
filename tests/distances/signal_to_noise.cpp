#include <trine/distances/signal_to_noise.hpp>

#include <cmath>
#include <vector>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("an anchor with next to no signal is at distance 0 from all", "[distances]") {
    distances::signal_to_noise const distance;
    std::vector<float> got(4), gradient(4);
    for (float v : {1e-19f, 1e-20f, 1e-30f, 1e-38f, 1e-44f, 0.0f}) {
        CAPTURE(v);
        std::vector<float> const rows{v, -v, v, -v / 2};
        matrix_view<float const> const e(rows.data(), 2, 2);
        distance.pairwise<float>(e, {got.data(), 2, 2});
        for (float d : got)
            CHECK((std::isfinite(d) && d >= 0));
        if (v <= 1e-20f)
            CHECK((got[0] == 0 && got[1] == 0));
        distance.cross<float>(e, e, {got.data(), 2, 2});
        for (float d : got)
            CHECK(std::isfinite(d));
        std::vector<float> slopes{0, 1, 1, 0};
        distance.gradient<float>(e, {got.data(), 2, 2}, {slopes.data(), 2, 2}, {gradient.data(), 2, 2});
        for (float d : gradient)
            CHECK(!std::isnan(d));
    }
}
