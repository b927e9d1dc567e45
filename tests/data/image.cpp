#include <trine/data/image.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("resizing keeps a constant constant and cropping keeps the middle", "[data]") {
    data::image flat(1, 40, 60);
    std::fill(flat.samples.begin(), flat.samples.end(), 77);
    for (auto how : {data::fit::stretch, data::fit::crop})
        for (auto [h, w] : {std::pair<std::size_t, std::size_t>{10, 10}, {80, 33}, {1, 1}})
            CHECK(data::resized(flat, h, w, how).samples == std::vector<std::uint8_t>(h * w, 77));
    data::image sides(1, 10, 30);
    for (std::size_t y = 0; y < 10; ++y)
        for (std::size_t x = 10; x < 20; ++x)
            sides(0, y, x) = 200;
    CHECK(data::resized(sides, 10, 10, data::fit::crop).samples == std::vector<std::uint8_t>(100, 200));
}

TEST_CASE("a colour photo has its luminance, a grey one three equal channels", "[data]") {
    data::image colour(3, 1, 4); // red, green, blue, white
    for (std::size_t c = 0; c < 3; ++c)
        colour(c, 0, c) = 255, colour(c, 0, 3) = 255;
    CHECK(data::with_channels(colour, 1).samples == std::vector<std::uint8_t>{76, 150, 29, 255});
    data::image grey(1, 1, 2);
    grey.samples = {7, 200};
    CHECK(data::with_channels(grey, 3).samples == std::vector<std::uint8_t>{7, 200, 7, 200, 7, 200});
}

TEST_CASE("beyond a photo there is nothing, or black", "[data]") {
    data::image white(1, 4, 4);
    white.samples.assign(16, 255);
    std::vector<float> out(4);
    data::area const half_outside{-4, 0, 4, 4};
    data::resample(white, half_outside, 1, 2, data::outside::nothing, out.data());
    CHECK((out[0] == Approx(255) && out[1] == Approx(255)));
    data::resample(white, half_outside, 1, 2, data::outside::black, out.data());
    // Of the triangle about each new pixel a share lies on the photo: 3/4 along the rows, 1/8 and 3/4 along the
    // columns.
    CHECK(out[0] == Approx(255 * 0.75 * 0.125));
    CHECK(out[1] == Approx(255 * 0.75 * 0.75));
}
