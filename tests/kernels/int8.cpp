#include <trine/kernels/int8.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include <trine/core/random.hpp>
#include <trine/kernels/code_tile.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("eight-bit codes widen, and their squares are summed", "[kernels]") {
    for (std::size_t size : {std::size_t{1}, std::size_t{64}, std::size_t{77}, kernels::most_widened}) {
        std::vector<std::int8_t> codes(size);
        for (std::size_t i = 0; i < size; ++i)
            codes[i] =
                static_cast<std::int8_t>(size == kernels::most_widened ? -128 : static_cast<int>(i * 37 % 255) - 127);
        std::vector<std::int16_t> wide(2 * kernels::code_pairs(size), 1);
        std::int64_t squares = 0;
        for (auto c : codes)
            squares += std::int64_t{c} * c;
        CHECK(kernels::widen_row(size, codes.data(), wide.data()) == squares);
        CHECK(std::equal(codes.begin(), codes.end(), wide.begin()));
        CHECK((size % 2 == 0 || wide.back() == 0));
    }
}

TEST_CASE("sums of codes are exact", "[kernels]") {
    for (std::size_t size : {1, 8, 15, 16, 31, 32, 77, 128, 513, 1100})
        for (std::size_t rows : {1, 5, 16}) {
            // The largest code of a query of that size; and other codes, of any value or at the ends of bytes.
            auto const largest = std::min<std::int64_t>(kernels::largest_query_code,
                                                        0x7fffffff / (128 * static_cast<std::int64_t>(size)));
            random_stream stream(size, purpose::user);
            std::vector<std::int16_t> query(size);
            std::vector<std::int8_t> codes(rows * size);
            enum kind { any, all_largest, ends };
            for (kind const k : {any, all_largest, ends}) {
                std::int64_t const end[] = {-largest, largest, -129, -128, 127, 128, 0, -1};
                for (auto& v : query) {
                    auto const drawn =
                        static_cast<std::int64_t>(stream.below(static_cast<std::size_t>(2 * largest + 1)));
                    v = static_cast<std::int16_t>(k == any ? drawn - largest
                                                  : k == all_largest
                                                      ? largest
                                                      : std::clamp(end[stream.below(8)], -largest, largest));
                }
                for (auto& v : codes)
                    v = static_cast<std::int8_t>(k == any ? static_cast<int>(stream.below(256)) - 128 : -128);
                std::int32_t products[16], squares[16];
                kernels::sum_codes(size, query.data(), codes.data(), size, rows, products, squares);
                for (std::size_t r = 0; r < rows; ++r) {
                    std::int64_t product = 0, square = 0;
                    for (std::size_t i = 0; i < size; ++i)
                        product += std::int64_t{query[i]} * codes[r * size + i],
                            square += std::int64_t{codes[r * size + i]} * codes[r * size + i];
                    CHECK(products[r] == product);
                    CHECK(squares[r] == square);
                }
            }
        }
}
