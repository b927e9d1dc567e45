#include <trine/data/image.hpp>

#include <trine/core/error.hpp>

#include <cmath>
#include <limits>

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

TEST_CASE("what has no pixels cannot be resized, and sizes that no memory has are refused", "[data]") {
    for (auto how : {data::fit::stretch, data::fit::crop}) {
        CHECK_THROWS_AS(data::resized(data::image(1, 0, 5), 8, 8, how), shape_error);
        CHECK_THROWS_AS(data::resized(data::image(1, 5, 0), 8, 8, how), shape_error);
        CHECK_THROWS_AS(data::resized(data::image(), 8, 8, how), shape_error);
        CHECK_THROWS_AS(data::resized(data::image(1, 5, 5), 0, 8, how), shape_error);
        CHECK_THROWS_AS(data::resized(data::image(1, 5, 5), 8, 0, how), shape_error);
        CHECK_THROWS_AS(data::resized(data::image(1, 5, 5), std::size_t{1} << 40, std::size_t{1} << 40, how),
                        shape_error);
    }
    CHECK_THROWS_AS(data::image(4, std::size_t{1} << 40, std::size_t{1} << 22), shape_error);
    CHECK_THROWS_AS(data::image(3, std::size_t{1} << 62, 1), shape_error);
    CHECK(data::image(3, 0, std::size_t{1} << 40).samples.empty());
    CHECK(data::resized(data::image(0, 5, 5), 8, 8, data::fit::stretch).samples.empty());
}

TEST_CASE("a part of a photo may reach any distance, but has to be finite", "[data]") {
    data::image white(1, 4, 4);
    white.samples.assign(16, 255);
    std::vector<double> out(9);
    for (double far : {1e3, 1e6, 1e12, 1e17, 1e50}) {
        CAPTURE(far);
        data::resample(white, {-far, -far, far, far}, 3, 3, data::outside::black, out.data());
        // Its share of the triangles about the new pixels: all of them grow as wide as the pixels are.
        double const share = 4 / (2 * far / 3);
        CHECK(out[4] == Approx(255 * share * share).epsilon(0.02).margin(1e-12));
        CHECK(out[0] == Approx(0).margin(1e-3));
        data::resample(white, {-far, -far, far, far}, 3, 3, data::outside::nothing, out.data());
        for (double v : out)
            CHECK(v == Approx(255));
        for (auto const& away : {data::area{far, far, far + 1, far + 1}, {-far, far, 1 - far, far + 1}}) {
            data::resample(white, away, 3, 3, data::outside::black, out.data());
            for (double v : out)
                CHECK(v == 0);
            data::resample(white, away, 3, 3, data::outside::nothing, out.data());
            for (double v : out)
                CHECK(v == Approx(255));
        }
    }
    // A closed form of the sum of weights agrees with the sum.
    for (double left : {-3.0, -0.5, 0.25})
        for (double width : {0.5, 3.0, 7.7, 40.0}) {
            CAPTURE(left, width);
            data::resample(white, {left, left, left + width, left + width}, 1, 1, data::outside::black, out.data());
            double const reach = std::max(width, 1.0), centre = left + width / 2 - 0.5;
            double all = 0, seen = 0;
            for (int k = -100; k <= 100; ++k) {
                double const w = std::max(0.0, 1 - std::abs(k - centre) / reach);
                all += w, seen += k >= 0 && k < 4 ? w : 0;
            }
            CHECK(out[0] == Approx(255 * seen * seen / all / all));
        }
    constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    for (double v : {nan, infinity, -infinity, 1e300, -1e300})
        for (auto beyond : {data::outside::black, data::outside::nothing})
            for (auto const& part :
                 {data::area{v, 0, 4, 4}, data::area{0, v, 4, 4}, data::area{0, 0, v, 4}, data::area{0, 0, 4, v}})
                CHECK_THROWS_AS(data::resample(white, part, 3, 3, beyond, out.data()), numeric_error);
    CHECK_THROWS_AS(data::resample(data::image(1, 0, 4), {0, 0, 4, 4}, 3, 3, data::outside::nothing, out.data()),
                    shape_error);
    data::resample(data::image(1, 0, 4), {0, 0, 4, 4}, 3, 3, data::outside::black, out.data());
    for (double v : out)
        CHECK(v == 0);
}
