#pragma once

#include <cstddef>

#include "tensors.hpp"

namespace trine::detail {

/// Between the model's memory and the order that the tensor's shape says: the value at O×C×KH×KW place `i`.
inline std::size_t memory_place(nn::tensor_info const& info, std::size_t i) {
    if (info.layout == nn::memory_layout::plain)
        return i;
    std::size_t const taps = info.shape[2] * info.shape[3], channels = info.shape[1], outputs = info.shape[0];
    std::size_t const tap = i % taps, c = i / taps % channels, o = i / taps / channels;
    return (tap * channels + c) * outputs + o;
}

} // namespace trine::detail
