#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "../kernels/layout.hpp"
#include "layer.hpp"

namespace trine::nn {

namespace detail {

/// y = x · wᵀ + bias; the parameters are `outputs`×`inputs` weights, then a bias for each output.
template <class T>
void linear_forward(std::size_t inputs, std::size_t outputs, layer_context<T> const& context, T const* x, T* y);
template <class T>
void linear_backward(std::size_t inputs, std::size_t outputs, layer_context<T> const& context, T const* x, T const* dy,
                     T* dx);

/// The same in inference, from weights that were packed once. An image's values do not depend on how many others there
/// are, as a BLAS's products of many rows and of few do.
template <class T>
std::size_t linear_prepared_size(std::size_t inputs, std::size_t outputs);
template <class T>
void prepare_linear(std::size_t inputs, std::size_t outputs, T const* parameters, T* to);
template <class T>
void infer_linear(std::size_t inputs, std::size_t outputs, layer_context<T> const& context, T const* x, T* y);

} // namespace detail

/// A feature map as one vector, channel by channel, so that the weights of a `linear` behind it mean what they mean
/// elsewhere.
struct flatten {
    template <class In>
    struct at : layer_shapes<In, shape<In::size>> {
        static constexpr std::string_view name = "flatten";
        static constexpr bool needs_input = false, needs_output = false;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::to_channels_first(context.batch, In::channels, In::pixels, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            kernels::to_channels_last(context.batch, In::channels, In::pixels, dy, dx);
        }
    };
};

/// Every output a weighted sum of all inputs, plus a bias. Its input is a vector: put `flatten` or
/// `global_average_pool` before it.
template <std::size_t Out>
struct linear {
    static_assert(Out > 0, "linear needs at least one output");
    template <class In>
    struct at : layer_shapes<In, shape<Out>> {
        static_assert(layer_fits<linear, In, shape<In::size>, In::pixels == 1>::value);
        static constexpr std::string_view name = "linear";
        static constexpr std::size_t inputs = In::size, parameters = Out * inputs + Out, multiply_adds = Out * inputs;
        static constexpr bool needs_output = false, takes_null_dx = true;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            detail::linear_forward(inputs, Out, context, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const*, T const* dy, T* dx) {
            detail::linear_backward(inputs, Out, context, x, dy, dx);
        }
        template <class T>
        static std::size_t prepared() {
            return detail::linear_prepared_size<T>(inputs, Out);
        }
        template <class T>
        static void prepare(layer_context<T> const& context, T* to) {
            detail::prepare_linear(inputs, Out, context.parameters, to);
        }
        template <class T>
        static void infer(layer_context<T> const& context, T const* x, T* y) {
            detail::infer_linear(inputs, Out, context, x, y);
        }
        static void list(inventory& all, std::string const& prefix) { detail::list_linear(all, prefix, Out, inputs); }
    };
};

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "linear_impl.hpp"
#endif
