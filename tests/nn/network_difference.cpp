#include <trine/nn/network_difference.hpp>

#include "support/catch.hpp"

using trine::network_difference;

TEST_CASE("networks that differ are told apart by their first difference", "[nn]") {
    std::string const one = "1×64×64 0.weight,16,1,3,3 0.bias,16 1.weight,8,16";
    CHECK(network_difference(one, one).empty());
    CHECK(network_difference("3×96×96 0.weight,16,3,3,3", one) == "its input is 3×96×96, here 1×64×64");
    CHECK(network_difference("1×64×64 0.weight,32,1,3,3 0.bias,32", one) ==
          "its tensor \"0.weight\" is 32×1×3×3, here 16×1×3×3");
    CHECK(network_difference("1×64×64 0.weight,16,1,3,3 0.bias,16", one) == "it has no tensor \"1.weight\"");
    CHECK(network_difference(one + " 2.weight,4", one) == "it has a tensor \"2.weight\", which is not here");
    CHECK(network_difference("1×64×64 0.weight,16,1,3,3 1.weight,8,16", one) ==
          "it has the tensor \"1.weight\" where \"0.bias\" is here");
    CHECK(!network_difference("", one).empty());
    CHECK(!network_difference("1×64×64", one).empty());
}
