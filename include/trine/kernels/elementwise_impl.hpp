#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include "../core/parallel.hpp"
#include "simd.hpp"
#include "elementwise.hpp"

namespace trine::kernels {

template <class T>
void relu_forward(std::size_t size, T const* x, T* y) {
    map_values(size, x, y, [](T v) { return v < T(0) ? T(0) : v; });
}

template <class T>
void relu_backward(std::size_t size, T const* y, T const* dy, T* dx) {
    map_pairs(size, y, dy, dx, [](T out, T d) { return out > T(0) ? d : T(0); });
}

template <class T>
void prelu_rows(std::size_t rows, std::size_t cols, T const* x, T const* slopes, T* y) {
    using V = simd<T>;
    V const zero(T(0));
    std::size_t const whole = cols / V::size * V::size;
    for (std::size_t r = 0; r < rows; ++r, x += cols, y += cols) {
        for (std::size_t c = 0; c < whole; c += V::size) {
            V const v = V::load_unaligned(x + c);
            select(v > zero, v, v * V::load_unaligned(slopes + c)).store_unaligned(y + c);
        }
        for (std::size_t c = whole; c < cols; ++c)
            y[c] = x[c] > T(0) ? x[c] : x[c] * slopes[c];
    }
}

template <class T>
void prelu_forward(std::size_t rows, std::size_t cols, T const* x, T const* slopes, T* y) {
    parallel_blocks(rows, std::max<std::size_t>(1, elementwise_block / cols), [&](std::size_t first, std::size_t last) {
        prelu_rows(last - first, cols, x + first * cols, slopes, y + first * cols);
    });
}

template <class T>
void prelu_backward(std::size_t rows, std::size_t cols, T const* x, T const* slopes, T const* dy, T* dx, T* dslopes) {
    constexpr std::size_t block = 64;
    parallel_blocks(cols, block, [&](std::size_t first, std::size_t last) {
        for (std::size_t start = 0; start < rows; start += 4096) {
            T part[block] = {};
            for (std::size_t r = start, end = std::min(start + 4096, rows); r < end; ++r)
                for (std::size_t c = first; c < last; ++c) {
                    T const v = x[r * cols + c], d = dy[r * cols + c];
                    bool const passes = v > T(0);
                    part[c - first] += passes ? T(0) : d * v;
                    if (dx)
                        dx[r * cols + c] = passes ? d : d * slopes[c];
                }
            for (std::size_t c = first; c < last; ++c)
                dslopes[c] += part[c - first];
        }
    });
}

template <class T>
void copy(std::size_t size, T const* x, T* y) {
    parallel_blocks(size, elementwise_block,
                    [&](std::size_t first, std::size_t last) { std::copy(x + first, x + last, y + first); });
}

template <class T>
void add(std::size_t size, T const* x, T* y) {
    parallel_blocks(size, elementwise_block, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            y[i] += x[i];
    });
}

template <class T>
void add_column_sums(std::size_t rows, std::size_t cols, T const* x, T* sums) {
    constexpr std::size_t block = 64;
    parallel_blocks(cols, block, [&](std::size_t first, std::size_t last) {
        for (std::size_t start = 0; start < rows; start += 4096) {
            T part[block] = {};
            for (std::size_t r = start, end = std::min(start + 4096, rows); r < end; ++r)
                for (std::size_t c = first; c < last; ++c)
                    part[c - first] += x[r * cols + c];
            for (std::size_t c = first; c < last; ++c)
                sums[c] += part[c - first];
        }
    });
}

// Rows below it are normalised with more care: their squares lose digits, or one over their length is no scalar.
template <class T>
constexpr double smallest_norm = std::max(2.0 / static_cast<double>(std::numeric_limits<T>::max()), 1e-140);

// A row relative to its largest value; its length is returned. What is NaN or infinite makes all of the row NaN.
template <class T>
[[gnu::noinline]] T normalize_extreme_row(std::size_t cols, T const* x, T* y) {
    double largest = 0, squares = 0;
    for (std::size_t c = 0; c < cols; ++c)
        if (double const v = std::abs(static_cast<double>(x[c])); v > largest || v != v)
            largest = v;
    if (largest == 0 || !(largest <= std::numeric_limits<double>::max())) {
        std::fill_n(y, cols, largest == 0 ? T(0) : std::numeric_limits<T>::quiet_NaN());
        return static_cast<T>(largest);
    }
    for (std::size_t c = 0; c < cols; ++c)
        squares += static_cast<double>(x[c]) / largest * (static_cast<double>(x[c]) / largest);
    double const length = std::sqrt(squares);
    for (std::size_t c = 0; c < cols; ++c)
        y[c] = static_cast<T>(static_cast<double>(x[c]) / largest / length);
    return static_cast<T>(largest * length);
}

template <class T>
void normalize_rows(std::size_t rows, std::size_t cols, T const* x, T* y, T* norms) {
    parallel_blocks(rows, 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t r = first; r < last; ++r) {
            double squares = 0;
            for (std::size_t c = 0; c < cols; ++c)
                squares += static_cast<double>(x[r * cols + c]) * static_cast<double>(x[r * cols + c]);
            double const norm = std::sqrt(squares);
            // Squares that are too small or too large for a double, or an inverse that is for T.
            if (!(norm > smallest_norm<T> && norm < 1e150)) [[unlikely]] {
                norms[r] = normalize_extreme_row(cols, x + r * cols, y + r * cols);
                continue;
            }
            norms[r] = static_cast<T>(norm);
            T const scale = static_cast<T>(1 / norm);
            for (std::size_t c = 0; c < cols; ++c)
                y[r * cols + c] = x[r * cols + c] * scale;
        }
    });
}

template <class T>
void normalize_rows_backward(std::size_t rows, std::size_t cols, T const* y, T const* norms, T const* dy, T* dx) {
    parallel_blocks(rows, 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t r = first; r < last; ++r) {
            double dot = 0;
            for (std::size_t c = 0; c < cols; ++c)
                dot += static_cast<double>(y[r * cols + c]) * static_cast<double>(dy[r * cols + c]);
            T const scale = norms[r] > static_cast<T>(smallest_norm<T>) ? T(1) / norms[r] : T(0),
                    along = static_cast<T>(dot);
            for (std::size_t c = 0; c < cols; ++c)
                dx[r * cols + c] = (dy[r * cols + c] - y[r * cols + c] * along) * scale;
        }
    });
}

template <class T>
void softmax_rows(std::size_t rows, std::size_t cols, T const* x, T* y) {
    parallel_blocks(rows, std::max<std::size_t>(1, elementwise_block / (8 * cols)),
                    [&](std::size_t first, std::size_t last) {
                        for (std::size_t r = first; r < last; ++r) {
                            T const *const from = x + r * cols, most = *std::max_element(from, from + cols);
                            T* const to = y + r * cols;
                            T sum = 0;
                            for (std::size_t c = 0; c < cols; ++c)
                                sum += to[c] = std::exp(from[c] - most);
                            for (std::size_t c = 0; c < cols; ++c)
                                to[c] /= sum;
                        }
                    });
}

template <class T>
void softmax_rows_backward(std::size_t rows, std::size_t cols, T const* y, T const* dy, T* dx) {
    parallel_blocks(rows, std::max<std::size_t>(1, elementwise_block / cols), [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first * cols; i < last * cols; i += cols) {
            T along = 0;
            for (std::size_t c = 0; c < cols; ++c)
                along += y[i + c] * dy[i + c];
            for (std::size_t c = 0; c < cols; ++c)
                dx[i + c] = y[i + c] * (dy[i + c] - along);
        }
    });
}

template <class T>
void scale_shift_backward(std::size_t rows, std::size_t cols, T const* x, T const* scales, T const* dy, T* dx,
                          T* dscales, T* dshifts) {
    constexpr std::size_t block = 64;
    parallel_blocks(cols, block, [&](std::size_t first, std::size_t last) {
        for (std::size_t start = 0; start < rows; start += 4096) {
            T scaled[block] = {}, plain[block] = {};
            for (std::size_t r = start, end = std::min(start + 4096, rows); r < end; ++r)
                for (std::size_t c = first; c < last; ++c) {
                    T const d = dy[r * cols + c];
                    scaled[c - first] += d * x[r * cols + c], plain[c - first] += d;
                    if (dx)
                        dx[r * cols + c] = d * scales[c];
                }
            for (std::size_t c = first; c < last; ++c)
                dscales[c] += scaled[c - first], dshifts[c] += plain[c - first];
        }
    });
}

#ifdef TRINE_COMPILED
template void relu_forward<float>(std::size_t size, float const* x, float* y);
template void relu_forward<double>(std::size_t size, double const* x, double* y);
template void relu_backward<float>(std::size_t size, float const* y, float const* dy, float* dx);
template void relu_backward<double>(std::size_t size, double const* y, double const* dy, double* dx);
template void prelu_rows<float>(std::size_t rows, std::size_t cols, float const* x, float const* slopes, float* y);
template void prelu_rows<double>(std::size_t rows, std::size_t cols, double const* x, double const* slopes, double* y);
template void prelu_forward<float>(std::size_t rows, std::size_t cols, float const* x, float const* slopes, float* y);
template void prelu_forward<double>(std::size_t rows, std::size_t cols, double const* x, double const* slopes,
                                    double* y);
template void prelu_backward<float>(std::size_t rows, std::size_t cols, float const* x, float const* slopes,
                                    float const* dy, float* dx, float* dslopes);
template void prelu_backward<double>(std::size_t rows, std::size_t cols, double const* x, double const* slopes,
                                     double const* dy, double* dx, double* dslopes);
template void copy<float>(std::size_t size, float const* x, float* y);
template void copy<double>(std::size_t size, double const* x, double* y);
template void add<float>(std::size_t size, float const* x, float* y);
template void add<double>(std::size_t size, double const* x, double* y);
template void add_column_sums<float>(std::size_t rows, std::size_t cols, float const* x, float* sums);
template void add_column_sums<double>(std::size_t rows, std::size_t cols, double const* x, double* sums);
template void normalize_rows<float>(std::size_t rows, std::size_t cols, float const* x, float* y, float* norms);
template void normalize_rows<double>(std::size_t rows, std::size_t cols, double const* x, double* y, double* norms);
template void normalize_rows_backward<float>(std::size_t rows, std::size_t cols, float const* y, float const* norms,
                                             float const* dy, float* dx);
template void normalize_rows_backward<double>(std::size_t rows, std::size_t cols, double const* y, double const* norms,
                                              double const* dy, double* dx);
template void softmax_rows<float>(std::size_t rows, std::size_t cols, float const* x, float* y);
template void softmax_rows<double>(std::size_t rows, std::size_t cols, double const* x, double* y);
template void softmax_rows_backward<float>(std::size_t rows, std::size_t cols, float const* y, float const* dy,
                                           float* dx);
template void softmax_rows_backward<double>(std::size_t rows, std::size_t cols, double const* y, double const* dy,
                                            double* dx);
template void scale_shift_backward<float>(std::size_t rows, std::size_t cols, float const* x, float const* scales,
                                          float const* dy, float* dx, float* dscales, float* dshifts);
template void scale_shift_backward<double>(std::size_t rows, std::size_t cols, double const* x, double const* scales,
                                           double const* dy, double* dx, double* dscales, double* dshifts);
#endif

} // namespace trine::kernels
