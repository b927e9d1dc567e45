#include <trine/nn/activations.hpp>

#include <trine/nn/convolution.hpp>
#include <trine/nn/linear.hpp>
#include <trine/nn/model.hpp>
#include <trine/nn/normalization.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("gradients of activations agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("prelu") { check_gradients<in, conv2d<4, 3>, prelu, flatten>(); }
    SECTION("prelu first, and behind batch_norm") {
        check_gradients<in, prelu, conv2d<4, 3>, batch_norm, prelu, flatten, linear<3>>();
    }
    SECTION("leaky_relu") { check_gradients<in, conv2d<4, 3>, leaky_relu<20>, flatten, linear<3>>(); }
    SECTION("sigmoid") { check_gradients<in, conv2d<4, 3>, sigmoid, flatten, linear<3>>(); }
    SECTION("relu behind batch_norm") { check_gradients<in, conv2d<4, 3>, batch_norm, relu, flatten, linear<3>>(); }
    SECTION("softmax") { check_gradients<in, conv2d<4, 1>, softmax, flatten, linear<3>>(); }
}
