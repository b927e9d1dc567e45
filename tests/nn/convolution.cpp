#include <trine/nn/convolution.hpp>

#include <trine/nn/linear.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("gradients of convolutions agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("conv2d") { check_gradients<in, conv2d<4, 3>, flatten>(); }
    SECTION("conv2d, strided, with bias") {
        check_gradients<in, conv2d<4, 3, stride<2>, with_bias, padding<0>>, flatten>();
    }
    SECTION("convolution in groups") {
        check_gradients<in, conv2d<6, 3, groups<3>>, conv2d<4, 1, groups<2>, with_bias>, flatten>();
    }
    SECTION("depthwise convolution") { check_gradients<in, conv2d<3, 3, groups<3>, stride<2>>, flatten>(); }
    SECTION("convolution by Winograd's transforms") {
        using kernels::convolution_algorithm;
        check_gradients<in, conv2d<4, 3, algorithm<convolution_algorithm::winograd_4>>,
                        conv2d<3, 5, algorithm<convolution_algorithm::winograd_4>, with_bias>, flatten>();
    }
}
