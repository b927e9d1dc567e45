#pragma once

/// Depthwise convolution, and its gradient of data: every channel with a kernel of its own. Channels-last, so vectors
/// run over channels.
///
/// Outside the caches memory bounds all of it: nine multiply-adds a value do not outweigh reading and writing it once.
/// Inside them loads would, were every tap to load its own; so tiles of two rows share what they load, and arithmetic
/// bounds it.

#include <cstddef>

#include "../core/config.hpp"
#include "convolution_shape.hpp"

namespace trine::kernels {

/// Most output rows that `depthwise_forward` finishes at a time.
template <class T>
std::size_t depthwise_rows_per_block(convolution_shape const& s);

/// y = x ∗ w + bias, channel by channel.
///
/// @param x     N×H×W×C
/// @param w     KH×KW×C
/// @param bias  C, or null
/// @param y     N×OH×OW×C; may be null when the sink takes all
template <class T>
void depthwise_forward(convolution_shape const& s, T const* x, T const* w, T const* bias, T* y, T* scratch,
                       row_sink<T> const& sink = {});

/// dx = dy ∗ᵀ w, channel by channel.
///
/// @param dy       N×OH×OW×C
/// @param w        KH×KW×C
/// @param dx       N×H×W×C, overwritten
/// @param scratch  KH·KW·C
template <class T>
void depthwise_gradient_data(convolution_shape const& s, T const* dy, T const* w, T* dx, T* scratch);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "depthwise_impl.hpp"
#endif
