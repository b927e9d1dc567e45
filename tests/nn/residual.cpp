#include <trine/nn/residual.hpp>

#include <trine/nn/layers.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("gradients of residuals agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("residual, plain") {
        check_gradients<in, residual<sequential<conv2d<3, 3>, batch_norm, relu>>, flatten, linear<2>>();
    }
    SECTION("residual with shortcut, nested") {
        check_gradients<
            in, conv2d<3, 3>,
            residual<sequential<conv2d<4, 3, stride<2>>, relu, residual<conv2d<4, 3>>>, conv2d<4, 1, stride<2>>>, relu,
            global_average_pool>();
    }
    SECTION("gradients in their inputs' places: a rectified sum, a shortcut, a rectifier in place between") {
        using block = sequential<residual<sequential<conv2d<3, 1>, batch_norm, relu, conv2d<3, 3>, batch_norm>>, relu>;
        check_gradients<in, conv2d<3, 3>, relu, block, block, conv2d<3, 1>, relu,
                        residual<sequential<conv2d<4, 3, stride<2>>, relu, conv2d<4, 1>>, conv2d<4, 1, stride<2>>>,
                        relu, flatten, linear<2>>();
    }
}
