#include <trine/nn/chain_plan.hpp>

#include <trine/backbones/resnet.hpp>
#include <trine/nn/layers.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("the memory of a training step is little more than what it has to keep", "[nn]") {
    using in = shape<3, 112, 112>;
    using keeping = backbones::resnet_18<in, 128, 64, keep_maps>;
    using recomputing = backbones::resnet_18<in>;
    // One convolution's output for each, and one for each block: what comes between is made again. On top of that the
    // fullest moment, of the last block, with its scratch.
    std::size_t const first = 64 * 56 * 56, of_stages = (5 + 2) * (first / 2 + first / 4 + first / 8);
    CHECK(keeping::activations(32) == Approx(32 * ((1 + 4 + 2) * first + of_stages)).epsilon(0.01));
    CHECK(keeping::memory(32) < 1.1 * static_cast<double>(keeping::activations(32)));
    CHECK(keeping::memory(64) < 2.1 * static_cast<double>(keeping::memory(32)));
    // Nothing of the first convolution, and the blocks' outputs alone of the first two stages.
    CHECK(recomputing::activations(32) ==
          Approx(32 * (2 * first + 2 * first / 2 + (5 + 2) * (first / 4 + first / 8))).epsilon(0.01));
    CHECK(recomputing::memory(32) < 0.5 * static_cast<double>(keeping::memory(32)));
    // A gradient lies where the input was: so a chain of convolutions needs a map for each, and two for what is made
    // again and for gradients.
    using chain = network<shape<8, 64, 64>,
                          sequential<conv2d<8, 3>, batch_norm, relu, conv2d<8, 3>, batch_norm, relu, conv2d<8, 3>,
                                     batch_norm, relu, conv2d<8, 3>, batch_norm, relu, global_average_pool>>;
    std::size_t const map = 16 * 8 * 64 * 64;
    set_thread_count(1);
    CHECK(static_cast<double>(chain::memory(16)) < 6.5 * static_cast<double>(map));
}
