#include <trine/visual/saliency.hpp>

#include <algorithm>
#include <cmath>

#include <trine/distances/euclidean.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

namespace {

tensor<float, 4> photos(std::size_t count, std::uint32_t seed) {
    auto out = make_tensor<float>(count, 1, 12, 10);
    auto const values = random_values<float>(out.size(), seed);
    std::copy(values.begin(), values.end(), out.begin());
    return out;
}

} // namespace

TEST_CASE("covering what a network looks at moves its point, and covering the rest does not", "[visual]") {
    // A network that sees two pixels and no more.
    auto const embed = [](tensor<float, 4> const& in) {
        auto out = make_tensor<float>(in.shape(0), 2);
        for (std::size_t n = 0; n < in.shape(0); ++n)
            out(n, 0) = in(n, 0, 3, 2), out(n, 1) = in(n, 0, 10, 8);
        return out;
    };
    auto photo = photos(1, 5);
    photo(0, 0, 3, 2) = 4, photo(0, 0, 10, 8) = -3;
    // One pixel agrees with the reference, so covering it brings them apart; the other does not, and covering it brings
    // them together.
    std::vector<float> const reference{4, 0};
    auto const map =
        visual::occlusion_saliency(embed, distances::squared_euclidean{}, photo, reference, {.patch = 3, .step = 1});
    CHECK(map(3, 2) > 1);
    CHECK(map(10, 8) < -1);
    for (std::size_t y = 0; y < 12; ++y)
        for (std::size_t x = 0; x < 10; ++x)
            if (!(y >= 1 && y <= 5 && x <= 4) && !(y >= 8 && x >= 6))
                CHECK(map(y, x) == 0);
    // A step that does not divide the photo still covers all of it.
    auto const coarse =
        visual::occlusion_saliency(embed, distances::squared_euclidean{}, photo, reference, {.patch = 4, .step = 3});
    CHECK(std::all_of(coarse.begin(), coarse.end(), [](double v) { return std::isfinite(v); }));
    CHECK_THROWS_WITH(
        visual::occlusion_saliency(embed, distances::squared_euclidean{}, photo, reference, {.patch = 11, .step = 1}),
        "a square of 11 pixels over a photo of 12×10");
    CHECK_THROWS_AS(
        visual::occlusion_saliency(embed, distances::squared_euclidean{}, photo, reference, {.patch = 3, .step = 4}),
        argument_error);
    CHECK_THROWS_AS(visual::occlusion_saliency(embed, distances::squared_euclidean{}, photo, std::vector<float>{1},
                                               {.patch = 3, .step = 1}),
                    shape_error);
    CHECK_THROWS_AS(visual::occlusion_saliency(embed, distances::squared_euclidean{}, photos(2, 1), reference),
                    shape_error);

    data::image grey(1, 12, 10);
    auto const over = visual::saliency_overlay(grey, map, 1);
    CHECK(over(0, 3, 2) > over(2, 3, 2));   // orange
    CHECK(over(2, 10, 8) > over(0, 10, 8)); // blue
    CHECK(over(0, 0, 9) == 0);
    CHECK_THROWS_AS(visual::saliency_overlay(data::image(1, 10, 12), map, 1), shape_error);
}
