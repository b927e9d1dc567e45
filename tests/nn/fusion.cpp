#include <trine/nn/fusion.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <trine/nn/concat.hpp>
#include <trine/nn/layers.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"
#include "support/random_values.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("gradients of fused neighbours agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("fused: convolution, batch_norm") {
        check_gradients<in, conv2d<4, 3, with_bias>, batch_norm, flatten, linear<3>>();
    }
    SECTION("fused: convolution, batch_norm, relu, max_pool of an odd map") {
        check_gradients<shape<2, 7, 5>, sequential<conv2d<4, 3>, batch_norm, relu>, max_pool<2>, flatten, linear<3>>();
    }
    SECTION("fused: residual and relu, with blocks inside") {
        check_gradients<in,
                        residual<sequential<conv2d<4, 3, stride<2>>, batch_norm, relu, conv2d<4, 3>, batch_norm>,
                                 sequential<conv2d<4, 1, stride<2>>, batch_norm>>,
                        relu, residual<sequential<conv2d<4, 3>, batch_norm, relu>>, relu,
                        residual<sequential<conv2d<4, 3>, relu>>, flatten, linear<2>>();
    }
    SECTION("fused, their outputs made again: narrow, wide, narrow") {
        check_gradients<in, conv2d<3, 3>, batch_norm, relu, conv2d<9, 1>, batch_norm, relu, conv2d<2, 3, stride<2>>,
                        batch_norm, conv2d<7, 1>, batch_norm, relu, flatten, linear<2>>();
    }
    SECTION("fused, their outputs made again for branches and blocks") {
        check_gradients<in, conv2d<3, 1>, batch_norm, relu,
                        concat<sequential<conv2d<2, 3>, batch_norm, relu, conv2d<3, 1>, batch_norm>, conv2d<1, 1>,
                               sequential<conv2d<2, 1>, batch_norm, relu>>,
                        conv2d<4, 3>, batch_norm, relu,
                        residual<sequential<conv2d<5, 1>, batch_norm, relu, conv2d<4, 3>, batch_norm>>, relu,
                        residual<sequential<conv2d<2, 1>, batch_norm, relu, conv2d<3, 3, stride<2>>, batch_norm>,
                                 sequential<conv2d<3, 1, stride<2>>, batch_norm>>,
                        relu, flatten, linear<2>>();
    }
}

TEST_CASE("a first layer's gradients in float are those in double", "[nn]") {
    // Its output's statistics, and half of its gradient, follow from the covariance of patches, where differences could
    // cancel.
    using in = shape<3, 40, 33>;
    using net = network<in, sequential<conv2d<32, 3>, batch_norm, relu, max_pool<2>, flatten, linear<4>>>;
    std::size_t const batch = 16;
    auto x = random_values<float>(batch * in::size, 1);
    for (auto& v : x)
        v = 0.2f + 0.3f * v;
    auto dy = random_values<float>(batch * 4, 2);
    std::vector<double> const wide_x(x.begin(), x.end());
    std::vector<double> wide_dy(dy.begin(), dy.end());
    model<net, float> narrow(3);
    model<net, double> wide(3);
    std::copy(narrow.parameters().begin(), narrow.parameters().end(), wide.parameters().begin());
    narrow.forward(x.data(), batch, 0);
    wide.forward(wide_x.data(), batch, 0);
    narrow.backward({dy.data(), batch, 4});
    wide.backward({wide_dy.data(), batch, 4});
    auto const difference = [](auto const& a, auto const& b, std::size_t first, std::size_t last) {
        double worst = 0, largest = 0;
        for (std::size_t i = first; i < last; ++i) {
            worst = std::max(worst, std::abs(static_cast<double>(a[i]) - b[i]));
            largest = std::max(largest, std::abs(b[i]));
        }
        return worst / largest;
    };
    std::size_t const weights = 27 * 32, norm = weights + 2 * 32;
    CHECK(difference(narrow.gradients(), wide.gradients(), 0, weights) < 5e-6);
    CHECK(difference(narrow.gradients(), wide.gradients(), weights, norm) < 5e-6);
    CHECK(difference(narrow.state(), wide.state(), 0, 2 * 32) < 1e-6);
}

TEST_CASE("fused neighbours compute what they compute one by one", "[nn]") {
    // A dropout of nothing between two layers keeps them from being fused.
    using in = shape<3, 23, 18>;
    using fused = network<in, sequential<sequential<conv2d<17, 3>, batch_norm, relu>, max_pool<2>, conv2d<20, 3>,
                                         batch_norm, relu, conv2d<16, 3, with_bias>, batch_norm,
                                         residual<sequential<conv2d<16, 3>, batch_norm>>, relu, flatten, linear<4>>>;
    using separate =
        network<in, sequential<sequential<conv2d<17, 3>, dropout<0>, batch_norm, relu>, dropout<0>, max_pool<2>,
                               conv2d<20, 3>, dropout<0>, batch_norm, relu, conv2d<16, 3, with_bias>, dropout<0>,
                               batch_norm, residual<sequential<conv2d<16, 3>, dropout<0>, batch_norm>>, dropout<0>,
                               relu, flatten, linear<4>>>;
    STATIC_REQUIRE(fused::parameters == separate::parameters);
    STATIC_REQUIRE(fused::activations(8) < separate::activations(8));
    std::size_t const batch = 21;
    auto const x = random_values<double>(batch * in::size, 1), dy = random_values<double>(batch * 4, 2);
    model<fused, double> a(5);
    model<separate, double> b(6);
    std::copy(a.parameters().begin(), a.parameters().end(), b.parameters().begin());
    std::vector<double> dxa(x.size()), dxb(x.size()), ga = dy, gb = dy;
    auto const close = [](auto const& p, auto const& q) {
        double worst = 0;
        for (std::size_t i = 0; i < p.size(); ++i)
            worst = std::max(worst, std::abs(p[i] - q[i]));
        return worst < 1e-10;
    };
    auto const ya = a.forward(x.data(), batch, 0), yb = b.forward(x.data(), batch, 0);
    CHECK(close(std::vector<double>(ya.data(), ya.data() + batch * 4),
                std::vector<double>(yb.data(), yb.data() + batch * 4)));
    a.backward({ga.data(), batch, 4}, dxa.data());
    b.backward({gb.data(), batch, 4}, dxb.data());
    CHECK(close(dxa, dxb));
    CHECK(close(a.gradients(), b.gradients()));
    CHECK(close(a.state(), b.state()));
    std::vector<double> ea(batch * 4), eb(batch * 4);
    a.embed(x.data(), batch, ea.data());
    b.embed(x.data(), batch, eb.data());
    CHECK(close(ea, eb));
    // Prepared weights follow the parameters.
    for (auto& p : a.parameters())
        p *= 1.5;
    auto const before = ea;
    a.embed(x.data(), batch, ea.data());
    CHECK(!close(ea, before));
    std::vector<std::string> names;
    for (auto const& t : a.tensors())
        names.push_back(t.name);
    CHECK(names[0] == "0.0.weight");
    CHECK(names[1] == "0.1.weight");
    CHECK(std::find(names.begin(), names.end(), "7.body.1.running_var") != names.end());
    CHECK(describe<fused>().find("max_pool 2 /2") != std::string::npos);
}
