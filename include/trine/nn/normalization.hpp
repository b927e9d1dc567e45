#pragma once

#include <cstddef>
#include <ratio>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/fused_norm.hpp"
#include "../kernels/response_norm.hpp"
#include "layer.hpp"

namespace trine::nn {

namespace detail {

/// Moves running statistics, means then variances, towards those of a batch of so many rows.
template <class T>
void follow_statistics(std::size_t channels, std::size_t rows, T const* statistics, T* running);

// Batch normalisation, whose parameters are γ and β, whose state and tape are means and variances.
template <class T>
std::size_t batch_norm_workspace(kernels::norm_shape const& s);
template <class T>
void batch_norm_prepare(std::size_t channels, double epsilon, layer_context<T> const& context, T* to);
template <class T>
void batch_norm_forward(kernels::norm_shape const& s, double epsilon, layer_context<T> const& context, T const* x, T* y,
                        T* tape);
template <class T>
void batch_norm_backward(kernels::norm_shape const& s, double epsilon, layer_context<T> const& context, T const* x,
                         T* dy, T* dx, T const* tape);

/// y = scale · x + shift, with a scale and a shift for each column.
template <class T>
void scale_shift_rows(std::size_t rows, std::size_t cols, T const* x, T const* scales, T const* shifts, T* y);
/// y = scale · x + shift; with `shift` null, the scale alone.
template <class T>
void scale_values(std::size_t size, T scale, T const* shift, T const* x, T* y);

} // namespace detail

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
    struct at : layer_shapes<In> {
        static constexpr std::string_view name = "batch_norm";
        static constexpr std::size_t channels = In::channels, parameters = 2 * channels, state = 2 * channels;
        static constexpr bool keeps_gradient = true, needs_output = false;
        static constexpr double epsilon = 1.0 / OneOverEpsilon;
        static constexpr std::size_t tape_of(std::size_t) { return whole_lines(2 * channels); }
        static constexpr kernels::norm_shape sizes(std::size_t batch) {
            return {batch, In::height, In::width, channels, false, false};
        }
        template <class T>
        static std::size_t workspace(std::size_t batch) {
            return detail::batch_norm_workspace<T>(sizes(batch));
        }
        template <class T>
        static std::size_t prepared() {
            return 2 * channels;
        }
        template <class T>
        static void prepare(layer_context<T> const& context, T* to) {
            detail::batch_norm_prepare(channels, epsilon, context, to);
        }
        template <class T>
        static void infer(layer_context<T> const& context, T const* x, T* y) {
            kernels::norm_forward(sizes(context.batch), x, context.prepared, context.prepared + channels, y);
        }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y, T* tape) {
            detail::batch_norm_forward(sizes(context.batch), epsilon, context, x, y, tape);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const*, T* dy, T* dx, T* tape) {
            detail::batch_norm_backward<T>(sizes(context.batch), epsilon, context, x, dy, dx, tape);
        }
        static void list(inventory& all, std::string const& prefix) { detail::list_batch_norm(all, prefix, channels); }
    };
};

using batch_norm = batch_norm_with<100000>;

/// A vector to length 1; the zero vector stays zero. Its input is a vector.
struct l2_normalize {
    template <class In>
    struct at : layer_shapes<In> {
        static_assert(layer_fits<l2_normalize, In, shape<In::size>, In::pixels == 1>::value);
        static constexpr std::string_view name = "l2_normalize";
        static constexpr bool in_place = true, needs_input = false;
        static constexpr std::size_t tape_of(std::size_t batch) { return whole_lines(batch); }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return batch;
        }
        template <class T>
        static void infer(layer_context<T> const& context, T const* x, T* y) {
            kernels::normalize_rows(context.batch, In::size, x, y, context.workspace);
        }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y, T* tape) {
            kernels::normalize_rows(context.batch, In::size, x, y, tape);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const* y, T* dy, T* dx, T* tape) {
            if (dx)
                kernels::normalize_rows_backward(context.batch, In::size, y, static_cast<T const*>(tape),
                                                 static_cast<T const*>(dy), dx);
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
    struct at : layer_shapes<In> {
        static std::string name() { return std::string("local_response_norm ").append(std::to_string(Neighbours)); }
        static constexpr kernels::response_norm_shape sizes(std::size_t batch) {
            return {batch * In::pixels,
                    In::channels,
                    Neighbours,
                    static_cast<double>(Alpha::num) / Alpha::den,
                    static_cast<double>(Beta::num) / Beta::den,
                    static_cast<double>(K::num) / K::den};
        }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::response_norm_forward(sizes(context.batch), x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const* y, T const* dy, T* dx) {
            kernels::response_norm_backward(sizes(context.batch), x, y, dy, dx);
        }
    };
};

/// Each channel times a factor plus an offset, both learnt: batch normalisation's second half.
struct scale_shift {
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr std::string_view name = "scale_shift";
        static constexpr std::size_t channels = In::channels, parameters = 2 * channels;
        static constexpr bool needs_output = false, takes_null_dx = true;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            detail::scale_shift_rows(context.batch * In::pixels, channels, x, context.parameters,
                                     context.parameters + channels, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const*, T const* dy, T* dx) {
            kernels::scale_shift_backward(context.batch * In::pixels, channels, x, context.parameters, dy, dx,
                                          context.gradients, context.gradients + channels);
        }
        static void list(inventory& all, std::string const& prefix) { detail::list_scale_shift(all, prefix, channels); }
    };
};

/// Every value times a constant plus a constant, both `std::ratio`s: how a network takes another range of its input, or
/// weighs a residual.
template <class Scale, class Shift = std::ratio<0>>
struct constant_scale {
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr std::string_view name = "constant_scale";
        static constexpr bool in_place = true, needs_input = false, needs_output = false;
        template <class T>
        static constexpr T scale = static_cast<T>(static_cast<double>(Scale::num) / Scale::den);
        template <class T>
        static constexpr T shift = static_cast<T>(static_cast<double>(Shift::num) / Shift::den);
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            detail::scale_values<T>(context.batch * In::size, scale<T>, &shift<T>, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            detail::scale_values<T>(context.batch * In::size, scale<T>, nullptr, dy, dx);
        }
    };
};

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "normalization_impl.hpp"
#endif
