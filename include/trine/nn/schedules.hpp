#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <numbers>
#include <string_view>

#include "../core/identity.hpp"

namespace trine::nn {

/// A schedule gives the factor on the learning rate at step `step` of `steps`, counted from 0.
template <class S>
concept schedule = policy<S> && requires(S const& s, std::size_t step) {
    { s(step, step) } -> std::convertible_to<double>;
};

/// Always 1.
struct constant {
    static constexpr std::string_view name = "constant";
    double operator()(std::size_t, std::size_t) const { return 1; }
};

/// `factor` to the power of how many times `every` (a share of all steps) has passed.
struct stepwise {
    static constexpr std::string_view name = "stepwise";
    double every = 1.0 / 3;
    double factor = 0.1;
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("every", self.every), visit("factor", self.factor);
    }
    double operator()(std::size_t step, std::size_t steps) const {
        return std::pow(factor, std::floor(static_cast<double>(step) / (every * static_cast<double>(steps)) + 1e-9));
    }
};

/// Half a cosine wave from 1 down to `floor`.
///
/// @see I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017
struct cosine {
    static constexpr std::string_view name = "cosine";
    double floor = 0;
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("floor", self.floor);
    }
    double operator()(std::size_t step, std::size_t steps) const {
        double const done = static_cast<double>(step) / static_cast<double>(steps);
        return floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * done));
    }
};

/// Rises linearly over the first `share` of all steps, then follows another schedule.
template <class Then = cosine>
struct warm_up {
    static constexpr std::string_view name = "warm_up";
    double share = 0.05;
    Then then{};
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("share", self.share), visit("then", self.then);
    }
    double operator()(std::size_t step, std::size_t steps) const {
        double const rise = share * static_cast<double>(steps);
        double const risen = rise > 0 ? (static_cast<double>(step) + 1) / rise : 1;
        return (risen < 1 ? risen : 1.0) * then(step, steps);
    }
};

} // namespace trine::nn
