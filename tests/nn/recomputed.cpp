#include <trine/nn/recomputed.hpp>

#include <string>
#include <vector>

#include <trine/backbones/resnet.hpp>
#include <trine/nn/concat.hpp>
#include <trine/nn/layers.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"
#include "support/random_values.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("gradients of recomputed layers agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("recomputed: convolutions, behind a first one that is recomputed too") {
        check_gradients<in, conv2d<4, 5, recompute>, batch_norm, relu,
                        recomputed<conv2d<3, 3>, batch_norm, relu, conv2d<5, 1>, batch_norm, relu>,
                        conv2d<2, 3, recompute>, batch_norm, relu, max_pool<2>, flatten, linear<2>>();
    }
    SECTION("recomputed: blocks, and a block in a block") {
        using body = sequential<conv2d<3, 3>, batch_norm, relu, conv2d<3, 3>, batch_norm>;
        check_gradients<in, recomputed<residual<concat<conv2d<2, 1>, conv2d<1, 1>>>, relu>, residual<body>, relu,
                        flatten, linear<2>>(); // needs its output to make its tape
        check_gradients<in, conv2d<3, 3>, recomputed<residual<body>, relu>,
                        recomputed<residual<recomputed<body>>, relu>,
                        recomputed<recomputed<residual<sequential<conv2d<4, 3, stride<2>>, batch_norm>,
                                                       sequential<conv2d<4, 1, stride<2>>, batch_norm>>,
                                              relu>>,
                        flatten, linear<2>>();
    }
    SECTION("recomputed: layers that need their output, draw masks or follow statistics of their own") {
        check_gradients<in, recomputed<conv2d<3, 3>, prelu, batch_norm>, recomputed<conv2d<4, 1>, batch_norm, prelu>,
                        residual<recomputed<conv2d<4, 1>, relu>>, recomputed<dropout<30>, sigmoid>,
                        recomputed<concat<conv2d<2, 1>, sequential<conv2d<2, 1>, batch_norm, relu>>>, relu, flatten,
                        recomputed<linear<3>, l2_normalize>>();
    }
}

TEST_CASE("recomputing changes no bit of a training step", "[nn]") {
    using in = shape<3, 40, 33>;
    auto const step = []<class Network>(Network) {
        model<Network> m(3);
        std::size_t const batch = 9;
        auto const x = random_values<float>(batch * in::size, 1);
        for (std::uint32_t i = 0; i < 2; ++i) {
            auto dy = random_values<float>(batch * Network::embedding_size, 2);
            m.forward(x.data(), batch, i, 5);
            m.backward({dy.data(), batch, Network::embedding_size});
            for (std::size_t k = 0; k < m.parameters().size(); ++k)
                m.parameters()[k] -= 0.01f * m.gradients()[k];
        }
        auto all = std::vector<float>(m.parameters().begin(), m.parameters().end());
        all.insert(all.end(), m.state().begin(), m.state().end());
        return all;
    };
    CHECK(step(backbones::resnet_18<in, 8, 16>{}) == step(backbones::resnet_18<in, 8, 16, keep_maps>{}));
    CHECK(step(backbones::resnet_18<in, 8, 16, recompute_maps<4>>{}) ==
          step(backbones::resnet_18<in, 8, 16, keep_maps>{}));
    CHECK(step(backbones::ir_18<in, 8, 16, recompute_maps<4>>{}) == step(backbones::ir_18<in, 8, 16, keep_maps>{}));
    using layers =
        sequential<conv2d<16, 3>, batch_norm, relu, dropout<30>, prelu, batch_norm, flatten, linear<4>, l2_normalize>;
    CHECK(step(network<in, sequential<max_pool<2>, recomputed<layers>>>{}) ==
          step(network<in, sequential<max_pool<2>, layers>>{}));
    // Names and places of tensors are those of the layers.
    auto const names = [](inventory const& all) {
        std::vector<std::string> list;
        for (auto const& t : all.tensors)
            list.push_back(t.name);
        return list;
    };
    CHECK(names(tensors_of<backbones::resnet_50<in>>()) ==
          names(tensors_of<backbones::resnet_50<in, 128, 64, keep_maps>>()));
    CHECK(describe<backbones::resnet_18<in>>().find("conv2d 3×3, recomputed") != std::string::npos);
}
