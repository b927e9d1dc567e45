#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "../core/parallel.hpp"

namespace trine::kernels {

namespace detail {

// Rows are summed in blocks, blocks in double: the partition depends on the sizes alone.
inline constexpr std::size_t norm_block = 512;

inline std::size_t norm_blocks(std::size_t rows) { return (rows + norm_block - 1) / norm_block; }

} // namespace detail

/// Scalars of scratch that the batch normalisations need.
inline std::size_t batch_norm_scratch(std::size_t rows, std::size_t channels) {
    return (2 * detail::norm_blocks(rows) + 4) * channels;
}

/// y = γ (x − mean) / √(variance + ε) + β with given statistics: one multiply-add a value.
///
/// @param x        M×C; `y` may be `x`
/// @param scratch  2·C
template <class T>
void batch_norm_apply(std::size_t rows, std::size_t channels, T const* x, T const* gamma, T const* beta, T const* mean, T const* variance,
                      T epsilon, T* y, T* scratch) {
    T* const scale = scratch;
    T* const shift = scratch + channels;
    for (std::size_t c = 0; c < channels; ++c) {
        scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
        shift[c] = beta[c] - mean[c] * scale[c];
    }
    parallel_blocks(rows, detail::norm_block, [&](std::size_t first, std::size_t last) {
        for (std::size_t r = first; r < last; ++r)
            for (std::size_t c = 0; c < channels; ++c)
                y[r * channels + c] = x[r * channels + c] * scale[c] + shift[c];
    });
}

/// Mean and (biased) variance of each channel over all rows.
///
/// Sums of x − x₀ and (x − x₀)², with x₀ the first row, so that a large common offset does not cancel the variance away.
///
/// @param x         M×C
/// @param mean      C
/// @param variance  C
template <class T>
void batch_norm_statistics(std::size_t rows, std::size_t channels, T const* x, T* mean, T* variance, T* scratch) {
    std::size_t const blocks = detail::norm_blocks(rows);
    parallel_blocks(rows, detail::norm_block, [&](std::size_t first, std::size_t last) {
        T* const sum = scratch + 2 * (first / detail::norm_block) * channels;
        T* const squares = sum + channels;
        std::fill_n(sum, 2 * channels, T(0));
        for (std::size_t r = first; r < last; ++r)
            for (std::size_t c = 0; c < channels; ++c) {
                T const d = x[r * channels + c] - x[c];
                sum[c] += d;
                squares[c] += d * d;
            }
    });
    for (std::size_t c = 0; c < channels; ++c) {
        double sum = 0, squares = 0;
        for (std::size_t b = 0; b < blocks; ++b) {
            sum += scratch[2 * b * channels + c];
            squares += scratch[(2 * b + 1) * channels + c];
        }
        double const offset = sum / static_cast<double>(rows);
        mean[c] = static_cast<T>(static_cast<double>(x[c]) + offset);
        variance[c] = static_cast<T>(std::max(0.0, squares / static_cast<double>(rows) - offset * offset));
    }
}

/// Gradients of batch normalisation in training, where mean and variance depend on the input.
///
/// With x̂ = (x − mean)/σ:  dγ = Σ dy·x̂,  dβ = Σ dy,  dx = γ/σ · (dy − dβ/M − x̂·dγ/M). Two passes over x and dy, bounded by memory.
///
/// @param dx      M×C, overwritten; may be `dy`
/// @param dgamma  C, added to
/// @param dbeta   C, added to
/// @see S. Ioffe, C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift", ICML 2015
template <class T>
void batch_norm_backward(std::size_t rows, std::size_t channels, T const* x, T const* dy, T const* gamma, T const* mean, T const* variance,
                         T epsilon, T* dx, T* dgamma, T* dbeta, T* scratch) {
    std::size_t const blocks = detail::norm_blocks(rows);
    T* const a = scratch + 2 * blocks * channels; // dx = a·dy + b·x + c
    T* const b = a + channels;
    T* const offset = b + channels;
    parallel_blocks(rows, detail::norm_block, [&](std::size_t first, std::size_t last) {
        T* const sum = scratch + 2 * (first / detail::norm_block) * channels;
        T* const product = sum + channels;
        std::fill_n(sum, 2 * channels, T(0));
        for (std::size_t r = first; r < last; ++r)
            for (std::size_t c = 0; c < channels; ++c) {
                T const d = dy[r * channels + c];
                sum[c] += d;
                product[c] += d * (x[r * channels + c] - mean[c]);
            }
    });
    for (std::size_t c = 0; c < channels; ++c) {
        double sum = 0, product = 0;
        for (std::size_t block = 0; block < blocks; ++block) {
            sum += scratch[2 * block * channels + c];
            product += scratch[(2 * block + 1) * channels + c];
        }
        double const inverse = 1.0 / std::sqrt(static_cast<double>(variance[c]) + static_cast<double>(epsilon));
        double const count = static_cast<double>(rows), scale = static_cast<double>(gamma[c]) * inverse;
        dgamma[c] += static_cast<T>(product * inverse);
        dbeta[c] += static_cast<T>(sum);
        double const slope = -scale * product * inverse * inverse / count;
        a[c] = static_cast<T>(scale);
        b[c] = static_cast<T>(slope);
        offset[c] = static_cast<T>(-scale * sum / count);
    }
    parallel_blocks(rows, detail::norm_block, [&](std::size_t first, std::size_t last) {
        for (std::size_t r = first; r < last; ++r)
            for (std::size_t c = 0; c < channels; ++c) {
                std::size_t const i = r * channels + c;
                dx[i] = a[c] * dy[i] + (b[c] * (x[i] - mean[c]) + offset[c]);
            }
    });
}

} // namespace trine::kernels
