#pragma once

#include <cstddef>

#include "../core/config.hpp"
#include "convolution_shape.hpp"

namespace trine::kernels {

/// An output that is computed again, block by block, rather than kept: cheaper than memory where a kernel is small.
template <class T>
struct recomputed_output {
    T const* weights = nullptr; ///< of `direct_weights`
    T const* bias = nullptr;    ///< O, or null
    row_sink<T> turn;           ///< turns a block of the output into its gradient
};

/// Blocks in which an output is computed again.
template <class T>
std::size_t recomputed_blocks(convolution_shape const& s);

/// Scalars of scratch that `direct_gradient_weights` needs for all threads together.
template <class T>
std::size_t direct_gradient_weights_scratch(convolution_shape const& s, std::size_t threads, bool recomputed = false);

/// dw += Σ over the batch and its pixels of x ⊗ dy: what the loss changes by, for a change of the weights.
///
/// Work is cut into chunks of the batch × groups × panels of outputs. Chunks are summed separately and then added in
/// their order, so the result does not depend on the number of threads. Bounded by arithmetic from some 16 channels on.
///
/// @param x   N×H×W×C
/// @param dy  N×OH×OW×O
/// @param dw  KH×KW×(C/groups)×O, added to
/// @param again  instead of dy, which is then null: the output to compute again, of one group
template <class T>
void direct_gradient_weights(convolution_shape const& s, T const* x, T const* dy, T* dw, T* scratch,
                             recomputed_output<T> const& again = {});

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "convolution_weights_impl.hpp"
#endif
