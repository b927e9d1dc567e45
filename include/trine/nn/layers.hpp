#pragma once

/// All layers but convolution and those that hold others.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "../kernels/elementwise.hpp"
#include "../kernels/gemm.hpp"
#include "activations.hpp"
#include "layer.hpp"
#include "normalization.hpp"
#include "pooling.hpp"

namespace trine::nn {

/// A feature map as one vector, channel by channel, so that the weights of a `linear` behind it mean what they mean
/// elsewhere.
struct flatten {
    template <class In>
    struct at : plain_layer<In, shape<In::size>> {
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            parallel_for(p.batch, [&](std::size_t n) {
                for (std::size_t i = 0; i < In::pixels; ++i)
                    for (std::size_t c = 0; c < In::channels; ++c)
                        y[n * In::size + c * In::pixels + i] = x[n * In::size + i * In::channels + c];
            });
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const*, T* dy, T* dx, T*) {
            if (!dx)
                return;
            parallel_for(p.batch, [&](std::size_t n) {
                for (std::size_t i = 0; i < In::pixels; ++i)
                    for (std::size_t c = 0; c < In::channels; ++c)
                        dx[n * In::size + i * In::channels + c] = dy[n * In::size + c * In::pixels + i];
            });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "flatten", shape<In::size>::text(), 0, 0, In::size});
        }
    };
};

/// Every output a weighted sum of all inputs, plus a bias. Its input is a vector: put `flatten` or
/// `global_average_pool` before it.
template <std::size_t Out>
struct linear {
    static_assert(Out > 0, "linear needs at least one output");
    template <class In>
    struct at : plain_layer<In, shape<Out>> {
        static_assert(layer_fits<linear, In, shape<In::size>, In::pixels == 1>::value);
        static constexpr std::size_t inputs = In::size, parameters = Out * inputs + Out, multiply_adds = Out * inputs;
        static constexpr bool needs_input = true;

        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            for (std::size_t n = 0; n < p.batch; ++n)
                std::copy_n(p.parameters + Out * inputs, Out, y + n * Out);
            kernels::gemm(kernels::transposed::no, kernels::transposed::yes, T(1), {x, p.batch, inputs},
                          {p.parameters, Out, inputs}, T(1), {y, p.batch, Out});
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T*) {
            kernels::gemm(kernels::transposed::yes, kernels::transposed::no, T(1), {dy, p.batch, Out},
                          {x, p.batch, inputs}, T(1), {p.gradients, Out, inputs});
            kernels::add_column_sums(p.batch, Out, static_cast<T const*>(dy), p.gradients + Out * inputs);
            if (dx)
                kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(1), {dy, p.batch, Out},
                              {p.parameters, Out, inputs}, T(0), {dx, p.batch, inputs});
        }
        static void list(inventory& all, std::string const& prefix) {
            all.add(
                {prefix + "weight", {Out, inputs}, memory_layout::plain, initial_value::he_normal, inputs, true, true});
            all.add({prefix + "bias", {Out}});
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "linear", shape<Out>::text(), parameters, multiply_adds, Out});
        }
    };
};

/// In training, sets each value to 0 with a probability of `Percent`/100 and scales the others up to keep the mean;
/// else passes all on.
///
/// The mask is drawn again in the backward pass from (seed, step, layer, image), so it is never stored.
///
/// @see N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15, 2014
template <std::size_t Percent = 50>
struct dropout {
    static_assert(Percent < 100, "dropout: the share to drop is below 100 percent");
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr bool in_place = true, keeps_gradient = false;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            if (x != y)
                kernels::copy(p.batch * In::size, x, y);
        }
        template <class T>
        static void apply(pass<T> const& p, T const* from, T* to) {
            T const scale = T(100) / T(100 - Percent);
            parallel_for(p.batch, [&](std::size_t n) {
                random_stream stream(p.seed + (std::uint64_t{p.layer} << 40), purpose::dropout, p.step,
                                     static_cast<std::uint32_t>(n));
                for (std::size_t i = n * In::size; i < (n + 1) * In::size; ++i)
                    to[i] = stream.chance(Percent / 100.0) ? T(0) : from[i] * scale;
            });
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            apply(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const*, T* dy, T* dx, T*) {
            if (dx)
                apply(p, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "dropout " + std::to_string(Percent) + " %", In::text(), 0, 0, 0});
        }
    };
};

} // namespace trine::nn
