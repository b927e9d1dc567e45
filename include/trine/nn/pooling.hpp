#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "../kernels/elementwise.hpp"
#include "../kernels/layout.hpp"
#include "../kernels/pooling.hpp"
#include "layer.hpp"
#include "options.hpp"

namespace trine::nn {

/// The last window may be cut by the right or lower border of the padded map; without it, what is left over there is
/// dropped.
struct round_up {};
/// A mean counts the zeros of the padding as well.
struct count_padding {};

namespace detail {

struct pool_options {
    std::size_t padding = 0;
    bool round_up = false, count_padding = false;

    template <std::size_t N>
    constexpr void set(nn::padding<N>) {
        padding = N;
    }
    constexpr void set(nn::round_up) { round_up = true; }
    constexpr void set(nn::count_padding) { count_padding = true; }
};

// What poolings have in common: their options, and the shapes that follow.
template <class Self, class In, std::size_t Kernel, std::size_t Stride, class... Options>
struct pool_shapes {
    static_assert(Kernel > 0 && Stride > 0, "pooling needs a kernel and a stride of at least 1");
    static constexpr pool_options options = [] {
        pool_options o;
        (o.set(Options{}), ...);
        return o;
    }();
    static_assert(2 * options.padding <= Kernel,
                  "pooling: padding of more than half a kernel would make windows that see nothing");
    static constexpr std::size_t height = In::height + 2 * options.padding, width = In::width + 2 * options.padding;
    static_assert(
        layer_fits<Self, In, shape<In::channels, Kernel, Kernel>, (height >= Kernel && width >= Kernel)>::value);
    static constexpr kernels::pooling_shape sizes(std::size_t batch) {
        return {batch, In::height, In::width, In::channels, Kernel, Stride, options.padding, options.round_up};
    }
    using input = In;
    using output = shape<In::channels, sizes(1).out_height(), sizes(1).out_width()>;

    static std::string text(char const* name) { return pooling_text(name, Kernel, Stride, options.padding); }
};

} // namespace detail

/// Largest value of every K×K window, by default side by side.
///
/// Options: `padding<N>`, whose values are smaller than all; `round_up`.
template <std::size_t Kernel, std::size_t Stride = Kernel, class... Options>
struct max_pool {
    template <class In>
    struct at : detail::pool_shapes<max_pool, In, Kernel, Stride, Options...> {
        static_assert(!at::options.count_padding, "max_pool has no mean that could count its padding");
        static std::string name() { return at::text("max_pool"); }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::max_pool_forward(at::sizes(context.batch), x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const* y, T const* dy, T* dx) {
            kernels::max_pool_backward(at::sizes(context.batch), x, y, dy, dx);
        }
    };
};

/// Mean of every K×K window, by default side by side.
///
/// Options: `padding<N>`; `count_padding`, without which the mean is of what lies in the map; `round_up`. PyTorch
/// counts padding unless told otherwise, Keras does not.
template <std::size_t Kernel, std::size_t Stride = Kernel, class... Options>
struct average_pool {
    template <class In>
    struct at : detail::pool_shapes<average_pool, In, Kernel, Stride, Options...> {
        static constexpr bool needs_input = false, needs_output = false, counts = at::options.count_padding;
        static std::string name() { return at::text("average_pool"); }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::average_pool_forward(at::sizes(context.batch), counts, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            kernels::average_pool_backward(at::sizes(context.batch), counts, dy, dx);
        }
    };
};

/// Length of the values of every K×K window, √Σx²: between the largest value and the mean. Options: `padding<N>`,
/// `round_up`.
///
/// @see P. Sermanet, S. Chintala, Y. LeCun, "Convolutional Neural Networks Applied to House Numbers Digit
/// Classification", ICPR 2012
template <std::size_t Kernel, std::size_t Stride = Kernel, class... Options>
struct l2_pool {
    template <class In>
    struct at : detail::pool_shapes<l2_pool, In, Kernel, Stride, Options...> {
        static_assert(!at::options.count_padding, "l2_pool has no mean that could count its padding");
        static std::string name() { return at::text("l2_pool"); }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::l2_pool_forward(at::sizes(context.batch), x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const* y, T const* dy, T* dx) {
            kernels::l2_pool_backward(at::sizes(context.batch), x, y, dy, dx);
        }
    };
};

/// Mean of every channel over all its pixels: a vector of C values.
struct global_average_pool {
    template <class In>
    struct at : layer_shapes<In, shape<In::channels>> {
        static constexpr std::string_view name = "global_average_pool";
        static constexpr bool needs_input = false, needs_output = false;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::global_average_forward(context.batch, In::pixels, In::channels, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            kernels::global_average_backward(context.batch, In::pixels, In::channels, dy, dx);
        }
    };
};

/// A border of so many zeros above and at the left, and below and at the right.
template <std::size_t Before, std::size_t After = Before>
struct zero_padding {
    template <class In>
    struct at : layer_shapes<In, shape<In::channels, In::height + Before + After, In::width + Before + After>> {
        static constexpr bool needs_input = false, needs_output = false;
        static std::string name() { return "zero_padding " + std::to_string(Before); }
        static constexpr kernels::border_shape sizes(std::size_t batch) {
            return {batch, In::height, In::width, In::channels, Before, After};
        }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::add_border(sizes(context.batch), x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            kernels::cut_border(sizes(context.batch), dy, dx);
        }
    };
};

} // namespace trine::nn
