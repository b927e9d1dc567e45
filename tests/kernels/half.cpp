#include <trine/kernels/half.hpp>

#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("halves are IEEE's", "[kernels]") {
    // Every half comes back as itself; every float goes to the nearest half, ties to even.
    for (std::uint32_t h = 0; h < 65536; ++h) {
        float const value = kernels::half_to_float(static_cast<std::uint16_t>(h));
        if (!std::isnan(value) && kernels::float_to_half(value) != h) {
            CAPTURE(h);
            REQUIRE(kernels::float_to_half(value) == h);
        }
    }
    std::vector<std::uint16_t> all(65536);
    std::iota(all.begin(), all.end(), std::uint16_t{0});
    std::vector<float> wide(65536);
    kernels::widen_halves(all.size(), all.data(), wide.data());
    CHECK(std::equal(all.begin(), all.end(), wide.begin(), [](auto h, float v) {
        return std::isnan(v) ||
               std::bit_cast<std::uint32_t>(v) == std::bit_cast<std::uint32_t>(kernels::half_to_float(h));
    }));
    CHECK(kernels::half_to_float(0x3c00) == 1.0f);
    CHECK(kernels::half_to_float(0x7bff) == 65504.0f);
    CHECK(kernels::half_to_float(1) == 0x1p-24f);
    CHECK(kernels::float_to_half(1 + 0x1p-11f) == 0x3c00); // halfway: to even
    CHECK(kernels::float_to_half(1 + 3 * 0x1p-11f) == 0x3c02);
    CHECK(kernels::float_to_half(65519.0f) == 0x7bff);
    CHECK(kernels::float_to_half(65520.0f) == 0x7c00);
    for (std::size_t i = 0; i + 1 < 31744; i += 61) { // between neighbours, the nearer
        float const a = wide[i], b = wide[i + 1];
        CHECK(kernels::float_to_half(a + 0.49f * (b - a)) == i);
        CHECK(kernels::float_to_half(a + 0.51f * (b - a)) == i + 1);
    }
}
