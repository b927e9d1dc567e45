#include <trine/kernels/code_tile.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include <trine/core/buffer.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEST_CASE("products of codes are exact, and stand for those of the vectors", "[kernels]") {
    constexpr std::size_t rows = kernels::tile_rows, lanes = kernels::code_sums::size;
    for (std::size_t size : {1, 2, 31, 32, 77, 128, 1001}) {
        CAPTURE(size);
        std::size_t const pairs = kernels::code_pairs(size), columns = 2 * lanes;
        // Vectors of any direction, and of one value alone, whose code is the largest.
        auto a = random_values<float>(rows * size, size), b = random_values<float>(columns * size, size + 1);
        std::fill_n(a.begin(), size, 0.0f), a[size - 1] = -3e5f;
        std::fill_n(b.begin(), size, 0.0f), b[size - 1] = -1e-5f;
        auto const norm_of = [&](float const* v) {
            return std::sqrt(std::accumulate(v, v + size, 0.0, [](double sum, float x) {
                return sum + static_cast<double>(x) * static_cast<double>(x);
            }));
        };
        std::vector<std::int16_t> left(rows * 2 * pairs), right(columns * 2 * pairs);
        for (std::size_t r = 0; r < rows; ++r)
            kernels::encode_row(size, a.data() + r * size,
                                static_cast<float>(kernels::code_norm / norm_of(a.data() + r * size)),
                                left.data() + r * 2 * pairs);
        for (std::size_t c = 0; c < columns; ++c)
            kernels::encode_row(size, b.data() + c * size,
                                static_cast<float>(kernels::code_norm / norm_of(b.data() + c * size)),
                                right.data() + c * 2 * pairs);
        auto const check = [&]<std::size_t Vectors>(std::integral_constant<std::size_t, Vectors>) {
            buffer<std::int16_t> panel(2 * pairs * Vectors * lanes);
            for (std::size_t c = 0; c < Vectors * lanes; ++c)
                for (std::size_t k = 0; k < 2 * pairs; ++k)
                    panel[kernels::place_in_panel(Vectors * lanes, c, k)] = right[c * 2 * pairs + k];
            buffer<std::int32_t> products(rows * Vectors * lanes);
            kernels::multiply_codes<Vectors>({left.data(), 2 * pairs, pairs, panel.data()}, products.data());
            std::size_t wrong = 0;
            double worst = 0;
            for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t c = 0; c < Vectors * lanes; ++c) {
                    std::int64_t exact = 0;
                    double product = 0;
                    for (std::size_t k = 0; k < size; ++k) {
                        exact += std::int64_t{left[r * 2 * pairs + k]} * right[c * 2 * pairs + k];
                        product += static_cast<double>(a[r * size + k]) * static_cast<double>(b[c * size + k]);
                    }
                    wrong += products[r * Vectors * lanes + c] != exact;
                    double const scale =
                        static_cast<double>(kernels::code_norm) * static_cast<double>(kernels::code_norm);
                    worst = std::max(worst,
                                     std::abs(product / (norm_of(a.data() + r * size) * norm_of(b.data() + c * size)) -
                                              static_cast<double>(exact) / scale));
                }
            CHECK(wrong == 0);
            CHECK(worst < static_cast<double>(kernels::code_error(size)));
        };
        check(std::integral_constant<std::size_t, 1>{});
        check(std::integral_constant<std::size_t, 2>{});
    }
}
