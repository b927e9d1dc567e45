#include <trine/training/learning_rate.hpp>

#include <cmath>

#include <trine/data/synthetic.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/nn/convolution.hpp>
#include <trine/nn/layers.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/training/trainer.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

namespace {

using backbone =
    nn::network<nn::shape<1, 32, 32>, nn::sequential<nn::conv2d<8, 3, nn::stride<2>>, nn::batch_norm, nn::relu,
                                                     nn::max_pool<2>, nn::flatten, nn::linear<16>, nn::l2_normalize>>;

data::dataset const& photos() {
    static auto const d = data::synthetic_faces{.height = 32, .width = 32}.make(10, 6);
    return d;
}

trainer<backbone> how() {
    return {.objective = objective(miners::none{}, losses::cosface{.scale = 16}, distances::cosine{}),
            .options = {.epochs = 5, .seed = 7},
            .sampler = {.people = 5, .photos = 4}};
}

} // namespace

TEST_CASE("a learning rate is found at which the loss falls, and the model stays as it was", "[training]") {
    std::vector<double> first;
    for (std::size_t threads : {1, 2}) {
        with_threads const scope(threads);
        nn::model<backbone> m(3);
        std::vector<float> const before(m.parameters().begin(), m.parameters().end()),
            state(m.state().begin(), m.state().end());
        auto const curve = how().find_learning_rate(m, photos(), {.from = 1e-5, .to = 10, .steps = 60});
        CHECK(std::equal(before.begin(), before.end(), m.parameters().begin()));
        CHECK(std::equal(state.begin(), state.end(), m.state().begin()));
        REQUIRE(curve.rates.size() == curve.losses.size());
        REQUIRE(curve.rates.size() >= 20);
        CHECK(curve.rates.front() == Approx(1e-5));
        for (std::size_t i = 1; i < curve.rates.size(); ++i)
            CHECK(curve.rates[i] / curve.rates[i - 1] == Approx(std::pow(1e6, 1 / 59.0)));
        CHECK(curve.suggested > 1e-4);
        CHECK(curve.suggested < curve.lowest);
        CHECK(curve.lowest < 10);
        if (first.empty())
            first = curve.losses;
        CHECK((curve.losses == first));
    }
    // It is worth something: five epochs at it teach more than at the ends of the range.
    auto const loss_at = [](double rate) {
        auto t = how();
        t.options.learning_rate = rate;
        nn::model<backbone> m(3);
        return t.fit(m, photos()).epochs.back().loss;
    };
    nn::model<backbone> m(3);
    double const found = how().find_learning_rate(m, photos(), {.from = 1e-5, .to = 10, .steps = 60}).suggested;
    CHECK(loss_at(found) < loss_at(1e-5));
    CHECK(loss_at(found) < loss_at(10));
}

TEST_CASE("ranges of learning rates that are none are refused", "[training]") {
    nn::model<backbone> m(3);
    auto const refused = [&](rate_range range, std::string const& says) {
        CHECK_THROWS_WITH(how().find_learning_rate(m, photos(), range), says);
    };
    refused({.from = 0}, "learning rates from 0 to 1: the first has to be above 0, the second larger");
    refused({.from = 1, .to = 1}, "learning rates from 1 to 1: the first has to be above 0, the second larger");
    refused({.steps = 9}, "learning rates in 9 steps: at least 10 are needed");
    refused({.smoothing = 1}, "smoothing 1, which is from 0 to below 1");
    std::vector<float> const before(m.parameters().begin(), m.parameters().end());
    refused({.from = 1e30, .to = 1e35, .smoothing = 0},
            "the loss ran away at once, at learning rates of 1e+30 and little more: begin with a smaller one");
    CHECK(std::equal(before.begin(), before.end(), m.parameters().begin()));
}
