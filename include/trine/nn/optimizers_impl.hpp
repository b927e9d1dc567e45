#pragma once

#include <cmath>

#include "elementwise_loops.hpp"
#include "optimizers.hpp"

namespace trine::nn {

template <class T>
void sgd::step(std::span<T> values, std::span<T const> gradients, std::span<T> kept, double learning_rate, std::size_t,
               bool decays) const {
    T const mu = static_cast<T>(momentum), eta = static_cast<T>(learning_rate),
            lambda = static_cast<T>(decays ? weight_decay : 0.0);
    parallel_blocks(values.size(), detail::block_of_values, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            kept[i] = mu * kept[i] + gradients[i] + lambda * values[i];
            values[i] -= eta * kept[i];
        }
    });
}

template <class T>
void adam::step(std::span<T> values, std::span<T const> gradients, std::span<T> kept, double learning_rate,
                std::size_t number, bool decays) const {
    double const decay = decays ? weight_decay : 0.0, n = static_cast<double>(number);
    T const b1 = static_cast<T>(beta1), b2 = static_cast<T>(beta2), eps = static_cast<T>(epsilon);
    T const rate = static_cast<T>(learning_rate / (1 - std::pow(beta1, n)));
    T const correction = static_cast<T>(1 / std::sqrt(1 - std::pow(beta2, n)));
    T const shrink = static_cast<T>(decoupled ? 1 - learning_rate * decay : 1.0),
            lambda = static_cast<T>(decoupled ? 0.0 : decay);
    std::span<T> const mean = kept.first(values.size()), square = kept.last(values.size());
    parallel_blocks(values.size(), detail::block_of_values, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            T const g = gradients[i] + lambda * values[i];
            mean[i] = b1 * mean[i] + (T(1) - b1) * g;
            square[i] = b2 * square[i] + (T(1) - b2) * g * g;
            values[i] = shrink * values[i] - rate * mean[i] / (std::sqrt(square[i]) * correction + eps);
        }
    });
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template void sgd::step<T>(std::span<T>, std::span<T const>, std::span<T>, double, std::size_t, bool) const;       \
    template void adam::step<T>(std::span<T>, std::span<T const>, std::span<T>, double, std::size_t, bool) const;
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::nn
