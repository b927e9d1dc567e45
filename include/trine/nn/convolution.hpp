#pragma once

#include <algorithm>
#include <string>

#include "../kernels/convolution.hpp"
#include "../kernels/elementwise.hpp"
#include "layer.hpp"
#include "options.hpp"

namespace trine::nn {

/// How the convolution is computed, where the choice is not to be left to the shape.
template <kernels::convolution_algorithm A>
struct algorithm {};

namespace detail {

struct conv_options {
    std::size_t stride = 1, padding = 0, groups = 1;
    bool bias = false, recompute = false;
    kernels::convolution_algorithm algorithm = kernels::convolution_algorithm::automatic;

    template <std::size_t N>
    constexpr void set(nn::stride<N>) {
        stride = N;
    }
    template <std::size_t N>
    constexpr void set(nn::padding<N>) {
        padding = N;
    }
    template <std::size_t N>
    constexpr void set(nn::groups<N>) {
        groups = N;
    }
    template <kernels::convolution_algorithm A>
    constexpr void set(nn::algorithm<A>) {
        algorithm = A;
    }
    constexpr void set(with_bias) { bias = true; }
    constexpr void set(nn::recompute) { recompute = true; }
};

template <std::size_t Kernel, class... Options>
constexpr conv_options read_options() {
    conv_options o;
    o.padding = Kernel / 2;
    (o.set(Options{}), ...);
    return o;
}

} // namespace detail

/// Two-dimensional convolution with `Out` square kernels, by default with stride 1, padding that keeps the size of an
/// odd kernel's input, and no bias (batch normalisation, which nearly always follows, has one).
///
/// Options: `stride<N>`, `padding<N>`, `groups<N>`, `with_bias`, `algorithm<A>`, `recompute`. Weights start as He et
/// al. say for rectifiers: normal, variance 2/(C/groups·K²).
///
/// @see K. He et al., "Delving Deep into Rectifiers", ICCV 2015
template <std::size_t Out, std::size_t Kernel, class... Options>
struct conv2d {
    static constexpr detail::conv_options options = detail::read_options<Kernel, Options...>();
    static_assert(Out > 0 && Kernel > 0 && options.stride > 0,
                  "conv2d needs outputs, a kernel and a stride of at least 1");
    static_assert(options.padding < Kernel, "conv2d: padding as large as the kernel would make outputs of zeros alone");

    template <class In>
    struct at {
        static constexpr std::size_t padded_height = In::height + 2 * options.padding,
                                     padded_width = In::width + 2 * options.padding;
        static_assert(layer_fits<conv2d, In, shape<In::channels, Kernel, Kernel>,
                                 (padded_height >= Kernel && padded_width >= Kernel)>::value);
        using input = In;
        using output =
            shape<Out, (padded_height - Kernel) / options.stride + 1, (padded_width - Kernel) / options.stride + 1>;
        static_assert(In::channels % options.groups == 0 && Out % options.groups == 0,
                      "conv2d: the number of groups divides input and output channels");
        static constexpr std::size_t group_channels = In::channels / options.groups,
                                     weights = Out * group_channels * Kernel * Kernel;
        static constexpr std::size_t parameters = weights + (options.bias ? Out : 0);
        static constexpr std::size_t multiply_adds = output::pixels * weights;
        static constexpr bool keeps_gradient = true, needs_output = false, dx_over_x = true;

        static constexpr kernels::convolution_shape sizes(std::size_t batch) {
            return {batch,  In::height, In::width,      In::channels,    Out,
                    Kernel, Kernel,     options.stride, options.padding, options.groups};
        }
        static_assert(kernels::fits(options.algorithm, sizes(1)),
                      "conv2d: this algorithm does not fit the kernel, stride or groups; `automatic` fits all");
        template <class T>
        static constexpr auto chosen = options.algorithm == kernels::convolution_algorithm::automatic
                                           ? kernels::choose_algorithm<T>(sizes(1))
                                           : options.algorithm;
        template <class T>
        using method = typename kernels::method_of<T, chosen<T>, Kernel>::type;
        template <class T>
        static method<T> kernel(std::size_t batch) {
            return method<T>(sizes(batch));
        }
        template <class T>
        static T const* bias_of(T const* all) {
            return options.bias ? all + weights : nullptr;
        }

        template <class T>
        static std::size_t workspace(std::size_t batch) {
            auto const k = kernel<T>(batch);
            return std::max({k.forward_once_scratch(), k.gradient_data_scratch(), k.gradient_weights_scratch()});
        }
        template <class T>
        static std::size_t prepared() {
            return kernel<T>(1).weights_size();
        }
        template <class T>
        static void prepare(layer_context<T> const& context, T* to) {
            kernel<T>(1).prepare(context.parameters, to);
        }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return kernel<T>(batch).forward_scratch();
        }
        template <class T>
        static void infer(layer_context<T> const& context, T const* x, T* y) {
            kernel<T>(context.batch).forward(x, context.prepared, bias_of(context.parameters), y, context.workspace);
        }

        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y, T*) {
            kernel<T>(context.batch)
                .forward_once(x, context.parameters, bias_of(context.parameters), y, context.workspace);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const*, T* dy, T* dx, T*) {
            auto const k = kernel<T>(context.batch);
            k.gradient_weights(x, static_cast<T const*>(dy), context.gradients, context.workspace);
            if constexpr (options.bias)
                kernels::add_column_sums(context.batch * output::pixels, Out, static_cast<T const*>(dy),
                                         context.gradients + weights);
            if (dx)
                k.gradient_data(static_cast<T const*>(dy), context.parameters, dx, context.workspace);
        }
        static void list(inventory& all, std::string const& prefix) {
            detail::list_convolution(all, prefix, Out, group_channels, Kernel, options.bias);
        }
        static std::string name() {
            return detail::convolution_text(Kernel, options.stride, options.groups,
                                            options.groups == In::channels && Out == In::channels);
        }
    };
};

} // namespace trine::nn
