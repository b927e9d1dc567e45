#include <trine/nn/feature_maps.hpp>

#include <algorithm>
#include <trine/backbones/compact.hpp>

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
