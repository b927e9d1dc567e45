#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "../kernels/elementwise.hpp"
#include "../kernels/fused_norm.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/pooling.hpp"
#include "layer.hpp"

namespace trine::nn {

/// Batch normalisation: each channel to mean 0 and variance 1 over the batch and its pixels, then scaled and shifted by learnt γ and β.
///
/// ε is 1/OneOverEpsilon, 1e-5 unless another is said; running statistics for inference follow with momentum 0.1 and the unbiased variance, as in PyTorch.
///
/// @see S. Ioffe, C. Szegedy, ICML 2015
template <std::size_t OneOverEpsilon>
struct batch_norm_with {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr std::size_t channels = In::channels, parameters = 2 * channels, state = 2 * channels;
        static constexpr bool needs_input = true;
        static constexpr double epsilon = 1.0 / OneOverEpsilon, momentum = 0.1;
        static constexpr std::size_t tape_of(std::size_t) { return extent::round(2 * channels); }
        static constexpr kernels::norm_shape sizes(std::size_t batch) { return {batch, In::height, In::width, channels, false, false}; }
        template <class T>
        static std::size_t workspace(std::size_t batch) {
            return std::max(kernels::block_statistics_size(channels) * kernels::detail::norm_pieces(sizes(batch), sizeof(T)).count,
                            extent::round(kernels::norm_backward_scratch<T>(sizes(batch))) + batch * In::size);
        }
        template <class T>
        static std::size_t prepared() { return 2 * channels; }
        template <class T>
        static void prepare(pass<T> const& p, T* to) {
            kernels::norm_scale_shift<T>(channels, p.parameters, p.parameters + channels, p.state, p.state + channels, T(epsilon), to, to + channels);
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) { kernels::norm_forward(sizes(p.batch), x, p.prepared, p.prepared + channels, y); }

        /// Moves the running statistics towards those of a batch of so many rows, `tape`.
        template <class T>
        static void follow(T const* tape, T* kept, std::size_t rows) {
            T const unbiased = rows > 1 ? static_cast<T>(static_cast<double>(rows) / static_cast<double>(rows - 1)) : T(1);
            for (std::size_t c = 0; c < channels; ++c) {
                kept[c] += T(momentum) * (tape[c] - kept[c]);
                kept[channels + c] += T(momentum) * (tape[channels + c] * unbiased - kept[channels + c]);
            }
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
            auto const s = sizes(p.batch);
            kernels::detail::norm_pieces const pieces(s, sizeof(T));
            pieces.each(s, [&](std::size_t piece, std::size_t image, std::size_t first, std::size_t rows) {
                kernels::block_statistics(rows * In::width, channels, x + (image * In::height + first) * In::width * channels,
                                          p.workspace + piece * kernels::block_statistics_size(channels));
            });
            kernels::combine_statistics<T>(pieces.count, channels, p.workspace, tape, tape + channels);
            follow(tape, p.state, s.pixels());
            T* const scale = p.workspace;
            kernels::norm_scale_shift<T>(channels, p.parameters, p.parameters + channels, tape, tape + channels, T(epsilon), scale, scale + channels);
            kernels::norm_forward<T>(s, x, scale, scale + channels, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T* tape) {
            // The kernel turns its input into its gradient, and here the input is not ours to overwrite.
            std::size_t const size = p.batch * In::size;
            T* const z = dx && dx != dy ? dx : p.workspace + extent::round(kernels::norm_backward_scratch<T>(sizes(p.batch)));
            kernels::copy(size, x, z);
            kernels::norm_backward<T>(sizes(p.batch), z, dy, p.parameters, p.parameters + channels, tape, tape + channels, T(epsilon), p.gradients,
                                      p.gradients + channels, p.workspace);
            if (dx && z != dx)
                kernels::copy(size, static_cast<T const*>(z), dx);
        }
        static void list(inventory& all, std::string const& prefix) {
            all.add({prefix + "weight", {channels}, memory_layout::plain, initial_value::one});
            all.add({prefix + "bias", {channels}});
            all.add({prefix + "running_mean", {channels}, memory_layout::plain, initial_value::zero, 1, false});
            all.add({prefix + "running_var", {channels}, memory_layout::plain, initial_value::one, 1, false});
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "batch_norm", In::text(), parameters, 0, In::size});
        }
    };
};

using batch_norm = batch_norm_with<100000>;

/// max(x, 0), in the place of its input.
struct relu {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr bool in_place = true, keeps_gradient = false, needs_output = true;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) { kernels::relu_forward(p.batch * In::size, x, y); }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::relu_backward(p.batch * In::size, y, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) { rows.push_back({prefix, "relu", In::text(), 0, 0, 0}); }
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
        static void infer(pass<T> const& p, T const* x, T* y) { kernels::prelu_forward(p.batch * In::pixels, In::channels, x, p.parameters, y); }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T*) {
            kernels::prelu_backward(p.batch * In::pixels, In::channels, x, p.parameters, static_cast<T const*>(dy), dx, p.gradients);
        }
        static void list(inventory& all, std::string const& prefix) { all.add({prefix + "weight", {In::channels}, memory_layout::plain, initial_value::quarter}); }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) { rows.push_back({prefix, "prelu", In::text(), parameters, 0, In::size}); }
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
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::map_pairs(p.batch * In::size, y, static_cast<T const*>(dy), dx, [](T out, T d) { return out > T(0) ? d : d * T(Percent / 100.0); });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) { rows.push_back({prefix, "leaky_relu", In::text(), 0, 0, 0}); }
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
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::map_pairs(p.batch * In::size, y, static_cast<T const*>(dy), dx, [](T out, T d) { return d * out * (T(1) - out); });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) { rows.push_back({prefix, "sigmoid", In::text(), 0, 0, 0}); }
    };
};

namespace detail {

template <class Self, class In, std::size_t Kernel, std::size_t Stride>
struct pool_shapes {
    static_assert(layer_fits<Self, In, shape<In::channels, Kernel, Kernel>, (In::height >= Kernel && In::width >= Kernel)>::value);
    using output = shape<In::channels, (In::height - Kernel) / Stride + 1, (In::width - Kernel) / Stride + 1>;
    static constexpr kernels::pooling_shape sizes(std::size_t batch) { return {batch, In::height, In::width, In::channels, Kernel, Stride}; }
};

} // namespace detail

/// Largest value of every K×K window, by default side by side; what is left over at the right and bottom is dropped.
template <std::size_t Kernel, std::size_t Stride = Kernel>
struct max_pool {
    static_assert(Kernel > 0 && Stride > 0, "max_pool needs a kernel and a stride of at least 1");
    template <class In>
    struct at : plain_layer<In, typename detail::pool_shapes<max_pool, In, Kernel, Stride>::output> {
        using shapes = detail::pool_shapes<max_pool, In, Kernel, Stride>;
        static constexpr bool needs_input = true, needs_output = true;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) { kernels::max_pool_forward(shapes::sizes(p.batch), x, y); }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::max_pool_backward(shapes::sizes(p.batch), x, y, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "max_pool " + std::to_string(Kernel) + " /" + std::to_string(Stride), shapes::output::text(), 0, 0, shapes::output::size});
        }
    };
};

/// Mean of every K×K window, by default side by side; what is left over at the right and bottom is dropped.
template <std::size_t Kernel, std::size_t Stride = Kernel>
struct average_pool {
    static_assert(Kernel > 0 && Stride > 0, "average_pool needs a kernel and a stride of at least 1");
    template <class In>
    struct at : plain_layer<In, typename detail::pool_shapes<average_pool, In, Kernel, Stride>::output> {
        using shapes = detail::pool_shapes<average_pool, In, Kernel, Stride>;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) { kernels::average_pool_forward(shapes::sizes(p.batch), x, y); }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const*, T* dy, T* dx, T*) {
            if (dx)
                kernels::average_pool_backward(shapes::sizes(p.batch), static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "average_pool " + std::to_string(Kernel) + " /" + std::to_string(Stride), shapes::output::text(), 0, 0, shapes::output::size});
        }
    };
};

/// Mean of every channel over all its pixels: a vector of C values.
struct global_average_pool {
    template <class In>
    struct at : plain_layer<In, shape<In::channels>> {
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) { kernels::global_average_forward(p.batch, In::pixels, In::channels, x, y); }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
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

/// A feature map as one vector, channel by channel, so that the weights of a `linear` behind it mean what they mean elsewhere.
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
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
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

/// Every output a weighted sum of all inputs, plus a bias. Its input is a vector: put `flatten` or `global_average_pool` before it.
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
            kernels::gemm(kernels::transposed::no, kernels::transposed::yes, T(1), {x, p.batch, inputs}, {p.parameters, Out, inputs}, T(1),
                          {y, p.batch, Out});
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T*) {
            kernels::gemm(kernels::transposed::yes, kernels::transposed::no, T(1), {dy, p.batch, Out}, {x, p.batch, inputs}, T(1),
                          {p.gradients, Out, inputs});
            kernels::add_column_sums(p.batch, Out, static_cast<T const*>(dy), p.gradients + Out * inputs);
            if (dx)
                kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(1), {dy, p.batch, Out}, {p.parameters, Out, inputs}, T(0),
                              {dx, p.batch, inputs});
        }
        static void list(inventory& all, std::string const& prefix) {
            all.add({prefix + "weight", {Out, inputs}, memory_layout::plain, initial_value::he_normal, inputs, true, true});
            all.add({prefix + "bias", {Out}});
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "linear", shape<Out>::text(), parameters, multiply_adds, Out});
        }
    };
};

/// In training, sets each value to 0 with a probability of `Percent`/100 and scales the others up to keep the mean; else passes all on.
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
                random_stream stream(p.seed + (std::uint64_t{p.layer} << 40), purpose::dropout, p.step, static_cast<std::uint32_t>(n));
                for (std::size_t i = n * In::size; i < (n + 1) * In::size; ++i)
                    to[i] = stream.chance(Percent / 100.0) ? T(0) : from[i] * scale;
            });
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) { apply(p, x, y); }
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

/// A vector to length 1; the zero vector stays zero. Its input is a vector.
struct l2_normalize {
    template <class In>
    struct at : plain_layer<In, In> {
        static_assert(layer_fits<l2_normalize, In, shape<In::size>, In::pixels == 1>::value);
        static constexpr bool in_place = true, keeps_gradient = false, needs_output = true;
        static constexpr std::size_t tape_of(std::size_t batch) { return extent::round(batch); }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) { return batch; }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) { kernels::normalize_rows(p.batch, In::size, x, y, p.workspace); }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* tape) { kernels::normalize_rows(p.batch, In::size, x, y, tape); }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const* y, T* dy, T* dx, T* tape) {
            if (dx)
                kernels::normalize_rows_backward(p.batch, In::size, y, static_cast<T const*>(tape), static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "l2_normalize", In::text(), 0, 0, 0});
        }
    };
};

} // namespace trine::nn
