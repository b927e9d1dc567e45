#include <trine/kernels/fused_norm.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEST_CASE("batch statistics survive a large common offset", "[kernels]") {
    std::size_t const rows = 1500, channels = 7;
    auto x = random_values<float>(rows * channels, 8);
    for (auto& v : x)
        v = v * 0.01f + 1000;
    std::size_t const part = kernels::block_statistics_size(channels), cut = 321; // two blocks of unequal size
    std::vector<float> mean(channels), variance(channels), blocks(2 * part);
    kernels::block_statistics(cut, channels, x.data(), blocks.data());
    kernels::block_statistics(rows - cut, channels, x.data() + cut * channels, blocks.data() + part);
    kernels::combine_statistics(2, channels, blocks.data(), mean.data(), variance.data());
    for (std::size_t c = 0; c < channels; ++c) {
        double m = 0, v = 0;
        for (std::size_t r = 0; r < rows; ++r)
            m += static_cast<double>(x[r * channels + c]) / rows;
        for (std::size_t r = 0; r < rows; ++r)
            v += std::pow(static_cast<double>(x[r * channels + c]) - m, 2) / rows;
        CHECK(mean[c] == Approx(m).epsilon(1e-7));
        CHECK(variance[c] == Approx(v).epsilon(1e-4));
    }
}

TEMPLATE_TEST_CASE("what is not a number comes out of a block, wherever in a window it is", "[kernels]", float,
                   double) {
    using T = TestType;
    for (std::size_t channels : {1u, 3u, 16u, 37u})
        for (bool rectified : {false, true})
            for (bool pooled : {false, true})
                for (std::size_t place = 0; place < 4; ++place) {
                    CAPTURE(channels, rectified, pooled, place);
                    std::vector<T> z(4 * channels), y(4 * channels), ones(channels, T(1)), zeros(channels, T(0));
                    for (std::size_t p = 0; p < 4; ++p)
                        for (std::size_t c = 0; c < channels; ++c)
                            z[p * channels + c] =
                                p == place ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(1 + (p + c) % 5);
                    kernels::norm_forward<T>({1, 2, 2, channels, rectified, pooled}, z.data(), ones.data(),
                                             zeros.data(), y.data());
                    for (std::size_t c = 0; c < channels; ++c)
                        CHECK(std::isnan(y[(pooled ? 0 : place) * channels + c]));
                }
}
