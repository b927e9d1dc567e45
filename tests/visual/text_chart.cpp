#include <trine/visual/text_chart.hpp>

#include <cmath>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("a chart in text goes from the first value to the last, and says both ends", "[visual]") {
    auto const falling = visual::text_chart("loss", {3, 2, 1, 0}, 4, 2);
    CHECK(falling == "loss  now 0\n        3 ⠑⢄⠀⠀\n        0 ⠀⠀⠑⢄\n");
    // All rows are as long: a Braille character takes three bytes.
    std::vector<double> many(1000);
    for (std::size_t i = 0; i < many.size(); ++i)
        many[i] = std::sin(static_cast<double>(i) / 50);
    auto const chart = visual::text_chart("sine", many, 30, 5);
    std::size_t lines = 0;
    for (std::size_t at = chart.find('\n') + 1; at < chart.size(); at = chart.find('\n', at) + 1, ++lines)
        CHECK(chart.find('\n', at) - at == 10 + 3 * 30);
    CHECK(lines == 5);
    CHECK(visual::text_chart("nothing yet", {}) == "nothing yet\n");
    CHECK(visual::text_chart("one", {2}, 3, 1).find("2 ") != std::string::npos);
    CHECK(visual::text_chart("constant", {2, 2, 2}, 3, 1).find("now 2") != std::string::npos);
    CHECK_THROWS_WITH(visual::text_chart("loss", {1, std::nan("")}), "loss: a value is not finite");
    CHECK_THROWS_AS(visual::text_chart("loss", {1}, 0), argument_error);
}
