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

inline std::string convolution_text(std::size_t kernel, std::size_t stride, std::size_t groups, bool depthwise) {
    std::string text = "conv2d " + std::to_string(kernel) + "×" + std::to_string(kernel);
    if (stride > 1)
        text += " /" + std::to_string(stride);
    if (groups > 1)
        text += depthwise ? " depthwise" : " in " + std::to_string(groups);
    return text;
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
        static constexpr std::size_t parameters = weights + (options.bias ? Out : 0), state = 0, layers = 1;
        static constexpr std::size_t multiply_adds = output::pixels * weights;
        static constexpr bool in_place = false, keeps_gradient = true, needs_input = true, needs_output = false,
                              dx_over_x = true;

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
        static auto kernel(std::size_t batch) {
            return typename kernels::method_of<T, chosen<T>, Kernel>::type(sizes(batch));
        }
        template <class T>
        static T const* bias_of(T const* all) {
            return options.bias ? all + weights : nullptr;
        }

        static constexpr std::size_t tape_of(std::size_t) { return 0; }
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
        static void prepare(pass<T> const& p, T* to) {
            kernel<T>(1).prepare(p.parameters, to);
        }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return kernel<T>(batch).forward_scratch();
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernel<T>(p.batch).forward(x, p.prepared, bias_of(p.parameters), y, p.workspace);
        }

        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            kernel<T>(p.batch).forward_once(x, p.parameters, bias_of(p.parameters), y, p.workspace);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T*) {
            auto const k = kernel<T>(p.batch);
            k.gradient_weights(x, static_cast<T const*>(dy), p.gradients, p.workspace);
            if constexpr (options.bias)
                kernels::add_column_sums(p.batch * output::pixels, Out, static_cast<T const*>(dy),
                                         p.gradients + weights);
            if (dx)
                k.gradient_data(static_cast<T const*>(dy), p.parameters, dx, p.workspace);
        }
        static void list(inventory& all, std::string const& prefix) {
            all.add({prefix + "weight",
                     {Out, group_channels, Kernel, Kernel},
                     memory_layout::kernel_last_outputs,
                     initial_value::he_normal,
                     group_channels * Kernel * Kernel,
                     true,
                     true});
            if (options.bias)
                all.add({prefix + "bias", {Out}});
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix,
                            detail::convolution_text(Kernel, options.stride, options.groups,
                                                     options.groups == In::channels && Out == In::channels),
                            output::text(), parameters, multiply_adds, output::size});
        }
    };
};

} // namespace trine::nn
