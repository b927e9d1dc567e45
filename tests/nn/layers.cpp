#include <trine/nn/layers.hpp>

#include <trine/nn/convolution.hpp>
#include <trine/nn/model.hpp>
#include <trine/nn/residual.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("gradients of linear, flatten and dropout agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("dropout") { check_gradients<in, flatten, linear<6>, relu, dropout<40>, linear<2>>(); }
    SECTION("repeated") {
        check_gradients<in, conv2d<4, 3>, repeat<3, residual<sequential<conv2d<4, 1>, batch_norm, prelu>>>, flatten>();
    }
}
