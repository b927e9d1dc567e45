#include <trine/nn/feature_maps.hpp>

#include <trine/backbones/compact.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/visual/network_pictures.hpp>
#include <trine/visual/saliency.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

namespace {

using small =
    nn::network<nn::shape<1, 12, 10>, nn::sequential<nn::sequential<nn::conv2d<4, 3>, nn::batch_norm, nn::relu>,
                                                     nn::max_pool<2>, nn::flatten, nn::linear<6>, nn::l2_normalize>>;

tensor<float, 4> photos(std::size_t count, std::uint32_t seed) {
    auto out = make_tensor<float>(count, 1, 12, 10);
    auto const values = random_values<float>(out.size(), seed);
    std::copy(values.begin(), values.end(), out.begin());
    return out;
}

} // namespace

TEST_CASE("feature maps are what the first layers give, one after the other", "[nn]") {
    CHECK(nn::layer_count<small> == 7);
    nn::model<small> model(3);
    for (float& v : model.state())
        v += 0.25f; // so that the normalisation does something
    auto const in = photos(2, 1);
    auto const convolved = nn::feature_maps<1>(model, in), normalised = nn::feature_maps<2>(model, in),
               rectified = nn::feature_maps<3>(model, in), pooled = nn::feature_maps<4>(model, in);
    CHECK((convolved.shape(1) == 4 && convolved.shape(2) == 12 && convolved.shape(3) == 10));
    CHECK((pooled.shape(1) == 4 && pooled.shape(2) == 6 && pooled.shape(3) == 5));
    // The convolution written out, with zeros around.
    auto const& kernel = model.tensors()[0];
    auto const w = model.values_of(kernel); // 3×3×1×4
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t o = 0; o < 4; ++o)
            for (std::size_t y = 0; y < 12; ++y)
                for (std::size_t x = 0; x < 10; ++x) {
                    double sum = 0;
                    for (std::size_t i = 0; i < 3; ++i)
                        for (std::size_t j = 0; j < 3; ++j)
                            if (y + i >= 1 && y + i <= 12 && x + j >= 1 && x + j <= 10)
                                sum += static_cast<double>(w[(i * 3 + j) * 4 + o]) *
                                       static_cast<double>(in(n, 0, y + i - 1, x + j - 1));
                    CHECK(static_cast<double>(convolved(n, o, y, x)) == Approx(sum).margin(1e-5));
                    CHECK(rectified(n, o, y, x) == Approx(std::max(0.0f, normalised(n, o, y, x))).margin(1e-6));
                    if (y % 2 == 0 && x % 2 == 0)
                        CHECK(pooled(n, o, y / 2, x / 2) ==
                              Approx(std::max({rectified(n, o, y, x), rectified(n, o, y + 1, x),
                                               rectified(n, o, y, x + 1), rectified(n, o, y + 1, x + 1)}))
                                  .margin(1e-6));
                }
    CHECK_THROWS_AS(nn::feature_maps<1>(model, make_tensor<float>(1, 1, 10, 12)), shape_error);
}

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

TEST_CASE("kernels and maps are drawn, and what cannot be drawn is refused", "[visual]") {
    nn::model<small> model(3);
    CHECK(visual::filters("kernels", model).channels == 3);
    auto const one = nn::feature_maps<3>(model, photos(1, 1));
    CHECK(visual::activations("maps", data::image(1, 12, 10), one).width >= 500);
    CHECK_THROWS_WITH(visual::activations("maps", data::image(1, 12, 10), nn::feature_maps<3>(model, photos(2, 1))),
                      "maps of 2 photos given where those of one are drawn");
    using flat = nn::network<nn::shape<1, 4, 4>, nn::sequential<nn::flatten, nn::linear<3>>>;
    CHECK_THROWS_WITH(visual::filters("kernels", nn::model<flat>(1)),
                      "a network without convolutions has no kernels to be drawn");
    using deep = nn::network<nn::shape<2, 4, 4>, nn::sequential<nn::conv2d<3, 3>, nn::flatten>>;
    CHECK_THROWS_WITH(visual::filters("kernels", nn::model<deep>(1)),
                      "kernels over 2 channels: those over 1 or 3 can be drawn");
}
