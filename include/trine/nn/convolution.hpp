#pragma once

#include "../kernels/convolution.hpp"
#include "../kernels/convolution_weights.hpp"
#include "layer.hpp"

namespace trine::nn {

/// Options of `conv2d`, in any order.
template <std::size_t N>
struct stride {};
template <std::size_t N>
struct padding {};
struct with_bias {};

namespace detail {

struct conv_options {
    std::size_t stride = 1, padding = 0;
    bool bias = false;
    template <std::size_t N>
    constexpr conv_options with(nn::stride<N>) const { return {N, padding, bias}; }
    template <std::size_t N>
    constexpr conv_options with(nn::padding<N>) const { return {stride, N, bias}; }
    constexpr conv_options with(with_bias) const { return {stride, padding, true}; }
};

template <std::size_t Kernel, class... Options>
constexpr conv_options read_options() {
    conv_options o{1, Kernel / 2, false};
    ((o = o.with(Options{})), ...);
    return o;
}

} // namespace detail

/// Two-dimensional convolution with `Out` square kernels, by default with stride 1, padding that keeps the size of an odd kernel's
/// input, and no bias (batch normalisation, which nearly always follows, has one).
///
/// Options: `stride<N>`, `padding<N>`, `with_bias`. Weights start as He et al. say for rectifiers: normal, variance 2/(C·K²).
///
/// @see K. He et al., "Delving Deep into Rectifiers", ICCV 2015
template <std::size_t Out, std::size_t Kernel, class... Options>
struct conv2d {
    static constexpr detail::conv_options options = detail::read_options<Kernel, Options...>();
    static_assert(Out > 0 && Kernel > 0 && options.stride > 0, "conv2d needs outputs, a kernel and a stride of at least 1");
    static_assert(options.padding < Kernel, "conv2d: padding as large as the kernel would make outputs of zeros alone");

    template <class In>
    struct at {
        static constexpr std::size_t padded_height = In::height + 2 * options.padding, padded_width = In::width + 2 * options.padding;
        static_assert(layer_fits<conv2d, In, shape<In::channels, Kernel, Kernel>, (padded_height >= Kernel && padded_width >= Kernel)>::value);
        using input = In;
        using output = shape<Out, (padded_height - Kernel) / options.stride + 1, (padded_width - Kernel) / options.stride + 1>;
        static constexpr std::size_t weights = Out * In::channels * Kernel * Kernel;
        static constexpr std::size_t parameters = weights + (options.bias ? Out : 0), state = 0, layers = 1;
        static constexpr std::size_t multiply_adds = output::pixels * weights;
        static constexpr bool in_place = false, needs_input = true, needs_output = false;

        static constexpr std::size_t tape_of(std::size_t) { return 0; }
        static constexpr kernels::convolution_shape sizes(std::size_t batch) {
            return {batch, In::height, In::width, In::channels, Out, Kernel, Kernel, options.stride, options.padding};
        }
        template <class T>
        static std::size_t workspace(std::size_t batch) {
            auto const s = sizes(batch);
            return std::max({kernels::convolution_forward_scratch<T>(s, thread_count()),
                             kernels::convolution_gradient_data_scratch<T>(s, thread_count()),
                             kernels::convolution_gradient_weights_scratch<T>(s, thread_count())});
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            kernels::convolution_forward(sizes(p.batch), x, p.parameters, options.bias ? p.parameters + weights : nullptr, y, p.workspace);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T*) {
            kernels::convolution_gradient_weights(sizes(p.batch), x, static_cast<T const*>(dy), p.gradients, p.workspace);
            if constexpr (options.bias) {
                T* const db = p.gradients + weights;
                for (std::size_t i = 0; i < p.batch * output::pixels; ++i)
                    for (std::size_t o = 0; o < Out; ++o)
                        db[o] += dy[i * Out + o];
            }
            if (dx)
                kernels::convolution_gradient_data(sizes(p.batch), static_cast<T const*>(dy), p.parameters, dx, p.workspace);
        }
        static void list(inventory& all, std::string const& prefix) {
            all.add({prefix + "weight", {Out, In::channels, Kernel, Kernel}, memory_layout::kernel_last_outputs, initial_value::he_normal,
                     In::channels * Kernel * Kernel, true, true});
            if (options.bias)
                all.add({prefix + "bias", {Out}});
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            std::string text = "conv2d " + std::to_string(Kernel) + "×" + std::to_string(Kernel);
            if (options.stride > 1)
                text += " /" + std::to_string(options.stride);
            rows.push_back({prefix, text, output::text(), parameters, multiply_adds, output::size});
        }
    };
};

} // namespace trine::nn
