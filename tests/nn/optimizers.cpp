#include <trine/nn/optimizers.hpp>

#include <cmath>
#include <string_view>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using namespace trine;

namespace {

template <class Optimizer>
std::vector<double> three_steps(Optimizer const& o, double rate, bool decays) {
    std::vector<double> values{1.0, -2.0}, kept(2 * Optimizer::slots);
    for (std::size_t n = 1; n <= 3; ++n) {
        std::vector<double> const gradients{0.5 * static_cast<double>(n), 2 * values[1]};
        o.template step<double>(values, gradients, kept, rate, n, decays);
    }
    return values;
}

} // namespace

TEST_CASE("optimisers follow their formulas", "[nn]") {
    // The same recurrences, written out for the first value.
    double w = 1, m = 0;
    for (int n = 1; n <= 3; ++n) {
        m = 0.9 * m + 0.5 * n + 0.01 * w;
        w -= 0.1 * m;
    }
    CHECK(three_steps(nn::sgd{.momentum = 0.9, .weight_decay = 0.01}, 0.1, true)[0] == Approx(w).epsilon(1e-14));
    for (bool decoupled : {false, true}) {
        double v = 1, a = 0, b = 0;
        for (int n = 1; n <= 3; ++n) {
            double const g = 0.5 * n + (decoupled ? 0 : 0.1 * v);
            a = 0.9 * a + 0.1 * g;
            b = 0.999 * b + 0.001 * g * g;
            double const step = 0.1 * (a / (1 - std::pow(0.9, n))) / (std::sqrt(b / (1 - std::pow(0.999, n))) + 1e-8);
            v = (decoupled ? v * (1 - 0.1 * 0.1) : v) - step;
        }
        CHECK(three_steps(nn::adam{.weight_decay = 0.1, .decoupled = decoupled}, 0.1, true)[0] ==
              Approx(v).epsilon(1e-12));
        if (decoupled)
            CHECK(three_steps(nn::adamw(0.1), 0.1, true)[0] == Approx(v).epsilon(1e-12));
    }
    CHECK(three_steps(nn::sgd{.weight_decay = 5}, 0.1, false) == three_steps(nn::sgd{.weight_decay = 0}, 0.1, true));
}

TEST_CASE("optimisers say who they are and every value that they were given", "[nn]") {
    STATIC_REQUIRE((nn::optimizer<nn::sgd> && nn::optimizer<nn::adam> && nn::optimizer<nn::adamw>));
    CHECK(identity_of(nn::sgd{}).text() == "sgd (momentum 0.9, weight_decay 5e-04)");
    CHECK(identity_of(nn::adam{.beta1 = 0.8}).text() ==
          "adam (beta1 0.8, beta2 0.999, epsilon 1e-08, weight_decay 0, decoupled no)");
    CHECK(identity_of(nn::adamw(0.25)).text() ==
          "adamw (beta1 0.9, beta2 0.999, epsilon 1e-08, weight_decay 0.25, decoupled yes)");
    auto const difference = [](auto const& a, auto const& b) {
        return identity_of(a).difference(identity_of(b), "here", "there");
    };
    // Every value tells two from each other.
    CHECK(difference(nn::sgd{.momentum = 0.5}, nn::sgd{}) == "momentum is 0.5 here, 0.9 there");
    CHECK(difference(nn::sgd{.weight_decay = 0.5}, nn::sgd{}) == "weight_decay is 0.5 here, 5e-04 there");
    CHECK(difference(nn::adam{.beta2 = 0.5}, nn::adam{}) == "beta2 is 0.5 here, 0.999 there");
    CHECK(difference(nn::adam{.epsilon = 0.5}, nn::adam{}) == "epsilon is 0.5 here, 1e-08 there");
    CHECK(difference(nn::adam{.decoupled = true}, nn::adam{}) == "decoupled is yes here, no there");
    CHECK(difference(nn::adam{.weight_decay = 0.01, .decoupled = true}, nn::adamw{}) ==
          "name is adam here, adamw there");
    CHECK(difference(nn::adamw{}, nn::adamw{}).empty());
    // A value can be set by its name.
    nn::adamw set;
    nn::adamw::values(set, [](std::string_view key, auto& value) {
        if constexpr (std::is_same_v<decltype(value), double&>)
            if (key == "weight_decay")
                value = 0.75;
    });
    CHECK(set.weight_decay == 0.75);
}
