#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ratio>
#include <string>
#include <vector>

#include "../kernels/elementwise.hpp"
#include "../kernels/fused_norm.hpp"
#include "../kernels/response_norm.hpp"
#include "layer.hpp"

namespace trine::nn {

/// Batch normalisation: each channel to mean 0 and variance 1 over the batch and its pixels, then scaled and shifted by
/// learnt γ and β.
///
/// ε is 1/OneOverEpsilon, 1e-5 unless another is said; running statistics for inference follow with momentum 0.1 and
/// the unbiased variance, as in PyTorch.
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
        static constexpr kernels::norm_shape sizes(std::size_t batch) {
            return {batch, In::height, In::width, channels, false, false};
        }
        template <class T>
        static std::size_t workspace(std::size_t batch) {
            return std::max(kernels::block_statistics_size(channels) *
                                kernels::detail::norm_pieces(sizes(batch), sizeof(T)).count,
                            extent::round(kernels::norm_backward_scratch<T>(sizes(batch))) + batch * In::size);
        }
        template <class T>
        static std::size_t prepared() {
            return 2 * channels;
        }
        template <class T>
        static void prepare(pass<T> const& p, T* to) {
            kernels::norm_scale_shift<T>(channels, p.parameters, p.parameters + channels, p.state, p.state + channels,
                                         T(epsilon), to, to + channels);
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::norm_forward(sizes(p.batch), x, p.prepared, p.prepared + channels, y);
        }

        /// Moves the running statistics towards those of a batch of so many rows, `tape`.
        template <class T>
        static void follow(T const* tape, T* kept, std::size_t rows) {
            T const unbiased =
                rows > 1 ? static_cast<T>(static_cast<double>(rows) / static_cast<double>(rows - 1)) : T(1);
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
                kernels::block_statistics(rows * In::width, channels,
                                          x + (image * In::height + first) * In::width * channels,
                                          p.workspace + piece * kernels::block_statistics_size(channels));
            });
            kernels::combine_statistics<T>(pieces.count, channels, p.workspace, tape, tape + channels);
            if (!p.again)
                follow(tape, p.state, s.pixels());
            T* const scale = p.workspace;
            kernels::norm_scale_shift<T>(channels, p.parameters, p.parameters + channels, tape, tape + channels,
                                         T(epsilon), scale, scale + channels);
            kernels::norm_forward<T>(s, x, scale, scale + channels, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T* tape) {
            // The kernel turns its input into its gradient, and here the input is not ours to overwrite.
            std::size_t const size = p.batch * In::size;
            T* const z =
                dx && dx != dy ? dx : p.workspace + extent::round(kernels::norm_backward_scratch<T>(sizes(p.batch)));
            kernels::copy(size, x, z);
            kernels::norm_backward<T>(sizes(p.batch), z, dy, p.parameters, p.parameters + channels, tape,
                                      tape + channels, T(epsilon), p.gradients, p.gradients + channels, p.workspace);
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

/// A vector to length 1; the zero vector stays zero. Its input is a vector.
struct l2_normalize {
    template <class In>
    struct at : plain_layer<In, In> {
        static_assert(layer_fits<l2_normalize, In, shape<In::size>, In::pixels == 1>::value);
        static constexpr bool in_place = true, keeps_gradient = false, needs_output = true;
        static constexpr std::size_t tape_of(std::size_t batch) { return extent::round(batch); }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return batch;
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::normalize_rows(p.batch, In::size, x, y, p.workspace);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
            kernels::normalize_rows(p.batch, In::size, x, y, tape);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const* y, T* dy, T* dx, T* tape) {
            if (dx)
                kernels::normalize_rows_backward(p.batch, In::size, y, static_cast<T const*>(tape),
                                                 static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "l2_normalize", In::text(), 0, 0, 0});
        }
    };
};

/// Divides each value by (k + α/n · Σ x²)^β, the sum running over the n channels around it at the same pixel. α, β and
/// k are `std::ratio`s.
///
/// The mean of squares, not their sum, is multiplied with α, as in Torch, PyTorch and Caffe.
///
/// @see A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS
/// 2012
template <std::size_t Neighbours = 5, class Alpha = std::ratio<1, 10000>, class Beta = std::ratio<3, 4>,
          class K = std::ratio<1>>
struct local_response_norm {
    static_assert(Neighbours > 0, "local_response_norm needs at least one channel to look at");
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr bool needs_input = true, needs_output = true;
        static constexpr kernels::response_norm_shape sizes(std::size_t batch) {
            return {batch * In::pixels,
                    In::channels,
                    Neighbours,
                    static_cast<double>(Alpha::num) / Alpha::den,
                    static_cast<double>(Beta::num) / Beta::den,
                    static_cast<double>(K::num) / K::den};
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::response_norm_forward(sizes(p.batch), x, y);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T*) {
            if (dx)
                kernels::response_norm_backward(sizes(p.batch), x, y, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "local_response_norm " + std::to_string(Neighbours), In::text(), 0, 0, In::size});
        }
    };
};

/// Each channel times a factor plus an offset, both learnt: batch normalisation's second half.
struct scale_shift {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr std::size_t channels = In::channels, parameters = 2 * channels;
        static constexpr bool keeps_gradient = false, needs_input = true;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            T const *const scale = p.parameters, *const shift = p.parameters + channels;
            parallel_blocks(p.batch * In::pixels, std::max<std::size_t>(1, kernels::elementwise_block / channels),
                            [&](std::size_t first, std::size_t last) {
                                for (std::size_t r = first; r < last; ++r)
                                    for (std::size_t c = 0; c < channels; ++c)
                                        y[r * channels + c] = x[r * channels + c] * scale[c] + shift[c];
                            });
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T*) {
            kernels::scale_shift_backward(p.batch * In::pixels, channels, x, p.parameters, static_cast<T const*>(dy),
                                          dx, p.gradients, p.gradients + channels);
        }
        static void list(inventory& all, std::string const& prefix) {
            all.add({prefix + "weight", {channels}, memory_layout::plain, initial_value::one});
            all.add({prefix + "bias", {channels}});
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "scale_shift", In::text(), parameters, 0, In::size});
        }
    };
};

/// Every value times a constant plus a constant, both `std::ratio`s: how a network takes another range of its input, or
/// weighs a residual.
template <class Scale, class Shift = std::ratio<0>>
struct constant_scale {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr bool in_place = true, keeps_gradient = false;
        template <class T>
        static constexpr T scale = static_cast<T>(static_cast<double>(Scale::num) / Scale::den);
        template <class T>
        static constexpr T shift = static_cast<T>(static_cast<double>(Shift::num) / Shift::den);
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::map_values(p.batch * In::size, x, y, [](T v) { return v * scale<T> + shift<T>; });
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const*, T* dy, T* dx, T*) {
            if (dx)
                kernels::map_values(p.batch * In::size, static_cast<T const*>(dy), dx,
                                    [](T d) { return d * scale<T>; });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "constant_scale", In::text(), 0, 0, 0});
        }
    };
};

} // namespace trine::nn
