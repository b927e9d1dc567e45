#pragma once

/// Gradient of weights of a depthwise convolution: every tap of every channel is one sum over the batch and its pixels.
/// Memory bounds it outside the caches, loads inside.

#include <cstddef>

#include "../core/config.hpp"
#include "convolution_shape.hpp"

namespace trine::kernels {

/// Scalars of scratch that `depthwise_gradient_weights` needs.
template <class T>
std::size_t depthwise_gradient_weights_scratch(convolution_shape const& s);

/// dw += Σ over the batch and its pixels of x·dy, channel by channel. Chunks of rows are summed separately, then added
/// in their order.
///
/// @param x   N×H×W×C
/// @param dy  N×OH×OW×C
/// @param dw  KH×KW×C, added to
template <class T>
void depthwise_gradient_weights(convolution_shape const& s, T const* x, T const* dy, T* dw, T* scratch);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "depthwise_gradient_impl.hpp"
#endif
