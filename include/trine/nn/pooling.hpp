#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "../kernels/elementwise.hpp"
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
    using output = shape<In::channels, sizes(1).out_height(), sizes(1).out_width()>;

    static std::string text(char const* name) {
        std::string t = std::string(name) + " " + std::to_string(Kernel) + " /" + std::to_string(Stride);
        if (options.padding > 0)
            t += " +" + std::to_string(options.padding);
        return t;
    }
    static void describe(char const* name, std::vector<layer_row>& rows, std::string const& prefix) {
        rows.push_back({prefix, text(name), output::text(), 0, 0, output::size});
    }
};

} // namespace detail

/// Largest value of every K×K window, by default side by side.
///
/// Options: `padding<N>`, whose values are smaller than all; `round_up`.
template <std::size_t Kernel, std::size_t Stride = Kernel, class... Options>
struct max_pool {
    template <class In>
    struct at : plain_layer<In, typename detail::pool_shapes<max_pool, In, Kernel, Stride, Options...>::output> {
        using shapes = detail::pool_shapes<max_pool, In, Kernel, Stride, Options...>;
        static_assert(!shapes::options.count_padding, "max_pool has no mean that could count its padding");
        static constexpr bool needs_input = true, needs_output = true;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::max_pool_forward(shapes::sizes(p.batch), x, y);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::max_pool_backward(shapes::sizes(p.batch), x, y, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            shapes::describe("max_pool", rows, prefix);
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
    struct at : plain_layer<In, typename detail::pool_shapes<average_pool, In, Kernel, Stride, Options...>::output> {
        using shapes = detail::pool_shapes<average_pool, In, Kernel, Stride, Options...>;
        static constexpr bool counts = shapes::options.count_padding;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::average_pool_forward(shapes::sizes(p.batch), counts, x, y);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const*, T* dy, T* dx, T*) {
            if (dx)
                kernels::average_pool_backward(shapes::sizes(p.batch), counts, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            shapes::describe("average_pool", rows, prefix);
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
    struct at : plain_layer<In, typename detail::pool_shapes<l2_pool, In, Kernel, Stride, Options...>::output> {
        using shapes = detail::pool_shapes<l2_pool, In, Kernel, Stride, Options...>;
        static_assert(!shapes::options.count_padding, "l2_pool has no mean that could count its padding");
        static constexpr bool needs_input = true, needs_output = true;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::l2_pool_forward(shapes::sizes(p.batch), x, y);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::l2_pool_backward(shapes::sizes(p.batch), x, y, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            shapes::describe("l2_pool", rows, prefix);
        }
    };
};

/// Mean of every channel over all its pixels: a vector of C values.
struct global_average_pool {
    template <class In>
    struct at : plain_layer<In, shape<In::channels>> {
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::global_average_forward(p.batch, In::pixels, In::channels, x, y);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const*, T* dy, T* dx, T*) {
            if (dx)
                kernels::global_average_backward(p.batch, In::pixels, In::channels, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "global_average_pool", shape<In::channels>::text(), 0, 0, In::channels});
        }
    };
};

/// A border of so many zeros above and at the left, and below and at the right.
template <std::size_t Before, std::size_t After = Before>
struct zero_padding {
    template <class In>
    struct at : plain_layer<In, shape<In::channels, In::height + Before + After, In::width + Before + After>> {
        using output = shape<In::channels, In::height + Before + After, In::width + Before + After>;
        static constexpr std::size_t row = In::width * In::channels;
        // Calls body(row of the inner map, the same row of the padded one) for an image.
        template <class Body>
        static void each_row(std::size_t n, Body&& body) {
            for (std::size_t y = 0; y < In::height; ++y)
                body((n * In::height + y) * row,
                     ((n * output::height + y + Before) * output::width + Before) * In::channels);
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            parallel_for(p.batch, [&](std::size_t n) {
                std::fill_n(y + n * output::size, output::size, T(0));
                each_row(n, [&](std::size_t from, std::size_t to) { std::copy_n(x + from, row, y + to); });
            });
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const*, T* dy, T* dx, T*) {
            if (dx)
                parallel_for(p.batch, [&](std::size_t n) {
                    each_row(n, [&](std::size_t to, std::size_t from) { std::copy_n(dy + from, row, dx + to); });
                });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "zero_padding " + std::to_string(Before), output::text(), 0, 0, output::size});
        }
    };
};

} // namespace trine::nn
