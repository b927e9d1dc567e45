#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "../core/parallel.hpp"

namespace trine::kernels {

/// Sizes of a two-dimensional convolution; stride and zero padding are the same for both axes.
struct convolution_shape {
    std::size_t batch, height, width, channels, outputs;
    std::size_t kernel_height, kernel_width, stride, padding;
    std::size_t groups = 1; ///< divides channels and outputs; output group g sees input group g alone

    constexpr std::size_t out_height() const { return (height + 2 * padding - kernel_height) / stride + 1; }
    constexpr std::size_t out_width() const { return (width + 2 * padding - kernel_width) / stride + 1; }
    constexpr std::size_t group_channels() const { return channels / groups; }
    constexpr std::size_t group_outputs() const { return outputs / groups; }
    /// Products that one output value sums.
    constexpr std::size_t depth() const { return kernel_height * kernel_width * group_channels(); }
    constexpr std::size_t weights() const { return depth() * outputs; }
    constexpr bool is_depthwise() const { return groups > 1 && groups == channels && channels == outputs; }
};

/// How a convolution is computed.
enum class convolution_algorithm {
    automatic,  ///< what the shape suggests
    direct,     ///< implicit matrix product in register tiles; any shape
    winograd_4, ///< F(4×4, 3×3) and F(2×2, 5×5): 2.25 instead of 9, or 9 instead of 25; stride 1
    depthwise,  ///< one channel at a time; groups = channels = outputs
};

constexpr std::string_view name_of(convolution_algorithm a) {
    constexpr std::string_view names[] = {"automatic", "direct", "winograd_4", "depthwise"};
    return names[static_cast<std::size_t>(a)];
}

/// Told of every block of finished output rows while it is still in cache: what normalises, activates or sums need not
/// read memory again.
///
/// Blocks depend on the sizes alone; they come in no particular order and from several threads.
template <class T>
struct row_sink {
    /// @param block   number of the block
    /// @param first   first row, counted over the whole batch (image · OH + y)
    /// @param rows    N×OW×O values follow at `values`; a block is part of one image or some whole images
    void (*take)(void* context, std::size_t block, std::size_t first, std::size_t rows, T* values) = nullptr;
    void* context = nullptr;
    /// Whether output is only for the sink and never written to y: a block then lies in scratch that is used again.
    bool only = false;

    explicit operator bool() const { return take != nullptr; }
};

/// Weights with inputs and outputs exchanged, as gradients of data read them: KH×KW×O×(last−first) from the channels
/// from `first` to before `last` of KH×KW×(C/groups)×O.
template <class T>
void exchange_sides(convolution_shape const& s, std::size_t first, std::size_t last, T const* w, T* out) {
    // In squares, so that every line that is fetched is used whole while it is there.
    constexpr std::size_t square = 16;
    std::size_t const channels = s.group_channels(), outputs = s.outputs, width = last - first,
                      squares = (width + square - 1) / square;
    parallel_for(s.kernel_height * s.kernel_width * squares, [&](std::size_t item) {
        std::size_t const tap = item / squares, start = first + item % squares * square,
                          end = std::min(start + square, last);
        for (std::size_t begin = 0; begin < outputs; begin += square)
            for (std::size_t o = begin; o < std::min(begin + square, outputs); ++o)
                for (std::size_t c = start; c < end; ++c)
                    out[(tap * outputs + o) * width + c - first] = w[(tap * channels + c) * outputs + o];
    });
}

} // namespace trine::kernels
