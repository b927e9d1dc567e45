#include <trine/visual/embedding_map.hpp>

#include "support/catch.hpp"
#include "support/images.hpp"

using namespace trine;

TEST_CASE("a map of faces shows every photo where its point lies, in its person's colour", "[visual]") {
    data::dataset photos{1, 8, 8, {"Ada", "Grace"}, {}, {}, {}};
    photos.add(flat_image(1, 8, 8, 40), 0, "a");
    photos.add(flat_image(1, 8, 8, 200), 1, "b");
    std::vector<evaluation::map_point> places{{0, 0}, {1, 2}};
    // The larger range, 2, takes 1000 pixels between edges of 50; y goes up, below a head of 40.
    auto const map = visual::embedding_map("two", places, photos);
    CHECK(is_ink(map, 300, 1090, 40, 40, 40));
    CHECK(is_ink(map, 300 - 23, 1090, 0, 114, 178));
    CHECK(is_ink(map, 800, 90, 200, 200, 200));
    CHECK(is_ink(map, 800 - 23, 90, 213, 94, 0));
    CHECK(is_ink(map, 550, 590, 255, 255, 255));
    CHECK_THROWS_WITH(visual::embedding_map("one", std::span(places).first(1), photos), "1 places for 2 photos");
    CHECK_THROWS_AS(visual::embedding_map("none", std::span(places).first(0), photos.subset({})), data_error);
    places[1] = places[0];
    CHECK(is_ink(visual::embedding_map("both in one place", places, photos), 550, 590, 200, 200, 200)); // the later one
}

TEST_CASE("a histogram has pairs of one person in blue and pairs of two in orange, on the scale of both", "[visual]") {
    auto const histogram = visual::distance_histogram<double>("pairs", "distance", {0.1, 0.2}, {1, 1.5}, 0.7);
    // From 0 to 1.5 in 790 pixels from 80 on; each pair is half of its kind. Bars let the grid shine through.
    auto const at = [](double distance) { return static_cast<std::size_t>(80 + distance / 1.5 * 790); };
    CHECK(is_ink(histogram, at(0.11), 400, 102, 170, 209, 1));
    CHECK(is_ink(histogram, at(1.01), 400, 230, 158, 102, 1));
    CHECK(is_ink(histogram, at(0.4), 400, 255, 255, 255));
    CHECK(is_ink(histogram, at(1.3), 400, 255, 255, 255));
    std::size_t dashes = 0;
    for (std::size_t y = 70; y < 440; ++y)
        dashes += is_ink(histogram, at(0.7), y, 0, 0, 0) || is_ink(histogram, at(0.7) + 1, y, 0, 0, 0);
    CHECK(dashes > 100);
    CHECK_THROWS_WITH(visual::distance_histogram<double>("pairs", "distance", {}, {1}, 0.7),
                      "a histogram of distances needs pairs of both kinds: there are 0 same and 1 different ones");
    CHECK_NOTHROW(visual::distance_histogram<double>("no distance", "distance", {0}, {0}, 0));
}
