#pragma once

#include <algorithm>

#include "elementwise_loops.hpp"
#include "normalization.hpp"

namespace trine::nn::detail {

template <class T>
void follow_statistics(std::size_t channels, std::size_t rows, T const* statistics, T* running) {
    constexpr double momentum = 0.1;
    T const unbiased = rows > 1 ? static_cast<T>(static_cast<double>(rows) / static_cast<double>(rows - 1)) : T(1);
    for (std::size_t c = 0; c < channels; ++c) {
        running[c] += T(momentum) * (statistics[c] - running[c]);
        running[channels + c] += T(momentum) * (statistics[channels + c] * unbiased - running[channels + c]);
    }
}

template <class T>
std::size_t batch_norm_workspace(kernels::norm_shape const& s) {
    return std::max(kernels::block_statistics_size(s.channels) * kernels::detail::norm_pieces(s, sizeof(T)).count,
                    whole_lines(kernels::norm_backward_scratch<T>(s)) + s.pixels() * s.channels);
}

template <class T>
void batch_norm_prepare(std::size_t channels, double epsilon, layer_context<T> const& context, T* to) {
    kernels::norm_scale_shift<T>(channels, context.parameters, context.parameters + channels, context.state,
                                 context.state + channels, T(epsilon), to, to + channels);
}

template <class T>
void batch_norm_forward(kernels::norm_shape const& s, double epsilon, layer_context<T> const& context, T const* x, T* y,
                        T* tape) {
    std::size_t const channels = s.channels;
    kernels::detail::norm_pieces const pieces(s, sizeof(T));
    pieces.each(s, [&](std::size_t piece, std::size_t image, std::size_t first, std::size_t rows) {
        kernels::block_statistics(rows * s.width, channels, x + (image * s.height + first) * s.width * channels,
                                  context.workspace + piece * kernels::block_statistics_size(channels));
    });
    kernels::combine_statistics<T>(pieces.count, channels, context.workspace, tape, tape + channels);
    if (!context.recomputing)
        follow_statistics<T>(channels, s.pixels(), tape, context.state);
    T* const scale = context.workspace;
    kernels::norm_scale_shift<T>(channels, context.parameters, context.parameters + channels, tape, tape + channels,
                                 T(epsilon), scale, scale + channels);
    kernels::norm_forward<T>(s, x, scale, scale + channels, y);
}

template <class T>
void batch_norm_backward(kernels::norm_shape const& s, double epsilon, layer_context<T> const& context, T const* x,
                         T* dy, T* dx, T const* tape) {
    // The kernel turns its input into its gradient, and here the input is not ours to overwrite.
    std::size_t const channels = s.channels, size = s.pixels() * channels;
    T* const z = dx && dx != dy ? dx : context.workspace + whole_lines(kernels::norm_backward_scratch<T>(s));
    kernels::copy(size, x, z);
    kernels::norm_backward<T>(s, z, dy, context.parameters, context.parameters + channels, tape, tape + channels,
                              T(epsilon), context.gradients, context.gradients + channels, context.workspace);
    if (dx && z != dx)
        kernels::copy(size, static_cast<T const*>(z), dx);
}

template <class T>
void scale_shift_rows(std::size_t rows, std::size_t cols, T const* x, T const* scales, T const* shifts, T* y) {
    parallel_blocks(rows, std::max<std::size_t>(1, block_of_values / cols), [&](std::size_t first, std::size_t last) {
        for (std::size_t r = first; r < last; ++r)
            for (std::size_t c = 0; c < cols; ++c)
                y[r * cols + c] = x[r * cols + c] * scales[c] + shifts[c];
    });
}

template <class T>
void scale_values(std::size_t size, T scale, T const* shift, T const* x, T* y) {
    if (shift)
        map_values(size, x, y, [scale, offset = *shift](T v) { return v * scale + offset; });
    else
        map_values(size, x, y, [scale](T v) { return v * scale; });
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template void follow_statistics<T>(std::size_t, std::size_t, T const*, T*);                                        \
    template std::size_t batch_norm_workspace<T>(kernels::norm_shape const&);                                          \
    template void batch_norm_prepare<T>(std::size_t, double, layer_context<T> const&, T*);                             \
    template void batch_norm_forward<T>(kernels::norm_shape const&, double, layer_context<T> const&, T const*, T*,     \
                                        T*);                                                                           \
    template void batch_norm_backward<T>(kernels::norm_shape const&, double, layer_context<T> const&, T const*, T*,    \
                                         T*, T const*);                                                                \
    template void scale_shift_rows<T>(std::size_t, std::size_t, T const*, T const*, T const*, T*);                     \
    template void scale_values<T>(std::size_t, T, T const*, T const*, T*);
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::nn::detail
