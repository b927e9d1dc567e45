#include <trine/visual/pictures.hpp>

#include <cmath>
#include <limits>

#include <trine/core/error.hpp>

#include "support/catch.hpp"
#include "support/images.hpp"

using namespace trine;

TEST_CASE("a line goes through its values, and leaves out those that are not finite", "[visual]") {
    auto const chart = visual::line_chart("title", "x", {{"up", {0, 1}}, {"down", {1, 0}}});
    // The box reaches from (80, 450) to (870, 82).
    CHECK(is_ink(chart, 870, 82, 0, 114, 178));
    CHECK(is_ink(chart, 475, 266, 213, 94, 0)); // both cross in the middle; the later line lies above
    CHECK(is_ink(chart, 870, 450, 213, 94, 0));
    CHECK(is_ink(chart, 278, 358, 0, 114, 178, 0)); // a quarter of the way
    CHECK(!is_ink(chart, 278, 266, 0, 114, 178));
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    auto const gap = visual::line_chart("title", "x", {{"gap", {0, nan, 1}}});
    CHECK(is_ink(gap, 870, 82, 0, 114, 178));
    CHECK(ink_count(visual::line_chart("title", "x", {{"none", {nan, nan}}}), 0, 114, 178) <
          ink_count(gap, 0, 114, 178) / 2); // the legend alone
    CHECK(visual::line_chart("title", "x", {}).samples != visual::line_chart("other", "x", {}).samples);
}

TEST_CASE("intervals lie about their means, and the one compared with stands out", "[visual]") {
    double const infinity = std::numeric_limits<double>::infinity();
    auto const chart = visual::interval_chart("title", "x", {{"a", 1, 1}, {"b", 4, 0.5}, {"c", 3, infinity}}, 1);
    // From 0 to 5 in 530 pixels from 430 on; rows of 30 from 60 on.
    CHECK(is_ink(chart, 430 + 106, 75, 0, 114, 178));
    CHECK(is_ink(chart, 430 + 10, 75, 0, 114, 178));
    CHECK(is_ink(chart, 430 + 424, 105, 213, 94, 0));
    CHECK(is_ink(chart, 430 + 318, 135, 0, 114, 178));
    CHECK(!is_ink(chart, 430 + 300, 135, 0, 114, 178)); // an infinite interval is not drawn
    CHECK(chart.height > visual::interval_chart("title", "x", {{"a", 1, 1}}, 1).height);
}

TEST_CASE("a montage shows what was found, and marks what is wrong", "[visual]") {
    auto photo = flat_image(3, 10, 10, 40);
    photo(0, 5, 5) = 250;
    visual::montage_row const row{
        photo, "query", {{flat_image(1, 20, 20, 90), "right", true}, {photo, "wrong", false}}};
    auto const picture = visual::montage("title", {row, row});
    // Cells of 112 from (14, 54) on; matches from 170 on, 126 from each other.
    CHECK(is_ink(picture, 14 + 10, 54 + 10, 40, 40, 40));
    CHECK(picture(0, 54 + 61, 14 + 61) > 150); // the marked pixel
    CHECK(picture(1, 54 + 61, 14 + 61) == 40);
    CHECK(is_ink(picture, 170 + 56, 54 + 56, 90, 90, 90));
    CHECK(is_ink(picture, 170 - 1, 54 + 56, 0, 114, 178));
    CHECK(is_ink(picture, 296 - 1, 54 + 56, 213, 94, 0));
    CHECK(is_ink(picture, 296 + 112 - 14, 54 + 12, 213, 94, 0)); // the cross
    CHECK(picture.height > visual::montage("title", {row}).height);
    CHECK_THROWS_AS(visual::montage("title", {}), data_error);
}
