#include <trine/nn/concat.hpp>

#include <trine/nn/layers.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("gradients of concat agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("identity") { check_gradients<in, concat<nn::identity, conv2d<2, 1>>, nn::identity, flatten, linear<3>>(); }
    SECTION("concat") {
        check_gradients<in, conv2d<4, 3>,
                        concat<sequential<conv2d<2, 1>, batch_norm, relu>, conv2d<3, 3>,
                               sequential<max_pool<3, 1, padding<1>>, sigmoid>>,
                        flatten, linear<3>>();
    }
    SECTION("concat inside concat, behind a rectifier, in a residual") {
        check_gradients<
            in, residual<concat<sequential<conv2d<1, 3>, relu>, concat<conv2d<1, 1>, sequential<conv2d<1, 3>, prelu>>>>,
            relu, global_average_pool>();
    }
}
