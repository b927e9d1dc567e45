#include <trine/nn/images_view.hpp>

#include <algorithm>
#include <vector>

#if __has_include(<xtensor/containers/xadapt.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xview.hpp>
#endif

#include <trine/nn/layers.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEST_CASE("any contiguous array of images is embedded without a copy", "[nn]") {
    using net = nn::network<nn::shape<2, 3, 4>, nn::sequential<nn::flatten, nn::linear<5>>>;
    nn::model<net> model(3);
    auto const values = random_values<float>(6 * 24, 1);
    std::vector<float> expected(6 * 5);
    model.embed(values.data(), 6, expected.data());
    auto const same = [&](tensor<float, 2> const& found, std::size_t first, std::size_t count) {
        REQUIRE((found.shape(0) == count && found.shape(1) == 5));
        return std::equal(found.begin(), found.end(), expected.begin() + static_cast<std::ptrdiff_t>(first * 5));
    };
    auto tensor = make_tensor<float>(6, 2, 3, 4);
    std::copy(values.begin(), values.end(), tensor.begin());
    xt::xarray<float> const array = tensor;
    auto const adapted =
        xt::adapt(values.data(), values.size(), xt::no_ownership(), std::vector<std::size_t>{6, 2, 3, 4});
    CHECK(nn::images_view<float>(tensor).data() == tensor.data());
    CHECK(same(model.embed(tensor), 0, 6));
    CHECK(same(model.embed(array), 0, 6));
    CHECK(same(model.embed(adapted), 0, 6));
    auto const some = xt::view(tensor, xt::range(2, 5), xt::all(), xt::all(), xt::all());
    CHECK(nn::images_view<float>(some).data() == tensor.data() + 2 * 24);
    CHECK(same(model.embed(some), 2, 3));
    CHECK(same(model.embed({values.data() + 24, 2, 2, 3, 4}), 1, 2));
    CHECK_THROWS_WITH(model.embed(xt::view(tensor, xt::all(), xt::all(), xt::all(), xt::range(0, 3))),
                      "images with a stride of 4 along axis 2, where contiguous ones have 3");
    CHECK_THROWS_WITH(model.embed(make_tensor<float>(2, 24)),
                      "an array of 2 dimensions for images, which have four: N×C×H×W");
    CHECK_THROWS_AS(model.embed(make_tensor<float>(6, 2, 4, 3)), shape_error);
}
