#include <trine/nn/optimizers.hpp>
#include <trine/nn/schedules.hpp>

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
