#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include <trine/nn/model.hpp>

#include "catch.hpp"
#include "random_values.hpp"

/// Compares all gradients of Σ weights·output with central differences, in double and in training mode.
template <class In, class... Layers>
void check_gradients() {
    using net = trine::nn::network<In, trine::nn::sequential<Layers...>>;
    std::size_t const batch = 3;
    trine::nn::model<net, double> m(5);
    auto x = random_values<double>(batch * In::size, 1);
    auto const weights = random_values<double>(batch * net::embedding_size, 2);
    for (auto& p : m.parameters())
        p += 0.1 *
             std::sin(static_cast<double>(&p - m.parameters().data())); // so that no bias or scale is a special value
    auto const loss = [&] {
        auto const y = m.forward(x.data(), batch, 7);
        double sum = 0;
        for (std::size_t i = 0; i < weights.size(); ++i)
            sum += weights[i] * y.data()[i];
        return sum;
    };
    loss();
    auto dy = weights;
    std::vector<double> dx(x.size());
    m.backward({dy.data(), batch, net::embedding_size}, dx.data());
    std::vector<double> const gradients(m.gradients().begin(), m.gradients().end());
    auto const check = [&](double& value, double expected, char const* what, std::size_t index) {
        double const h = 1e-5, before = value;
        value = before + h;
        double const above = loss();
        value = before - h;
        double const below = loss();
        value = before;
        CAPTURE(what, index);
        REQUIRE(expected == Approx((above - below) / (2 * h)).epsilon(1e-5).margin(1e-7));
    };
    for (std::size_t i = 0; i < x.size(); ++i)
        check(x[i], dx[i], "image", i);
    for (std::size_t i = 0; i < gradients.size(); ++i)
        check(m.parameters()[i], gradients[i], "parameter", i);
}
