#pragma once

/// Convolution of channels-last images as an implicit matrix product: forward and gradient of data, for any shape.
///
/// Activations are N×H×W×C, weights KH×KW×(C/groups)×O. Padded rows are copied into a strip that stays in cache, where
/// the window of an output pixel is one contiguous run of KW·C scalars for each of its KH rows; nothing the size of an
/// im2col matrix is ever written.

#include <cstddef>

#include "../core/config.hpp"
#include "convolution_shape.hpp"

namespace trine::kernels {

/// Scalars of `direct_weights`.
template <class T>
std::size_t direct_weights_size(convolution_shape const& s);

/// Packs weights for `direct_forward`: for each group, panels of outputs.
///
/// @param w  KH×KW×(C/groups)×O
template <class T>
void direct_weights(convolution_shape const& s, T const* w, T* out);

/// Most output rows that `direct_forward` finishes at a time.
template <class T>
std::size_t direct_rows_per_block(convolution_shape const& s);

/// Scalars of scratch that `direct_forward` needs for all threads together.
template <class T>
std::size_t direct_forward_scratch(convolution_shape const& s, std::size_t threads, bool sink_only);

/// y = x ∗ w + bias.
///
/// Bounded by arithmetic from some 16 input channels on; below that by the loads and stores of the output.
///
/// @param x        N×H×W×C
/// @param weights  of `direct_weights`
/// @param bias     O, or null
/// @param y        N×OH×OW×O; may be null when the sink takes all
template <class T>
void direct_forward(convolution_shape const& s, T const* x, T const* weights, T const* bias, T* y, T* scratch,
                    row_sink<T> const& sink = {});

/// Scalars of scratch that `direct_gradient_data` needs for all threads together.
template <class T>
std::size_t direct_gradient_data_scratch(convolution_shape const& s, std::size_t threads);

/// dx = dy ∗ᵀ w: what the loss changes by, for a change of the input.
///
/// A stride s splits the image into s² phases whose pixels meet the same taps; each is a convolution of stride 1 with a
/// part of the flipped kernel, so no product with an inserted zero is ever computed.
///
/// @param dy  N×OH×OW×O
/// @param w   KH×KW×(C/groups)×O
/// @param dx  N×H×W×C, overwritten
template <class T>
void direct_gradient_data(convolution_shape const& s, T const* dy, T const* w, T* dx, T* scratch);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "direct_convolution_impl.hpp"
#endif
