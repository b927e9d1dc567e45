#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "../kernels/elementwise.hpp"
#include "layer.hpp"

namespace trine::nn {

/// max(x, 0), in the place of its input.
struct relu {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr bool in_place = true, keeps_gradient = false, needs_output = true;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::relu_forward(p.batch * In::size, x, y);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::relu_backward(p.batch * In::size, y, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "relu", In::text(), 0, 0, 0});
        }
    };
};

/// x where it is positive, else a share of it that is learnt for each channel, at first a quarter.
///
/// @see K. He et al., "Delving Deep into Rectifiers", ICCV 2015
struct prelu {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr std::size_t parameters = In::channels;
        // In inference it works in place; in training its input is kept.
        static constexpr bool in_place = true, keeps_gradient = false, needs_input = true;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::prelu_forward(p.batch * In::pixels, In::channels, x, p.parameters, y);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T*) {
            kernels::prelu_backward(p.batch * In::pixels, In::channels, x, p.parameters, static_cast<T const*>(dy), dx,
                                    p.gradients);
        }
        static void list(inventory& all, std::string const& prefix) {
            all.add({prefix + "weight", {In::channels}, memory_layout::plain, initial_value::quarter});
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "prelu", In::text(), parameters, 0, In::size});
        }
    };
};

/// x where it is positive, else `Percent` percent of it.
///
/// @see A. Maas, A. Hannun, A. Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", ICML 2013
template <std::size_t Percent = 1>
struct leaky_relu {
    static_assert(Percent > 0 && Percent < 100, "leaky_relu: the share that is kept lies between 0 and 100 percent");
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr bool in_place = true, keeps_gradient = false, needs_output = true; // whose sign is the input's
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::map_values(p.batch * In::size, x, y, [](T v) { return v > T(0) ? v : v * T(Percent / 100.0); });
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::map_pairs(p.batch * In::size, y, static_cast<T const*>(dy), dx,
                                   [](T out, T d) { return out > T(0) ? d : d * T(Percent / 100.0); });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "leaky_relu", In::text(), 0, 0, 0});
        }
    };
};

/// 1 / (1 + e⁻ˣ), in the place of its input.
struct sigmoid {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr bool in_place = true, keeps_gradient = false, needs_output = true;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::map_values(p.batch * In::size, x, y, [](T v) { return T(1) / (T(1) + std::exp(-v)); });
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::map_pairs(p.batch * In::size, y, static_cast<T const*>(dy), dx,
                                   [](T out, T d) { return d * out * (T(1) - out); });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "sigmoid", In::text(), 0, 0, 0});
        }
    };
};

/// eˣ over the sum of eˣ of all channels, pixel by pixel: positive shares whose sum is 1.
struct softmax {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr bool in_place = true, keeps_gradient = false, needs_output = true;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::softmax_rows(p.batch * In::pixels, In::channels, x, y);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::softmax_rows_backward(p.batch * In::pixels, In::channels, y, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "softmax", In::text(), 0, 0, 0});
        }
    };
};

} // namespace trine::nn
