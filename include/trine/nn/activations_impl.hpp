#pragma once

#include <cmath>

#include "activations.hpp"
#include "elementwise_loops.hpp"

namespace trine::nn::detail {

template <class T>
void leaky_relu_forward(std::size_t size, T share, T const* x, T* y) {
    map_values(size, x, y, [=](T v) { return v > T(0) ? v : v * share; });
}
template <class T>
void leaky_relu_backward(std::size_t size, T share, T const* y, T const* dy, T* dx) {
    map_pairs(size, y, dy, dx, [=](T out, T d) { return out > T(0) ? d : d * share; });
}
template <class T>
void sigmoid_forward(std::size_t size, T const* x, T* y) {
    map_values(size, x, y, [](T v) { return T(1) / (T(1) + std::exp(-v)); });
}
template <class T>
void sigmoid_backward(std::size_t size, T const* y, T const* dy, T* dx) {
    map_pairs(size, y, dy, dx, [](T out, T d) { return d * out * (T(1) - out); });
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template void leaky_relu_forward<T>(std::size_t, T, T const*, T*);                                                 \
    template void leaky_relu_backward<T>(std::size_t, T, T const*, T const*, T*);                                      \
    template void sigmoid_forward<T>(std::size_t, T const*, T*);                                                       \
    template void sigmoid_backward<T>(std::size_t, T const*, T const*, T*);
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::nn::detail
