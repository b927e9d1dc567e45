#pragma once

#include <cstddef>

namespace trine::nn {

/// Options of `conv2d` and of poolings, in any order.
template <std::size_t N>
struct stride {};
template <std::size_t N>
struct padding {};
/// Output group g sees input group g alone; as many groups as channels make a depthwise convolution.
template <std::size_t N>
struct groups {};
struct with_bias {};
/// Training does not keep the output of a convolution with `batch_norm` behind it, but computes it again for the
/// backward pass: less memory, more time. See `recomputed` for whole blocks.
struct recompute {};

} // namespace trine::nn
