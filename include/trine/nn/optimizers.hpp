#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "../core/config.hpp"
#include "../core/identity.hpp"

namespace trine::nn {

/// How parameters follow their gradients. One step is given a tensor's values, their gradients, what the optimiser
/// keeps for them (`slots` scalars for each), the learning rate, the number of the step (from 1), and whether the
/// tensor decays: weights do, biases and normalisation's scales do not.
template <class O>
concept optimizer = policy<O> && requires(O const& o, std::span<float> values, std::span<float const> gradients) {
    { O::slots } -> std::convertible_to<std::size_t>;
    o.template step<float>(values, gradients, values, 0.1, std::size_t{1}, true);
};

/// Stochastic gradient descent with momentum:  m ← µ m + g + λ w,  w ← w − η m.
struct sgd {
    static constexpr std::string_view name = "sgd";
    static constexpr std::size_t slots = 1; ///< scalars kept for each parameter
    double momentum = 0.9;
    double weight_decay = 5e-4;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("momentum", self.momentum), visit("weight_decay", self.weight_decay);
    }
    template <class T>
    void step(std::span<T> values, std::span<T const> gradients, std::span<T> kept, double learning_rate,
              std::size_t number, bool decays) const;
};

/// Adam: steps of nearly equal size for every parameter, from running means of the gradient and of its square.
///
/// With `decoupled`, weight decay acts on the value itself rather than through the gradient (AdamW).
///
/// @see D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015;
///      I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019
struct adam {
    static constexpr std::string_view name = "adam";
    static constexpr std::size_t slots = 2;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
    bool decoupled = false;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("beta1", self.beta1), visit("beta2", self.beta2), visit("epsilon", self.epsilon);
        visit("weight_decay", self.weight_decay), visit("decoupled", self.decoupled);
    }
    template <class T>
    void step(std::span<T> values, std::span<T const> gradients, std::span<T> kept, double learning_rate,
              std::size_t number, bool decays) const;
};

/// Adam with decoupled weight decay; 1e-4, for faces: PyTorch begins with 0.01.
struct adamw : adam {
    static constexpr std::string_view name = "adamw";
    constexpr adamw() : adam{.weight_decay = 1e-4, .decoupled = true} {}
    constexpr explicit adamw(double decay) : adam{.weight_decay = decay, .decoupled = true} {}
};

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "optimizers_impl.hpp"
#endif
