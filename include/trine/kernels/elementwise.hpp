#pragma once

#include <cstddef>

#include "../core/config.hpp"
#include "../core/parallel.hpp"

namespace trine::kernels {

/// Values a work item takes: enough to outweigh its start, few enough to stay in cache.
inline constexpr std::size_t elementwise_block = 16384;

/// y = f(x), value by value. `y` may be `x`.
template <class T, class F>
void map_values(std::size_t size, T const* x, T* y, F&& f) {
    parallel_blocks(size, elementwise_block, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            y[i] = f(x[i]);
    });
}

/// z = f(x, y), value by value. `z` may be either.
template <class T, class F>
void map_pairs(std::size_t size, T const* x, T const* y, T* z, F&& f) {
    parallel_blocks(size, elementwise_block, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            z[i] = f(x[i], y[i]);
    });
}

/// y = max(x, 0); NaN stays NaN. `y` may be `x`.
template <class T>
void relu_forward(std::size_t size, T const* x, T* y);

/// dx = dy where the output was positive, else 0. `dx` may be `dy`.
template <class T>
void relu_backward(std::size_t size, T const* y, T const* dy, T* dx);

/// As `prelu_forward`, by the calling thread alone.
template <class T>
void prelu_rows(std::size_t rows, std::size_t cols, T const* x, T const* slopes, T* y);

/// y = x where x is positive, else slope · x, with a slope for each column; NaN stays NaN. `y` may be `x`. Memory
/// bounds it.
///
/// @param x       rows×cols
/// @param slopes  cols
template <class T>
void prelu_forward(std::size_t rows, std::size_t cols, T const* x, T const* slopes, T* y);

/// Gradients of `prelu_forward`: dx (where not null; it may be `dy`), and dslopes += Σ dy·x over rows where x is not
/// positive. Sums are taken separately in blocks of rows, in columns side by side, then added in the order of the
/// blocks.
template <class T>
void prelu_backward(std::size_t rows, std::size_t cols, T const* x, T const* slopes, T const* dy, T* dx, T* dslopes);

/// y = x.
template <class T>
void copy(std::size_t size, T const* x, T* y);

/// y += x.
template <class T>
void add(std::size_t size, T const* x, T* y);

/// sums += the sum of every column. Blocks of rows are summed separately, in columns side by side, then added in their
/// order.
///
/// @param x     rows×cols
/// @param sums  cols
template <class T>
void add_column_sums(std::size_t rows, std::size_t cols, T const* x, T* sums);

/// Rows to unit length, however short or long; a row of zeros stays one. `y` may be `x`.
///
/// @param norms  N, the rows' lengths before
template <class T>
void normalize_rows(std::size_t rows, std::size_t cols, T const* x, T* y, T* norms);

/// Gradient of `normalize_rows`: dx = (dy − y (y·dy)) / ‖x‖; 0 for a row that was zero, or so short (1e-38 in float)
/// that one over its length is no scalar. `dx` may be `dy`.
template <class T>
void normalize_rows_backward(std::size_t rows, std::size_t cols, T const* y, T const* norms, T const* dy, T* dx);

/// exp(x) / Σ exp(x), row by row. `y` may be `x`.
template <class T>
void softmax_rows(std::size_t rows, std::size_t cols, T const* x, T* y);

/// Gradient of `softmax_rows`: dx = y (dy − y·dy). `dx` may be `dy`.
template <class T>
void softmax_rows_backward(std::size_t rows, std::size_t cols, T const* y, T const* dy, T* dx);

/// dscales += Σ dy·x and dshifts += Σ dy over all rows, column by column, and dx = scale · dy (where not null; it may
/// be `dy`).
template <class T>
void scale_shift_backward(std::size_t rows, std::size_t cols, T const* x, T const* scales, T const* dy, T* dx,
                          T* dscales, T* dshifts);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "elementwise_impl.hpp"
#endif
