#include <trine/nn/schedules.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("schedules begin, end and step where they say", "[nn]") {
    CHECK(nn::constant{}(7, 10) == 1);
    CHECK(nn::cosine{}(0, 100) == 1);
    CHECK(nn::cosine{}(50, 100) == Approx(0.5));
    CHECK(nn::cosine{.floor = 0.1}(100, 100) == Approx(0.1));
    CHECK(nn::stepwise{}(33, 99) == Approx(0.1));
    CHECK(nn::stepwise{}(32, 99) == 1);
    CHECK(nn::stepwise{}(66, 99) == Approx(0.01));
    CHECK(nn::warm_up<nn::constant>{.share = 0.1}(0, 100) == Approx(0.1));
    CHECK(nn::warm_up<nn::constant>{.share = 0.1}(9, 100) == 1);
    CHECK(nn::warm_up<nn::constant>{.share = 0}(0, 100) == 1);
}

TEST_CASE("schedules say who they are, and what they lead to", "[nn]") {
    STATIC_REQUIRE((nn::schedule<nn::constant> && nn::schedule<nn::stepwise> && nn::schedule<nn::cosine> &&
                    nn::schedule<nn::warm_up<nn::warm_up<nn::stepwise>>>));
    CHECK(identity_of(nn::constant{}).text() == "constant");
    CHECK(identity_of(nn::stepwise{.every = 0.5, .factor = 0.25}).text() == "stepwise (every 0.5, factor 0.25)");
    CHECK(identity_of(nn::warm_up<>{}).text() == "warm_up (share 0.05, then cosine (floor 0))");
    auto const difference = [](auto const& a, auto const& b) {
        return identity_of(a).difference(identity_of(b), "here", "there");
    };
    CHECK(difference(nn::warm_up<>{.share = 0.5}, nn::warm_up<>{}) == "share is 0.5 here, 0.05 there");
    CHECK(difference(nn::warm_up<>{.then = {.floor = 0.5}}, nn::warm_up<>{}) == "then.floor is 0.5 here, 0 there");
    CHECK(difference(nn::warm_up<nn::constant>{}, nn::warm_up<>{}) == "then is constant here, cosine there");
    CHECK(difference(nn::stepwise{.factor = 0.5}, nn::stepwise{}) == "factor is 0.5 here, 0.1 there");
    CHECK(difference(nn::stepwise{.every = 0.5}, nn::stepwise{.every = 0.25}) == "every is 0.5 here, 0.25 there");
    CHECK(difference(nn::warm_up<>{}, nn::warm_up<>{}).empty());
}
