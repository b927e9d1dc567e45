#include <trine/visual/evaluation_pictures.hpp>

#include <array>

#include "support/catch.hpp"
#include "support/images.hpp"

using namespace trine;

TEST_CASE("paths of a ROC and of errors go up and down in steps", "[visual]") {
    evaluation::verification_curve const curve(std::vector<double>{1, 2, 5}, std::vector<double>{3, 4, 6, 7});
    auto const path = visual::roc_path("curve", curve);
    CHECK(path.points.front() == std::array<double, 2>{0, 0});
    CHECK(path.points.back() == std::array<double, 2>{1, 1});
    for (std::size_t i = 1; i < path.points.size(); ++i)
        CHECK((path.points[i][0] >= path.points[i - 1][0] && path.points[i][1] >= path.points[i - 1][1]));
    auto const errors = visual::det_path("curve", curve);
    CHECK(errors.points.front() == std::array<double, 2>{0, 1});
    CHECK(errors.points.back() == std::array<double, 2>{1, 0});
    CHECK(ink_count(visual::share_chart("ROC", "false", "true", {path}, 1e-3), 0, 114, 178) > 500);
    CHECK(ink_count(visual::error_chart("DET", {errors}), 0, 114, 178) > 300);
}

TEST_CASE("charts of shares have their corners where they belong", "[visual]") {
    visual::path const diagonal{"a", {{0, 0}, {0.5, 0.25}, {1, 1}}}, corner{"b", {{0, 1}, {1, 1}}};
    auto const chart = visual::share_chart("shares", "x", "y", {diagonal, corner});
    // The box reaches from (90, 570) to (870, 90).
    CHECK(is_ink(chart, 480, 450, 0, 114, 178));
    CHECK(is_ink(chart, 480, 90, 213, 94, 0));
    CHECK(!is_ink(chart, 480, 330, 0, 114, 178));
    // In powers of ten, a hundredth lies in the middle between 1e-4 and 1.
    auto const powers = visual::share_chart("shares", "x", "y", {{"a", {{0, 0.5}, {0.01, 0.5}}}}, 1e-4);
    CHECK(is_ink(powers, 300, 330, 0, 114, 178));
    CHECK(!is_ink(powers, 500, 330, 0, 114, 178));
    CHECK_THROWS_AS(visual::share_chart("shares", "x", "y", {diagonal}, 1), argument_error);
    // Errors from 0.1 % to 60 %: what lies beyond is at the border.
    auto const errors = visual::error_chart("errors", {{"a", {{0, 1}, {0, 0.001}, {1, 0.001}}}});
    CHECK(is_ink(errors, 90, 300, 0, 114, 178));
    CHECK(is_ink(errors, 480, 570, 0, 114, 178));
    CHECK(is_ink(errors, 870, 570, 0, 114, 178));
}

TEST_CASE("a confusion is blue where names are right, and orange where they are not", "[visual]") {
    std::vector<std::size_t> const counts{2, 0, 1, 1};
    auto const picture = visual::confusion_picture("two", counts, {"Ada", "Grace"});
    // Cells of 60 at the right of the names, which are 40 wide at least, below 84; labels lie in their middle.
    auto const left = picture.width - 20 - 120 < 64 ? picture.width - 140 : std::size_t{64};
    CHECK(is_ink(picture, left + 5, 84 + 5, 0, 114, 178));
    CHECK(is_ink(picture, left + 65, 84 + 5, 255, 255, 255));
    CHECK(picture(0, 84 + 65, left + 5) > picture(2, 84 + 65, left + 5));   // orange
    CHECK(picture(2, 84 + 65, left + 65) > picture(0, 84 + 65, left + 65)); // blue
    CHECK_THROWS_WITH(visual::confusion_picture("two", std::span(counts).first(3), {"Ada", "Grace"}),
                      "3 counts for 2 people");
    CHECK_THROWS_WITH(visual::confusion_picture("none", {}, {}),
                      "a picture of the confusion between 0 people: 1 to 60 can be read");
}

TEST_CASE("the hardest triplets come first, with the farthest of a person and the nearest of another", "[visual]") {
    data::dataset photos{1, 8, 8, {"Ada", "Grace"}, {}, {}, {}};
    int grey = 0;
    for (label who : {0, 0, 1})
        photos.add(flat_image(1, 8, 8, grey += 60), who, "photo");
    std::vector<float> const distances{0, 3, 1, 3, 0, 2, 1, 2, 0};
    auto const one = visual::hardest_triplets("hard", matrix_view<float const>(distances.data(), 3, 3), photos);
    // d(0, 1) − d(0, 2) = 2 is the largest: photo 0, beside it 1 and 2, which is nearer and so wrong.
    CHECK(is_ink(one, 14 + 56, 54 + 56, 60, 60, 60));
    CHECK(is_ink(one, 170 + 56, 54 + 56, 120, 120, 120));
    CHECK(is_ink(one, 296 + 56, 54 + 56, 180, 180, 180));
    CHECK(is_ink(one, 170 - 1, 54 + 56, 0, 114, 178));
    CHECK(is_ink(one, 296 - 1, 54 + 56, 213, 94, 0));
    auto const none = photos.subset(std::vector<std::size_t>{0, 1});
    CHECK_THROWS_WITH(visual::hardest_triplets("hard", matrix_view<float const>(distances.data(), 2, 2), none),
                      "no photo has both another of its person and one of somebody else: there are no triplets");
}

TEST_CASE("a cumulative match characteristic goes up to the people that are found", "[visual]") {
    evaluation::identification_result r;
    r.known = 2, r.ranks = {1, 3};
    auto const chart = visual::cmc_chart("CMC", {{"a", r}}, 3);
    // From (80, 450) to (870, 82): 0.5 for k = 1 and 2, and 1 for 3.
    CHECK(is_ink(chart, 475, 266, 0, 114, 178));
    CHECK(is_ink(chart, 870, 82, 0, 114, 178));
}
