#pragma once

#include <cstddef>

#include "../core/config.hpp"

namespace trine::kernels {

/// Normalisation over neighbouring channels: y = x · s^−β with s = k + α/n · Σ x² over the n channels around.
struct response_norm_shape {
    std::size_t pixels, channels, neighbours;
    double alpha, beta, k;
};

/// @param x  P×C
/// @param y  P×C
template <class T>
void response_norm_forward(response_norm_shape const& s, T const* x, T* y);

/// dx = dy · s^−β − 2αβ/n · x · Σ dy·y/s over the channels that see this one. The sums are taken anew: reading them
/// would take as long.
template <class T>
void response_norm_backward(response_norm_shape const& s, T const* x, T const* y, T const* dy, T* dx);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "response_norm_impl.hpp"
#endif
