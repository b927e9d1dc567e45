#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

#include "../kernels/elementwise.hpp"

namespace trine::nn {

/// One optimiser step is given a tensor's values, their gradients, what the optimiser keeps for them, the learning
/// rate, the number of the step (from 1), and whether the tensor decays: weights do, biases and normalisation's scales
/// do not.

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
    void step(std::span<T> values, std::span<T const> gradients, std::span<T> kept, double learning_rate, std::size_t,
              bool decays) const {
        T const mu = static_cast<T>(momentum), eta = static_cast<T>(learning_rate),
                lambda = static_cast<T>(decays ? weight_decay : 0.0);
        parallel_blocks(values.size(), kernels::elementwise_block, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                kept[i] = mu * kept[i] + gradients[i] + lambda * values[i];
                values[i] -= eta * kept[i];
            }
        });
    }
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
        visit("beta1", self.beta1), visit("beta2", self.beta2), visit("epsilon", self.epsilon),
            visit("weight_decay", self.weight_decay), visit("decoupled", self.decoupled);
    }

    template <class T>
    void step(std::span<T> values, std::span<T const> gradients, std::span<T> kept, double learning_rate,
              std::size_t number, bool decays) const {
        double const decay = decays ? weight_decay : 0.0, n = static_cast<double>(number);
        T const b1 = static_cast<T>(beta1), b2 = static_cast<T>(beta2), eps = static_cast<T>(epsilon);
        T const rate = static_cast<T>(learning_rate / (1 - std::pow(beta1, n)));
        T const correction = static_cast<T>(1 / std::sqrt(1 - std::pow(beta2, n)));
        T const shrink = static_cast<T>(decoupled ? 1 - learning_rate * decay : 1.0),
                lambda = static_cast<T>(decoupled ? 0.0 : decay);
        std::span<T> const mean = kept.first(values.size()), square = kept.last(values.size());
        parallel_blocks(values.size(), kernels::elementwise_block, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                T const g = gradients[i] + lambda * values[i];
                mean[i] = b1 * mean[i] + (T(1) - b1) * g;
                square[i] = b2 * square[i] + (T(1) - b2) * g * g;
                values[i] = shrink * values[i] - rate * mean[i] / (std::sqrt(square[i]) * correction + eps);
            }
        });
    }
};

/// Adam with decoupled weight decay, 0.01 as in the paper's library.
struct adamw : adam {
    static constexpr std::string_view name = "adamw";
    constexpr adamw() : adam{.weight_decay = 1e-4, .decoupled = true} {}
    constexpr explicit adamw(double decay) : adam{.weight_decay = decay, .decoupled = true} {}
};

} // namespace trine::nn
