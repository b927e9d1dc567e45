#include <trine/kernels/fused_norm.hpp>

#include <cmath>
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
