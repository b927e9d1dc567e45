#include <trine/kernels/int8.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

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
