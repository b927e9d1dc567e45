#pragma once

/// What follows a convolution in one pass over memory: batch normalisation, rectifier and 2×2 maximum, and their
/// gradients together.
///
/// z is the convolution's output (N×H×W×C), scale and shift are γ/σ and β − mean·γ/σ, and the block computes
/// pool(max(z·scale + shift, 0)). Only z is kept for the backward pass: what was positive and which pixel was largest
/// follows from it again, and its gradient is written over it. Memory bounds all of it.

#include <algorithm>
#include <cstddef>

#include "../core/config.hpp"
#include "../core/parallel.hpp"

namespace trine::kernels {

/// Sizes of such a block.
struct norm_shape {
    std::size_t batch, height, width, channels;
    bool rectified = true; ///< whether a rectifier follows
    bool pooled = false; ///< whether the largest of each 2×2 window is taken; what is left over at the right and bottom
                         ///< is dropped

    constexpr std::size_t rows() const { return batch * height; }
    constexpr std::size_t pixels() const { return batch * height * width; }
    constexpr std::size_t out_height() const { return pooled ? height / 2 : height; }
    constexpr std::size_t out_width() const { return pooled ? width / 2 : width; }
};

namespace detail {

// Pairs of rows (or rows, without pooling) in pieces that depend on the sizes alone: calls body(piece, image, first
// row, rows) in parallel.
struct norm_pieces {
    std::size_t rows_each, per_image, count;

    explicit norm_pieces(norm_shape const& s, std::size_t scalar_size) {
        std::size_t const row_bytes = s.width * s.channels * scalar_size;
        rows_each = std::clamp<std::size_t>(128 * 1024 / row_bytes / 2 * 2, 2, (s.height + 1) / 2 * 2);
        per_image = (s.height + rows_each - 1) / rows_each;
        count = s.batch * per_image;
    }
    template <class Body>
    void each(norm_shape const& s, Body&& body) const {
        parallel_for(count, [&](std::size_t piece) {
            std::size_t const first = piece % per_image * rows_each;
            body(piece, piece / per_image, first, std::min(rows_each, s.height - first));
        });
    }
};

} // namespace detail

/// Scalars that `block_statistics` writes.
constexpr std::size_t block_statistics_size(std::size_t channels) { return 3 * channels + 1; }

/// Sums over one block of rows, relative to the block's first pixel: shift, Σ (z − shift), Σ (z − shift)², C each; then
/// the number of pixels.
template <class T>
void block_statistics(std::size_t pixels, std::size_t channels, T const* z, T* out);

/// Mean and (biased) variance of all blocks together, in the blocks' order. Relative to each block's own first pixel,
/// so that a large common offset does not cancel the variance away.
///
/// @param blocks  of `block_statistics`, one behind the other
/// @see T. Chan, G. Golub, R. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances",
/// COMPSTAT 1982
template <class T>
void combine_statistics(std::size_t count, std::size_t channels, T const* blocks, T* mean, T* variance);

/// scale = γ/√(variance + ε), shift = β − mean·scale.
template <class T>
void norm_scale_shift(std::size_t channels, T const* gamma, T const* beta, T const* mean, T const* variance, T epsilon,
                      T* scale, T* shift);

/// y = pool(max(z·scale + shift, 0)) of some rows of an image that lie at z; y is where their output goes. `y` may be
/// `z` without pooling.
template <class T>
void norm_rows(norm_shape const& s, std::size_t rows, T const* z, T const* scale, T const* shift, T* y);

/// The same over a whole batch.
///
/// @param z  N×H×W×C
/// @param y  N×OH×OW×C
template <class T>
void norm_forward(norm_shape const& s, T const* z, T const* scale, T const* shift, T* y);

/// What the backward pass needs to know of every channel, C scalars each.
template <class T>
struct norm_gradient {
    T const *scale, *shift; ///< the normalisation is z·scale + shift
    T const* mean;
    T *slope, *offset; ///< with g the gradient that reaches it, dz = scale·g + slope·(z − mean) + offset
};

/// Adds Σ g and Σ g·(z − mean) of some rows of an image to `sums`, C each.
///
/// @param dy  gradient of these rows' output
template <class T>
void norm_gradient_sums(norm_shape const& s, std::size_t rows, T* z, T const* dy, norm_gradient<T> const& n, T* sums);

/// Turns z of some rows of an image into g, what reaches the normalisation of their output's gradient, and adds it to
/// `sums`, C.
template <class T>
void norm_gradient_route(norm_shape const& s, std::size_t rows, T* z, T const* dy, T const* scale, T const* shift,
                         T* sums);

/// From the sums of all pieces, in their order: dγ, dβ (added to), slope and offset.
///
/// @param pieces  2·C scalars each
template <class T>
void norm_gradient_finish(norm_shape const& s, std::size_t count, T const* pieces, T const* gamma, T const* variance,
                          T epsilon, norm_gradient<T> const& n, T* dgamma, T* dbeta);

/// Turns z of some rows of an image into dz.
template <class T>
void norm_gradient_apply(norm_shape const& s, std::size_t rows, T* z, T const* dy, norm_gradient<T> const& n);

/// Scalars of scratch that `norm_backward` needs.
template <class T>
std::size_t norm_backward_scratch(norm_shape const& s);

/// Gradients of the block in training, where mean and variance depend on z.
///
/// With g the gradient that reaches the normalisation (dy, sent to the largest pixel, where that is positive) and ẑ =
/// (z − mean)/σ: dγ = Σ g·ẑ,  dβ = Σ g,  dz = γ/σ · (g − dβ/M − ẑ·dγ/M). Two passes over z and dy.
///
/// @param z       N×H×W×C; becomes dz
/// @param dy      N×OH×OW×C
/// @param dgamma  C, added to
/// @param dbeta   C, added to
/// @see S. Ioffe, C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
/// Shift", ICML 2015
template <class T>
void norm_backward(norm_shape const& s, T* z, T const* dy, T const* gamma, T const* beta, T const* mean,
                   T const* variance, T epsilon, T* dgamma, T* dbeta, T* scratch);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "fused_norm_impl.hpp"
#endif
