#pragma once

/// Mean and covariance of the patches that a convolution multiplies with its weights. Its outputs are weighted sums of
/// them, so their means and variances follow without one being computed; and so does much of the gradient of a
/// normalisation behind it.

#include <cstddef>

#include "../core/config.hpp"
#include "convolution_shape.hpp"

namespace trine::kernels {

/// Scalars of scratch that `patch_moments` needs for all threads together.
template <class T>
std::size_t patch_moments_scratch(convolution_shape const& s, std::size_t threads);

/// Mean and (biased) covariance of the patches that a convolution of one group sees, over the whole batch.
///
/// What a vector's lane sums of a few rows is rounded to T, all else to double: what a filter takes a difference of
/// would be lost otherwise. Bounded by arithmetic: a K×K kernel of stride 1 takes some K³C² multiplications a pixel,
/// where O outputs would take K²C·O.
///
/// @param x           N×H×W×C
/// @param mean        KH·KW·C, in the order of the weights
/// @param covariance  KH·KW·C squared
/// @param scratch     of `patch_moments_scratch`, aligned to a double
template <class T>
void patch_moments(convolution_shape const& s, T const* x, double* mean, double* covariance, T* scratch);

/// Mean and (biased) variance of every output: w·mean + bias, and wᵀ·covariance·w.
///
/// @param w           K×O, K = KH·KW·C
/// @param bias        O, or null
/// @param mean        K
/// @param covariance  K×K
template <class T>
void output_statistics(std::size_t depth, std::size_t outputs, T const* w, T const* bias, double const* mean,
                       double const* covariance, T* out_mean, T* out_variance);

/// From Σ patch ⊗ g over the batch's pixels and Σ g: Σ (patch − mean) ⊗ g in its place, and Σ g·(z − its mean) of every
/// output z = w·patch + bias.
///
/// @param w         K×O
/// @param mean      K, of the patches
/// @param sums      O, Σ g
/// @param products  K×O
/// @param with_outputs  O
template <class T>
void center_patch_products(std::size_t depth, std::size_t outputs, T const* w, T const* mean, T const* sums,
                           T* products, T* with_outputs);

/// dw += Σ patch ⊗ dz over the batch's pixels, where a normalisation gives every output dz = scale·(g − its mean) +
/// slope·(z − its mean).
///
/// @param count       pixels of the batch
/// @param w           K×O
/// @param covariance  K×K, of the patches
/// @param products    K×O, of `center_patch_products`
/// @param dw          K×O, added to
template <class T>
void add_normalized_gradient(std::size_t depth, std::size_t outputs, std::size_t count, T const* w, T const* covariance,
                             T const* products, T const* scale, T const* slope, T* dw);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "patch_moments_impl.hpp"
#endif
