#include <trine/nn/frozen.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <trine/nn/layers.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
using namespace trine::nn;

TEST_CASE("frozen layers compute as in inference, and nothing about them changes", "[nn]") {
    using in = shape<2, 9, 8>;
    using front = sequential<conv2d<8, 3>, batch_norm, relu, max_pool<2>>;
    using net = network<in, sequential<frozen<front>, conv2d<4, 3>, flatten, linear<3>>>;
    using whole = network<in, sequential<front, conv2d<4, 3>, flatten, linear<3>>>;
    STATIC_REQUIRE(net::parameters == whole::parameters);
    STATIC_REQUIRE(net::activations(4) < whole::activations(4));
    model<net, double> m(3);
    model<whole, double> w(3);
    for (std::size_t i = 0; i < 8; ++i) // running means and variances that are not those of a new network
        m.state()[i] = w.state()[i] = 0.1 * static_cast<double>(i),
        m.state()[8 + i] = w.state()[8 + i] = 0.5 + 0.3 * static_cast<double>(i);
    auto const x = random_values<double>(5 * in::size, 4);
    std::vector<double> expected(15);
    w.embed(x.data(), 5, expected.data());
    auto const state = std::vector<double>(m.state().begin(), m.state().end());
    auto const y = m.forward(x.data(), 5, 0);
    for (std::size_t i = 0; i < 15; ++i)
        CHECK(y.data()[i] == Approx(expected[i]).epsilon(1e-12));
    CHECK(std::equal(state.begin(), state.end(), m.state().begin()));
    auto dy = random_values<double>(15, 5);
    auto const dy_before = dy;
    m.backward({dy.data(), 5, 3});
    std::size_t const frozen_parameters = 8 * 2 * 9 + 16;
    CHECK(
        std::all_of(m.gradients().begin(), m.gradients().begin() + frozen_parameters, [](double g) { return g == 0; }));
    // What is behind them has the gradient that it would have.
    double const h = 1e-5;
    auto const loss = [&] {
        auto const out = m.forward(x.data(), 5, 0);
        double sum = 0;
        for (std::size_t i = 0; i < 15; ++i)
            sum += dy_before[i] * out.data()[i];
        return sum;
    };
    auto const gradients = std::vector<double>(m.gradients().begin(), m.gradients().end());
    for (std::size_t i = frozen_parameters; i < gradients.size(); i += 7) {
        double const before = m.parameters()[i];
        m.parameters()[i] = before + h;
        double const above = loss();
        m.parameters()[i] = before - h;
        double const below = loss();
        m.parameters()[i] = before;
        CHECK(gradients[i] == Approx((above - below) / (2 * h)).epsilon(1e-6).margin(1e-8));
    }
    std::vector<double> dx(x.size());
    CHECK_THROWS_WITH(m.backward({dy.data(), 5, 3}, dx.data()),
                      Catch::Matchers::Contains("frozen layers compute no gradient of their input"));
    CHECK(describe<net>().find("batch_norm, frozen") != std::string::npos);
    CHECK(m.tensors()[0].frozen);
    CHECK(!m.tensors().back().frozen);
}
