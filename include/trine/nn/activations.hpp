#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>

#include "../core/config.hpp"
#include "../kernels/elementwise.hpp"
#include "layer.hpp"

namespace trine::nn {

namespace detail {

/// x where it is positive, else a share of it. `y` may be `x`.
template <class T>
void leaky_relu_forward(std::size_t size, T share, T const* x, T* y);
template <class T>
void leaky_relu_backward(std::size_t size, T share, T const* y, T const* dy, T* dx);
template <class T>
void sigmoid_forward(std::size_t size, T const* x, T* y);
template <class T>
void sigmoid_backward(std::size_t size, T const* y, T const* dy, T* dx);

} // namespace detail

/// max(x, 0), in the place of its input.
struct relu {
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr std::string_view name = "relu";
        static constexpr bool in_place = true, needs_input = false;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::relu_forward(context.batch * In::size, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const* y, T const* dy, T* dx) {
            kernels::relu_backward(context.batch * In::size, y, dy, dx);
        }
    };
};

/// x where it is positive, else a share of it that is learnt for each channel, at first a quarter.
///
/// @see K. He et al., "Delving Deep into Rectifiers", ICCV 2015
struct prelu {
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr std::string_view name = "prelu";
        static constexpr std::size_t parameters = In::channels;
        // In inference it works in place; in training its input is kept.
        static constexpr bool in_place = true, needs_output = false, takes_null_dx = true;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::prelu_forward(context.batch * In::pixels, In::channels, x, context.parameters, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const*, T const* dy, T* dx) {
            kernels::prelu_backward(context.batch * In::pixels, In::channels, x, context.parameters, dy, dx,
                                    context.gradients);
        }
        static void list(inventory& all, std::string const& prefix) { detail::list_slopes(all, prefix, In::channels); }
    };
};

/// x where it is positive, else `Percent` percent of it.
///
/// @see A. Maas, A. Hannun, A. Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", ICML 2013
template <std::size_t Percent = 1>
struct leaky_relu {
    static_assert(Percent > 0 && Percent < 100, "leaky_relu: the share that is kept lies between 0 and 100 percent");
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr std::string_view name = "leaky_relu";
        static constexpr bool in_place = true, needs_input = false; // the output's sign is the input's
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            detail::leaky_relu_forward(context.batch * In::size, T(Percent / 100.0), x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const* y, T const* dy, T* dx) {
            detail::leaky_relu_backward(context.batch * In::size, T(Percent / 100.0), y, dy, dx);
        }
    };
};

/// 1 / (1 + e⁻ˣ), in the place of its input.
struct sigmoid {
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr std::string_view name = "sigmoid";
        static constexpr bool in_place = true, needs_input = false;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            detail::sigmoid_forward(context.batch * In::size, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const* y, T const* dy, T* dx) {
            detail::sigmoid_backward(context.batch * In::size, y, dy, dx);
        }
    };
};

/// eˣ over the sum of eˣ of all channels, pixel by pixel: positive shares whose sum is 1.
struct softmax {
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr std::string_view name = "softmax";
        static constexpr bool in_place = true, needs_input = false;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::softmax_rows(context.batch * In::pixels, In::channels, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const* y, T const* dy, T* dx) {
            kernels::softmax_rows_backward(context.batch * In::pixels, In::channels, y, dy, dx);
        }
    };
};

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "activations_impl.hpp"
#endif
