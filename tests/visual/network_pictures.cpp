#include <trine/visual/network_pictures.hpp>

#include <trine/nn/feature_maps.hpp>

#include "support/catch.hpp"
#include "support/images.hpp"
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

TEST_CASE("kernels and maps are drawn, and what cannot be drawn is refused", "[visual]") {
    nn::model<small> model(3);
    auto const kernels = visual::filters("kernels", model);
    // Each kernel is scaled by its largest weight, which is full blue or orange.
    CHECK(ink_count(kernels, 0, 114, 178) + ink_count(kernels, 213, 94, 0) > 4 * 300);
    auto const one = nn::feature_maps<3>(model, photos(1, 1));
    auto const maps = visual::activations("maps", flat_image(1, 12, 10, 77), one);
    CHECK(is_ink(maps, 14 + 46, 54 + 46, 77, 77, 77)); // the photo comes first
    CHECK(ink_count(maps, 77, 77, 77) >= 92 * 92);
    CHECK(ink_count(maps, 213, 94, 0, 40) > 0); // the largest value of all, but for what stretching the map takes off
    CHECK_THROWS_WITH(visual::activations("maps", data::image(1, 12, 10), nn::feature_maps<3>(model, photos(2, 1))),
                      "maps of 2 photos given where those of one are drawn");
    using flat = nn::network<nn::shape<1, 4, 4>, nn::sequential<nn::flatten, nn::linear<3>>>;
    CHECK_THROWS_WITH(visual::filters("kernels", nn::model<flat>(1)),
                      "a network without convolutions has no kernels to be drawn");
    using deep = nn::network<nn::shape<2, 4, 4>, nn::sequential<nn::conv2d<3, 3>, nn::flatten>>;
    CHECK_THROWS_WITH(visual::filters("kernels", nn::model<deep>(1)),
                      "kernels over 2 channels: those over 1 or 3 can be drawn");
}
