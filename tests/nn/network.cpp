#include <trine/nn/network.hpp>

#include <string>

#include <trine/nn/layers.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("a network's figures are constant expressions", "[nn]") {
    using net = network<shape<1, 28, 28>, sequential<conv2d<8, 3>, batch_norm, relu, max_pool<2>, flatten, linear<10>>>;
    STATIC_REQUIRE(net::parameters == 8 * 9 + 16 + 8 * 14 * 14 * 10 + 10);
    STATIC_REQUIRE(net::state == 16);
    STATIC_REQUIRE(net::multiply_adds == 28 * 28 * 8 * 9 + 8 * 14 * 14 * 10);
    STATIC_REQUIRE(net::embedding_size == 10);
    STATIC_REQUIRE(net::activations(2) > 0);
    STATIC_REQUIRE(std::is_same_v<conv2d<4, 3, stride<2>>::at<shape<3, 112, 92>>::output, shape<4, 56, 46>>);
    STATIC_REQUIRE(std::is_same_v<conv2d<4, 5, padding<0>>::at<shape<3, 9, 8>>::output, shape<4, 5, 4>>);
    auto const table = describe<net>();
    CHECK(table.find("8×28×28") != std::string::npos);
    CHECK(table.find("batch_norm") != std::string::npos);
    CHECK(table.find(std::to_string(net::parameters)) != std::string::npos);
    auto const all = tensors_of<net>();
    CHECK(all.parameters == net::parameters);
    CHECK(all.state == net::state);
    CHECK(all.tensors[0].name == "0.weight");
    CHECK(all.tensors[3].name == "1.running_mean");
}
