#include <trine/nn/pooling.hpp>

#include <cmath>
#include <vector>

#include <trine/nn/activations.hpp>
#include <trine/nn/convolution.hpp>
#include <trine/nn/linear.hpp>
#include <trine/nn/model.hpp>
#include <trine/nn/normalization.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("gradients of poolings agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("max_pool") { check_gradients<in, conv2d<2, 3>, max_pool<2>, flatten>(); }
    SECTION("max_pool, overlapping") { check_gradients<in, max_pool<3, 1>, flatten>(); }
    SECTION("average_pool") { check_gradients<in, average_pool<2>, flatten>(); }
    SECTION("global_average_pool") { check_gradients<in, global_average_pool, linear<4>>(); }
    SECTION("max_pool with padding, rounding up") {
        check_gradients<in, max_pool<3, 2, padding<1>, round_up>, flatten>();
    }
    SECTION("average_pool with padding, rounding up") {
        check_gradients<in, average_pool<3, 2, padding<1>, round_up>, flatten>();
    }
    SECTION("average_pool counting its padding") {
        check_gradients<in, average_pool<3, 1, padding<1>, count_padding>, flatten, linear<3>>();
    }
    SECTION("l2_pool") { check_gradients<in, l2_pool<3, 2, padding<1>>, flatten, linear<3>>(); }
    SECTION("zero_padding") { check_gradients<in, zero_padding<2>, conv2d<2, 3>, flatten, linear<3>>(); }
}

TEST_CASE("poolings round and pad by the known conventions", "[nn]") {
    // Values of PyTorch 1.13 for x = 0 … 24, 5×5.
    auto const values = []<class Layer>(Layer) {
        using net = network<shape<1, 5, 5>, sequential<Layer, flatten>>;
        model<net, double> m;
        std::vector<double> x(25), y(net::embedding_size);
        for (std::size_t i = 0; i < 25; ++i)
            x[i] = static_cast<double>(i);
        m.embed(x.data(), 1, y.data());
        for (double& v : y)
            v = std::round(v * 1e4) / 1e4;
        return y;
    };
    CHECK(values(max_pool<3, 2, padding<1>>{}) == std::vector<double>{6, 8, 9, 16, 18, 19, 21, 23, 24});
    CHECK(values(max_pool<2, 2, round_up>{}) == std::vector<double>{6, 8, 9, 16, 18, 19, 21, 23, 24});
    CHECK(values(average_pool<2, 2, round_up>{}) == std::vector<double>{3, 5, 6.5, 13, 15, 16.5, 20.5, 22.5, 24});
    CHECK(values(average_pool<3, 2, padding<1>>{}) == std::vector<double>{3, 4.5, 6, 10.5, 12, 13.5, 18, 19.5, 21});
    CHECK(values(average_pool<3, 2, padding<1>, count_padding>{}) ==
          std::vector<double>{1.3333, 3, 2.6667, 7, 12, 9, 8, 13, 9.3333});
    CHECK(values(average_pool<4, 3, padding<1>, round_up, count_padding>{}) ==
          std::vector<double>{3.375, 4.5, 9, 10.125});
    CHECK(values(l2_pool<3, 2>{}) == std::vector<double>{21.9089, 27.0555, 49.5984, 55.4256});
    // A window that would begin in the padding behind the image is left out.
    STATIC_REQUIRE(std::is_same_v<max_pool<2, 2, padding<1>, round_up>::at<shape<1, 5, 4>>::output, shape<1, 3, 3>>);
    STATIC_REQUIRE(std::is_same_v<max_pool<3, 2, round_up>::at<shape<28, 22, 22>>::output, shape<28, 11, 11>>);
    STATIC_REQUIRE(std::is_same_v<max_pool<3, 2>::at<shape<28, 22, 22>>::output, shape<28, 10, 10>>);
}

TEST_CASE("a pixel that is not a number makes a photo's embedding none", "[nn]") {
    auto const check = []<class Net>(model<Net>&& m) {
        using in = typename Net::input;
        std::vector<float> embedding(Net::embedding_size);
        for (std::size_t place = 0; place < in::size; ++place) {
            CAPTURE(place);
            std::vector<float> photo(in::size, 0.5f);
            photo[place] = std::nanf("");
            m.embed(photo.data(), 1, embedding.data());
            CHECK(std::isnan(embedding[0]));
        }
    };
    using in = shape<1, 16, 16>;
    using end = sequential<flatten, linear<4>>;
    check(model<network<in, sequential<max_pool<2>, end>>>());
    check(model<network<in, sequential<max_pool<3, 2, padding<1>>, end>>>());
    check(model<network<in, sequential<l2_pool<2>, average_pool<2>, end>>>());
    check(model<network<in, sequential<conv2d<8, 3, with_bias>, relu, max_pool<2>, conv2d<8, 3, with_bias>, relu,
                                       max_pool<2>, end>>>());
    check(model<network<in, sequential<conv2d<16, 3>, batch_norm, relu, max_pool<2>, conv2d<16, 3>, batch_norm, relu,
                                       max_pool<2>, end>>>());
}
