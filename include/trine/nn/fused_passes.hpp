#pragma once

/// The passes of a convolution and the normalisation behind it, over sizes known when they run.

#include <cstddef>

#include "../core/config.hpp"
#include "../kernels/convolution.hpp"
#include "../kernels/fused_norm.hpp"
#include "context.hpp"
#include "shape.hpp"

namespace trine::nn::detail {

/// What the passes of a fused convolution depend on besides the batch.
struct fused_plan {
    kernels::convolution_shape image; ///< of a batch of one
    bool bias, rectified, pooled;
    /// The output of a small kernel is computed faster than it is read from memory: it is not kept at all, but computed
    /// once forward and once backward, in blocks that stay in cache. What the normalisation needs to know of it
    /// beforehand follows from the patches of the input (see kernels/patch_moments.hpp).
    bool streamed;
    /// The output is left in scratch, and computed once more for the backward pass.
    bool recomputed;
    double epsilon;

    constexpr std::size_t channels() const { return image.outputs; }
    constexpr std::size_t map() const { return image.out_height() * image.out_width() * image.outputs; }
    constexpr std::size_t output() const {
        return (pooled ? (image.out_height() / 2) * (image.out_width() / 2) : image.out_height() * image.out_width()) *
               image.outputs;
    }
    constexpr std::size_t weights() const { return image.weights(); }
    constexpr std::size_t convolution_parameters() const { return weights() + (bias ? channels() : 0); }

    constexpr kernels::convolution_shape convolution(std::size_t batch) const {
        auto s = image;
        s.batch = batch;
        return s;
    }
    constexpr kernels::norm_shape norm(std::size_t batch) const {
        return {batch, image.out_height(), image.out_width(), channels(), rectified, pooled};
    }
    /// Scalars of the tape that the convolution's output takes, and of scratch.
    constexpr std::size_t kept(std::size_t batch) const {
        return streamed || recomputed ? 0 : whole_lines(batch * map());
    }
    constexpr std::size_t in_scratch(std::size_t batch) const { return recomputed ? whole_lines(batch * map()) : 0; }
    /// Values of a patch, whose means and covariances are kept.
    constexpr std::size_t depth() const { return streamed ? image.depth() : 0; }
    constexpr std::size_t tape_of(std::size_t batch) const {
        return kept(batch) + whole_lines(2 * channels()) + whole_lines(depth() * (depth() + 1));
    }
    static constexpr std::size_t most_depth = 32;
};

/// The passes by one of the convolution's methods. Parameters are weights, perhaps a bias, γ and β.
template <class T, class Method>
struct fused_passes {
    using context_type = layer_context<T>;

    static std::size_t workspace(fused_plan const& plan, std::size_t batch);
    /// The convolution and its statistics: all that the tape holds.
    static void forward_tape(fused_plan const& plan, context_type const& context, T const* x, T* tape);
    static void forward(fused_plan const& plan, context_type const& context, T const* x, T* y, T* tape);
    static void backward(fused_plan const& plan, context_type const& context, T const* x, T* dy, T* dx, T* tape);
    /// The output again, from the convolution's on the tape.
    static void restore(fused_plan const& plan, context_type const& context, T const* tape, T* y);
    /// The output again, from the input.
    static std::size_t restore_first_workspace(fused_plan const& plan, std::size_t batch);
    static void restore_first(fused_plan const& plan, context_type const& context, T const* x, T const* tape, T* y);

    /// Folded weights, then a bias for every output.
    static std::size_t prepared(fused_plan const& plan);
    static void prepare(fused_plan const& plan, context_type const& context, T* to);
    static std::size_t inference_workspace(fused_plan const& plan, std::size_t batch);
    static void infer(fused_plan const& plan, context_type const& context, T const* x, T* y);
    /// The same with a rectifier that has a slope for each channel, on rows that are in cache.
    static std::size_t sloped_inference_workspace(fused_plan const& plan, std::size_t batch);
    static void infer_sloped(fused_plan const& plan, context_type const& context, T const* x, T const* slopes, T* y);
};

} // namespace trine::nn::detail

#ifdef TRINE_HEADER_ONLY
#include "fused_passes_impl.hpp"
#endif
