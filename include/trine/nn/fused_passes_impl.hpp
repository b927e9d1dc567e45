#pragma once

#include <algorithm>
#include <array>

#include "../core/buffer.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/patch_moments.hpp"
#include "fused_passes.hpp"
#include "normalization.hpp"

namespace trine::nn::detail {

/// Where the rows of finished blocks go: normalised, rectified and pooled.
template <class T>
struct fused_target {
    fused_plan const& plan;
    T* y;
    T const *scale, *shift;

    static void take(void* context, std::size_t, std::size_t first, std::size_t rows, T* values);
};
/// A block is whole images or a part of one; body(image, row in it, rows, values) is called for each.
template <class T, class Body>
void each_image(fused_plan const& plan, std::size_t first, std::size_t rows, T* values, Body&& body) {
    std::size_t const height = plan.image.out_height(), row_size = plan.image.out_width() * plan.channels();
    while (rows > 0) {
        std::size_t const row = first % height, count = std::min(rows, height - row);
        body(first / height, row, count, values);
        first += count, rows -= count, values += count * row_size;
    }
}
/// Where a row of an image begins in the output.
inline std::size_t output_row(fused_plan const& plan, std::size_t image, std::size_t row) {
    auto const s = plan.norm(1);
    return (image * s.out_height() + (plan.pooled ? row / 2 : row)) * s.out_width() * s.channels;
}

template <class T>
void fused_target<T>::take(void* context, std::size_t, std::size_t first, std::size_t rows, T* values) {
    auto const& t = *static_cast<fused_target*>(context);
    auto const s = t.plan.norm(1);
    each_image(t.plan, first, rows, values, [&](std::size_t image, std::size_t row, std::size_t count, T* from) {
        kernels::norm_rows<T>(s, count, from, t.scale, t.shift, t.y + output_row(t.plan, image, row));
    });
}

/// The same for their gradient: what reaches the normalisation, and its sums, or the block turned into its gradient.
template <class T>
struct fused_gradient {
    fused_plan const& plan;
    T const* dy;
    kernels::norm_gradient<T> norm;
    T* sums; // of each block

    static void route(void* context, std::size_t block, std::size_t first, std::size_t rows, T* values) {
        auto const& g = *static_cast<fused_gradient*>(context);
        auto const s = g.plan.norm(1);
        T* const to = g.sums + block * s.channels;
        std::fill_n(to, s.channels, T(0));
        each_image(g.plan, first, rows, values, [&](std::size_t image, std::size_t row, std::size_t count, T* z) {
            kernels::norm_gradient_route(s, count, z, g.dy + output_row(g.plan, image, row), g.norm.scale, g.norm.shift,
                                         to);
        });
    }
    static void finish(void* context, std::size_t, std::size_t first, std::size_t rows, T* values) {
        auto const& g = *static_cast<fused_gradient*>(context);
        auto const s = g.plan.norm(1);
        each_image(g.plan, first, rows, values, [&](std::size_t image, std::size_t row, std::size_t count, T* z) {
            kernels::norm_gradient_apply(s, count, z, g.dy + output_row(g.plan, image, row), g.norm);
        });
    }
};

template <class T>
T const* bias_of(fused_plan const& plan, T const* parameters) {
    return plan.bias ? parameters + plan.weights() : nullptr;
}
/// Of what one block of the convolution's output has to say of its channels.
struct block_measures {
    std::size_t width, channels;
    void* sums;

    template <class T>
    static void measure(void* context, std::size_t block, std::size_t, std::size_t rows, T* values) {
        auto const& m = *static_cast<block_measures*>(context);
        kernels::block_statistics<T>(rows * m.width, m.channels, values,
                                     static_cast<T*>(m.sums) + block * kernels::block_statistics_size(m.channels));
    }
};
template <class Method>
std::size_t block_sums_size(fused_plan const& plan, Method const& method) {
    return whole_lines(kernels::block_statistics_size(plan.channels()) * method.blocks());
}
/// Scale and shift of the normalisation, from the statistics on the tape.
template <class T>
buffer<T> scale_and_shift(fused_plan const& plan, layer_context<T> const& context, T const* tape) {
    std::size_t const channels = plan.channels();
    T const *const statistics = tape + plan.kept(context.batch), *const gamma =
                                                                     context.parameters + plan.convolution_parameters();
    buffer<T> both(2 * channels);
    kernels::norm_scale_shift<T>(channels, gamma, gamma + channels, statistics, statistics + channels, T(plan.epsilon),
                                 both.data(), both.data() + channels);
    return both;
}
template <class T>
T* map_at(fused_plan const& plan, layer_context<T> const& context, T* tape) {
    return plan.recomputed ? context.workspace : tape;
}
/// Whether a method can do all that follows in inference itself.
template <class T, class Method>
inline constexpr bool rectifies = requires(Method const& k, T* y) {
    k.forward_rectified(y, y, y, true, y, y);
};
/// Whether a method can compute an output again, block by block, in the pass that sums its gradient of weights.
template <class Method>
inline constexpr bool streams = requires(Method const& k) {
    k.recomputed_gradient_scratch();
};

template <class T, class Method>
std::size_t fused_passes<T, Method>::workspace(fused_plan const& plan, std::size_t batch) {
    Method const k(plan.convolution(batch));
    if constexpr (streams<Method>)
        if (plan.streamed) {
            Method const one(plan.image);
            std::size_t const dx =
                whole_lines(plan.map()) + whole_lines(one.forward_scratch()) + one.gradient_data_scratch();
            std::size_t const backward =
                whole_lines(kernels::recomputed_blocks<T>(plan.convolution(batch)) * plan.channels()) +
                whole_lines(plan.weights()) + std::max(k.recomputed_gradient_scratch(), dx);
            return std::max(kernels::patch_moments_scratch<T>(plan.convolution(batch), thread_count()),
                            whole_lines(k.weights_size()) + std::max(k.forward_scratch(true), backward));
        }
    return plan.in_scratch(batch) +
           std::max({block_sums_size(plan, k) + k.forward_once_scratch(), k.gradient_data_scratch(),
                     k.gradient_weights_scratch(), kernels::norm_backward_scratch<T>(plan.norm(batch))});
}

template <class T, class Method>
void fused_passes<T, Method>::forward_tape(fused_plan const& plan, context_type const& context, T const* x, T* tape) {
    std::size_t const batch = context.batch, channels = plan.channels();
    T* const statistics = tape + plan.kept(batch);
    T const* const bias = bias_of(plan, context.parameters);
    if (plan.streamed) {
        std::size_t const depth = plan.depth();
        std::array<double, fused_plan::most_depth> mean;
        std::array<double, fused_plan::most_depth * fused_plan::most_depth> covariance;
        kernels::patch_moments(plan.convolution(batch), x, mean.data(), covariance.data(), context.workspace);
        kernels::output_statistics(depth, channels, context.parameters, bias, mean.data(), covariance.data(),
                                   statistics, statistics + channels);
        T* const moments = statistics + whole_lines(2 * channels);
        std::copy_n(mean.data(), depth, moments);
        std::copy_n(covariance.data(), depth * depth, moments + depth);
    } else {
        Method const k(plan.convolution(batch));
        T* const sums = context.workspace + plan.in_scratch(batch);
        block_measures to{plan.image.out_width(), channels, sums};
        k.forward_once(x, context.parameters, bias, map_at(plan, context, tape), sums + block_sums_size(plan, k),
                       {&block_measures::measure<T>, &to});
        kernels::combine_statistics<T>(k.blocks(), channels, sums, statistics, statistics + channels);
    }
    if (!context.recomputing)
        follow_statistics<T>(channels, plan.norm(batch).pixels(), statistics, context.state);
}

template <class T>
void fused_output_of(fused_plan const& plan, layer_context<T> const& context, T const* z, T const* tape, T* y) {
    auto const scale = scale_and_shift<T>(plan, context, tape);
    kernels::norm_forward<T>(plan.norm(context.batch), z, scale.data(), scale.data() + plan.channels(), y);
}

template <class T, class Method>
void fused_passes<T, Method>::forward(fused_plan const& plan, context_type const& context, T const* x, T* y, T* tape) {
    forward_tape(plan, context, x, tape);
    if (!plan.streamed) {
        fused_output_of<T>(plan, context, map_at(plan, context, tape), tape, y);
        return;
    }
    Method const k(plan.convolution(context.batch));
    auto const scale = scale_and_shift<T>(plan, context, tape);
    fused_target<T> to{plan, y, scale.data(), scale.data() + plan.channels()};
    k.prepare(context.parameters, context.workspace);
    k.forward(x, context.workspace, bias_of(plan, context.parameters), nullptr,
              context.workspace + whole_lines(k.weights_size()), {&fused_target<T>::take, &to, true});
}

template <class T, class Method>
void fused_passes<T, Method>::restore(fused_plan const& plan, context_type const& context, T const* tape, T* y) {
    fused_output_of<T>(plan, context, tape, tape, y);
}
template <class T, class Method>
std::size_t fused_passes<T, Method>::restore_first_workspace(fused_plan const& plan, std::size_t batch) {
    return Method(plan.convolution(batch)).forward_once_scratch();
}
template <class T, class Method>
void fused_passes<T, Method>::restore_first(fused_plan const& plan, context_type const& context, T const* x,
                                            T const* tape, T* y) {
    auto const scale = scale_and_shift<T>(plan, context, tape);
    fused_target<T> to{plan, y, scale.data(), scale.data() + plan.channels()};
    Method(plan.convolution(context.batch))
        .forward_once(x, context.parameters, bias_of(plan, context.parameters), y, context.workspace,
                      {&fused_target<T>::take, &to});
}

/// The backward pass of an output that is not kept, block by block.
template <class T, class Method>
void streamed_backward(fused_plan const& plan, layer_context<T> const& context, T const* x, T const* dy, T* dx,
                       T const* tape) {
    std::size_t const batch = context.batch, channels = plan.channels(), depth = plan.depth();
    auto const sizes = plan.convolution(batch);
    Method const k(sizes);
    T const *const statistics = tape + plan.kept(batch), *const weights = context.parameters,
                   *const bias = bias_of(plan, weights), *const gamma = weights + plan.convolution_parameters(),
                   *const patch_mean = statistics + whole_lines(2 * channels), *const covariance = patch_mean + depth;
    T* const dgamma = context.gradients + plan.convolution_parameters();
    std::size_t const blocks = kernels::recomputed_blocks<T>(sizes);
    T* const block_sums = context.workspace + whole_lines(k.weights_size()); // Σ g of each
    T* const products = block_sums + whole_lines(blocks * channels);         // Σ patch ⊗ g
    T* const rest = products + whole_lines(plan.weights());
    auto const scale = scale_and_shift<T>(plan, context, tape);
    buffer<T> slopes(2 * channels), sums(2 * channels); // slopes and offsets; Σ g and Σ g·(z − mean)
    fused_gradient<T> source{
        plan,
        dy,
        {scale.data(), scale.data() + channels, statistics, slopes.data(), slopes.data() + channels},
        block_sums};
    k.prepare(weights, context.workspace);
    std::fill_n(products, plan.weights(), T(0));
    kernels::direct_gradient_weights<T>(sizes, x, nullptr, products, rest,
                                        {context.workspace, bias, {&fused_gradient<T>::route, &source}});
    kernels::add_column_sums<T>(blocks, channels, block_sums, sums.data());
    kernels::center_patch_products<T>(depth, channels, weights, patch_mean, sums.data(), products,
                                      sums.data() + channels);
    kernels::norm_gradient_finish<T>(plan.norm(batch), 1, sums.data(), gamma, statistics + channels, T(plan.epsilon),
                                     source.norm, dgamma, dgamma + channels);
    kernels::add_normalized_gradient<T>(depth, channels, plan.norm(batch).pixels(), weights, covariance, products,
                                        scale.data(), slopes.data(), context.gradients);
    // A normalisation takes any common offset away again, so a bias before it has no gradient.
    if (!dx)
        return;
    // Rarely wanted of a first layer: image by image, so that it needs no more memory.
    Method const one(plan.image);
    std::size_t const size = plan.image.height * plan.image.width * plan.image.channels;
    T* const inner = rest + whole_lines(plan.map());
    for (std::size_t n = 0; n < batch; ++n) {
        one.forward(x + n * size, context.workspace, bias, rest, inner);
        fused_gradient<T>::finish(&source, 0, n * plan.image.out_height(), plan.image.out_height(), rest);
        one.gradient_data(rest, weights, dx + n * size, inner + whole_lines(one.forward_scratch()));
    }
}

template <class T, class Method>
void fused_passes<T, Method>::backward(fused_plan const& plan, context_type const& context, T const* x, T* dy, T* dx,
                                       T* tape) {
    if constexpr (streams<Method>)
        if (plan.streamed)
            return streamed_backward<T, Method>(plan, context, x, dy, dx, tape);
    std::size_t const batch = context.batch, channels = plan.channels();
    T const *const statistics = tape + plan.kept(batch), *const weights = context.parameters,
                   *const gamma = weights + plan.convolution_parameters();
    T *const dgamma = context.gradients + plan.convolution_parameters(), *const z = map_at(plan, context, tape),
             *const scratch = context.workspace + plan.in_scratch(batch);
    Method const k(plan.convolution(batch));
    if (plan.recomputed)
        k.forward_once(x, weights, bias_of(plan, weights), z, scratch);
    kernels::norm_backward<T>(plan.norm(batch), z, dy, gamma, gamma + channels, statistics, statistics + channels,
                              T(plan.epsilon), dgamma, dgamma + channels, scratch);
    k.gradient_weights(x, static_cast<T const*>(z), context.gradients, scratch);
    if (plan.bias)
        kernels::add_column_sums(plan.norm(batch).pixels(), channels, static_cast<T const*>(z),
                                 context.gradients + plan.weights());
    if (dx)
        k.gradient_data(static_cast<T const*>(z), weights, dx, scratch);
}

template <class T, class Method>
std::size_t fused_passes<T, Method>::prepared(fused_plan const& plan) {
    return whole_lines(Method(plan.image).weights_size()) + plan.channels();
}
template <class T, class Method>
void fused_passes<T, Method>::prepare(fused_plan const& plan, context_type const& context, T* to) {
    std::size_t const channels = plan.channels();
    buffer<T> folded(plan.weights()), scale(channels), shift(channels);
    T const* const gamma = context.parameters + plan.convolution_parameters();
    kernels::norm_scale_shift<T>(channels, gamma, gamma + channels, context.state, context.state + channels,
                                 T(plan.epsilon), scale.data(), shift.data());
    for (std::size_t i = 0; i < plan.weights(); i += channels)
        for (std::size_t c = 0; c < channels; ++c)
            folded[i + c] = context.parameters[i + c] * scale[c];
    Method const k(plan.image);
    k.prepare(folded.data(), to);
    T const* const bias = bias_of(plan, context.parameters);
    T* const biases = to + whole_lines(k.weights_size());
    for (std::size_t c = 0; c < channels; ++c)
        biases[c] = shift[c] + (bias ? bias[c] * scale[c] : T(0));
}
template <class T, class Method>
std::size_t fused_passes<T, Method>::inference_workspace(fused_plan const& plan, std::size_t batch) {
    Method const k(plan.convolution(batch));
    return whole_lines(2 * plan.channels()) + k.forward_scratch(plan.pooled && !rectifies<T, Method>);
}
template <class T, class Method>
void fused_passes<T, Method>::infer(fused_plan const& plan, context_type const& context, T const* x, T* y) {
    std::size_t const channels = plan.channels();
    Method const k(plan.convolution(context.batch));
    T const* const bias = context.prepared + whole_lines(Method(plan.image).weights_size());
    T* const scratch = context.workspace + whole_lines(2 * channels);
    if (!plan.rectified && !plan.pooled) {
        k.forward(x, context.prepared, bias, y, scratch);
    } else if constexpr (rectifies<T, Method>) {
        k.forward_rectified(x, context.prepared, bias, plan.pooled, y, scratch);
    } else {
        std::fill_n(context.workspace, channels, T(1));
        std::fill_n(context.workspace + channels, channels, T(0));
        fused_target<T> to{plan, y, context.workspace, context.workspace + channels};
        k.forward(x, context.prepared, bias, plan.pooled ? nullptr : y, scratch,
                  {&fused_target<T>::take, &to, plan.pooled});
    }
}

template <class T>
struct sloped_rows {
    std::size_t width, channels;
    T const* slopes;

    static void rectify(void* context, std::size_t, std::size_t, std::size_t rows, T* values) {
        auto const& s = *static_cast<sloped_rows*>(context);
        kernels::prelu_rows<T>(rows * s.width, s.channels, values, s.slopes, values);
    }
};
template <class T, class Method>
std::size_t fused_passes<T, Method>::sloped_inference_workspace(fused_plan const& plan, std::size_t batch) {
    return Method(plan.convolution(batch)).forward_scratch();
}
template <class T, class Method>
void fused_passes<T, Method>::infer_sloped(fused_plan const& plan, context_type const& context, T const* x,
                                           T const* slopes, T* y) {
    sloped_rows<T> to{plan.image.out_width(), plan.channels(), slopes};
    Method const k(plan.convolution(context.batch));
    k.forward(x, context.prepared, context.prepared + whole_lines(Method(plan.image).weights_size()), y,
              context.workspace, {&sloped_rows<T>::rectify, &to, false});
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template struct fused_passes<T, kernels::method_of<T, kernels::convolution_algorithm::direct, 1>::type>;           \
    template struct fused_passes<T, kernels::method_of<T, kernels::convolution_algorithm::depthwise, 1>::type>;        \
    template struct fused_passes<T, kernels::method_of<T, kernels::convolution_algorithm::winograd_4, 3>::type>;       \
    template struct fused_passes<T, kernels::method_of<T, kernels::convolution_algorithm::winograd_4, 5>::type>;
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::nn::detail
