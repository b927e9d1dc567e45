#include <trine/nn/normalization.hpp>

#include <ratio>
#include <vector>

#include <trine/nn/activations.hpp>
#include <trine/nn/convolution.hpp>
#include <trine/nn/linear.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("gradients of normalisations agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("batch_norm") { check_gradients<in, batch_norm, flatten>(); }
    SECTION("batch_norm with another epsilon") {
        check_gradients<in, conv2d<4, 3>, batch_norm_with<1000>, relu, batch_norm_with<10>, flatten>();
    }
    SECTION("l2_normalize") { check_gradients<in, flatten, linear<4>, l2_normalize>(); }
    SECTION("local_response_norm") {
        check_gradients<shape<7, 3, 2>, local_response_norm<5, std::ratio<1, 2>>, flatten, linear<3>>();
    }
    SECTION("local_response_norm, even, another exponent, many channels") {
        check_gradients<shape<70, 1, 2>, local_response_norm<4, std::ratio<1>, std::ratio<2, 3>, std::ratio<2>>,
                        flatten, linear<3>>();
    }
    SECTION("scale_shift and constant_scale") {
        check_gradients<in, scale_shift, constant_scale<std::ratio<3, 10>, std::ratio<-1>>, flatten, linear<3>>();
    }
}

TEST_CASE("local response normalisation gives PyTorch's values", "[nn]") {
    auto const values = []<class Layer>(Layer) {
        model<network<shape<6>, Layer>, double> m;
        std::vector<double> const x{1, -2, 3, 0.5, 2, -1.5};
        std::vector<double> y(6);
        m.embed(x.data(), 1, y.data());
        return y;
    };
    auto const close = [](std::vector<double> const& a, std::vector<double> const& b) {
        for (std::size_t i = 0; i < a.size(); ++i)
            CHECK(a[i] == Approx(b[i]).epsilon(1e-6));
    };
    close(values(local_response_norm<5, std::ratio<1, 2>>{}),
          {0.51861081, -1.02919149, 1.37675739, 0.22212810, 0.99111685, -1.03033464});
    close(values(local_response_norm<4, std::ratio<1, 2>, std::ratio<3, 5>, std::ratio<2>>{}),
          {0.56043134, -0.90492218, 1.35064128, 0.21269095, 0.87881539, -0.80655825});
}
