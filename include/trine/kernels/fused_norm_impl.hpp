#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include "../core/parallel.hpp"
#include "convolution_shape.hpp"
#include "simd.hpp"
#include "fused_norm.hpp"

namespace trine::kernels {

template <class T>
void block_statistics(std::size_t pixels, std::size_t channels, T const* z, T* out) {
    std::copy_n(z, channels, out);
    std::fill_n(out + channels, 2 * channels, T(0));
    out[3 * channels] = static_cast<T>(pixels);
    for (std::size_t p = 0; p < pixels; ++p)
        each_channel_vector<T>(
            channels, [&](std::size_t c, auto load, auto store) __attribute__((always_inline)) {
                auto const d = load(z + p * channels + c) - load(out + c);
                store(out + channels + c, load(out + channels + c) + d);
                store(out + 2 * channels + c, fma(d, d, load(out + 2 * channels + c)));
            });
}

template <class T>
void combine_statistics(std::size_t count, std::size_t channels, T const* blocks, T* mean, T* variance) {
    parallel_blocks(channels, 16, [&](std::size_t first, std::size_t last) {
        for (std::size_t c = first; c < last; ++c) {
            double n = 0, m = 0, squares = 0;
            for (std::size_t b = 0; b < count; ++b) {
                T const* const block = blocks + b * block_statistics_size(channels);
                double const k = static_cast<double>(block[3 * channels]),
                             sum = static_cast<double>(block[channels + c]);
                double const d = static_cast<double>(block[c]) + sum / k - m;
                squares += std::max(0.0, static_cast<double>(block[2 * channels + c]) - sum * sum / k) +
                           d * d * n * k / (n + k);
                m += d * k / (n + k);
                n += k;
            }
            mean[c] = static_cast<T>(m);
            variance[c] = static_cast<T>(std::isnan(squares) ? squares : std::max(0.0, squares / n));
        }
    });
}

template <class T>
void norm_scale_shift(std::size_t channels, T const* gamma, T const* beta, T const* mean, T const* variance, T epsilon,
                      T* scale, T* shift) {
    for (std::size_t c = 0; c < channels; ++c) {
        scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
        shift[c] = beta[c] - mean[c] * scale[c];
    }
}

template <class T>
void norm_rows(norm_shape const& s, std::size_t rows, T const* z, T const* scale, T const* shift, T* y) {
    using V = simd<T>;
    std::size_t const row = s.width * s.channels;
    V const floor = s.rectified ? V(T(0)) : V(-std::numeric_limits<T>::infinity());
    if (!s.pooled) {
        for (std::size_t p = 0; p < rows * s.width; ++p)
            each_channel_vector<T>(
                s.channels, [&](std::size_t c, auto load, auto store) __attribute__((always_inline)) {
                    store(y + p * s.channels + c,
                          at_least(floor, fma(load(z + p * s.channels + c), load(scale + c), load(shift + c))));
                });
        return;
    }
    for (std::size_t r = 0; r + 2 <= rows; r += 2)
        for (std::size_t q = 0; q < s.out_width(); ++q) {
            T const* const window = z + r * row + 2 * q * s.channels;
            T* const to = y + (r / 2 * s.out_width() + q) * s.channels;
            each_channel_vector<T>(
                s.channels, [&](std::size_t c, auto load, auto store) __attribute__((always_inline)) {
                    V const a = load(scale + c), b = load(shift + c);
                    V const top = larger_or_nan(fma(load(window + c), a, b), fma(load(window + s.channels + c), a, b));
                    V const bottom = larger_or_nan(fma(load(window + row + c), a, b),
                                                   fma(load(window + row + s.channels + c), a, b));
                    store(to + c, at_least(floor, larger_or_nan(top, bottom)));
                });
        }
}

template <class T>
void norm_forward(norm_shape const& s, T const* z, T const* scale, T const* shift, T* y) {
    detail::norm_pieces(s, sizeof(T)).each(s, [&](std::size_t, std::size_t image, std::size_t first, std::size_t rows) {
        std::size_t const out_first = s.pooled ? first / 2 : first;
        norm_rows(s, rows, z + (image * s.height + first) * s.width * s.channels, scale, shift,
                  y + (image * s.out_height() + out_first) * s.out_width() * s.channels);
    });
}

namespace detail {

// Which of a window's four values is the largest, the first of equals, as four masks of 0 or 1 times `g`; none where
// the largest is not above the floor.
template <class V>
[[gnu::always_inline]] inline void route_to_largest(V const (&v)[4], V const& floor, V const& g, V (&out)[4]) {
    V best = v[0];
    auto second = v[1] > best;
    best = select(second, v[1], best);
    auto const third = v[2] > best;
    best = select(third, v[2], best);
    auto const fourth = v[3] > best;
    best = select(fourth, v[3], best);
    V const zero(typename V::value_type(0)), passed = select(best > floor, g, zero);
    out[3] = select(fourth, passed, zero);
    V const first_three = passed - out[3]; // exact: one of the two is 0
    out[2] = select(third, first_three, zero);
    V const first_two = first_three - out[2];
    out[1] = select(second, first_two, zero);
    out[0] = first_two - out[1];
}

} // namespace detail

namespace detail {

// Calls body(place of the pixel, channel, z, g, load, store) for every vector of some rows of an image that a gradient
// can reach: z lies at z, its gradient from behind the block at dy.
template <class T, class Body>
[[gnu::always_inline]] inline void each_norm_gradient(norm_shape const& s, std::size_t rows, T* z, T const* dy,
                                                      T const* scale, T const* shift, Body&& body) {
    using V = simd<T>;
    std::size_t const channels = s.channels, row = s.width * channels;
    V const floor = s.rectified ? V(T(0)) : V(-std::numeric_limits<T>::infinity());
    if (!s.pooled) {
        for (std::size_t p = 0; p < rows * s.width; ++p)
            each_channel_vector<T>(
                channels, [&](std::size_t c, auto load, auto store) __attribute__((always_inline)) {
                    V const value = load(z + p * channels + c);
                    auto const positive = fma(value, load(scale + c), load(shift + c)) > floor;
                    body(z + p * channels + c, c, value, select(positive, load(dy + p * channels + c), V(T(0))), load,
                         store);
                });
        return;
    }
    for (std::size_t r = 0; r + 2 <= rows; r += 2)
        for (std::size_t q = 0; q < s.out_width(); ++q) {
            T* const window = z + r * row + 2 * q * channels;
            T const* const from = dy + (r / 2 * s.out_width() + q) * channels;
            each_channel_vector<T>(
                channels, [&](std::size_t c, auto load, auto store) __attribute__((always_inline)) {
                    V const a = load(scale + c), b = load(shift + c);
                    T* const place[4] = {window + c, window + channels + c, window + row + c,
                                         window + row + channels + c};
                    V values[4], normal[4], routed[4];
                    TRINE_UNROLL
                    for (std::size_t k = 0; k < 4; ++k) {
                        values[k] = load(place[k]);
                        normal[k] = fma(values[k], a, b);
                    }
                    route_to_largest(normal, floor, load(from + c), routed);
                    TRINE_UNROLL
                    for (std::size_t k = 0; k < 4; ++k)
                        body(place[k], c, values[k], routed[k], load, store);
                });
        }
}

// Calls body(pixel) for those of some rows that belong to no window of 2×2: an odd last column, and an odd last row.
template <class Body>
void each_unpooled_pixel(norm_shape const& s, std::size_t rows, Body&& body) {
    if (!s.pooled)
        return;
    if (s.width % 2 != 0)
        for (std::size_t r = 0; r < rows; ++r)
            body(r * s.width + s.width - 1);
    if (rows % 2 != 0)
        for (std::size_t q = 0; q < s.width / 2 * 2; ++q)
            body((rows - 1) * s.width + q);
}

} // namespace detail

template <class T>
void norm_gradient_sums(norm_shape const& s, std::size_t rows, T* z, T const* dy, norm_gradient<T> const& n, T* sums) {
    using V = simd<T>;
    T* const product = sums + s.channels;
    detail::each_norm_gradient(
        s, rows, z, dy, n.scale, n.shift,
        [&](T*, std::size_t c, V const& value, V const& g, auto load, auto store) __attribute__((always_inline)) {
            store(sums + c, load(sums + c) + g);
            store(product + c, fma(g, value - load(n.mean + c), load(product + c)));
        });
}

template <class T>
void norm_gradient_route(norm_shape const& s, std::size_t rows, T* z, T const* dy, T const* scale, T const* shift,
                         T* sums) {
    using V = simd<T>;
    detail::each_norm_gradient(
        s, rows, z, dy, scale, shift,
        [&](T * place, std::size_t c, V const&, V const& g, auto load, auto store) __attribute__((always_inline)) {
            store(place, g);
            store(sums + c, load(sums + c) + g);
        });
    detail::each_unpooled_pixel(s, rows,
                                [&](std::size_t pixel) { std::fill_n(z + pixel * s.channels, s.channels, T(0)); });
}

template <class T>
void norm_gradient_finish(norm_shape const& s, std::size_t count, T const* pieces, T const* gamma, T const* variance,
                          T epsilon, norm_gradient<T> const& n, T* dgamma, T* dbeta) {
    double const pixels = static_cast<double>(s.pixels());
    for (std::size_t c = 0; c < s.channels; ++c) {
        double sum = 0, product = 0;
        for (std::size_t piece = 0; piece < count; ++piece) {
            sum += static_cast<double>(pieces[2 * piece * s.channels + c]);
            product += static_cast<double>(pieces[(2 * piece + 1) * s.channels + c]);
        }
        double const inverse = 1.0 / std::sqrt(static_cast<double>(variance[c]) + static_cast<double>(epsilon));
        double const factor = static_cast<double>(gamma[c]) * inverse;
        dgamma[c] += static_cast<T>(product * inverse);
        dbeta[c] += static_cast<T>(sum);
        n.slope[c] = static_cast<T>(-factor * product * inverse * inverse / pixels);
        n.offset[c] = static_cast<T>(-factor * sum / pixels);
    }
}

template <class T>
void norm_gradient_apply(norm_shape const& s, std::size_t rows, T* z, T const* dy, norm_gradient<T> const& n) {
    using V = simd<T>;
    auto const write = [&](T * place, std::size_t c, V const& value, V const& g, auto load, auto store)
        __attribute__((always_inline)) {
        store(place, fma(load(n.scale + c), g, fma(load(n.slope + c), value - load(n.mean + c), load(n.offset + c))));
    };
    detail::each_norm_gradient(s, rows, z, dy, n.scale, n.shift, write);
    // Pixels that belong to no window still move the mean and the variance.
    detail::each_unpooled_pixel(s, rows, [&](std::size_t pixel) {
        each_channel_vector<T>(
            s.channels, [&](std::size_t c, auto load, auto store) __attribute__((always_inline)) {
                T* const place = z + pixel * s.channels + c;
                write(place, c, load(place), V(T(0)), load, store);
            });
    });
}

template <class T>
std::size_t norm_backward_scratch(norm_shape const& s) {
    return (2 * detail::norm_pieces(s, sizeof(T)).count + 4) * s.channels;
}

template <class T>
void norm_backward(norm_shape const& s, T* z, T const* dy, T const* gamma, T const* beta, T const* mean,
                   T const* variance, T epsilon, T* dgamma, T* dbeta, T* scratch) {
    detail::norm_pieces const pieces(s, sizeof(T));
    std::size_t const channels = s.channels;
    T* const scale = scratch + 2 * pieces.count * channels;
    norm_gradient<T> const n{scale, scale + channels, mean, scale + 2 * channels, scale + 3 * channels};
    norm_scale_shift(channels, gamma, beta, mean, variance, epsilon, scale, scale + channels);
    auto const rows_at = [&](std::size_t image, std::size_t first) {
        return z + (image * s.height + first) * s.width * channels;
    };
    auto const gradient_at = [&](std::size_t image, std::size_t first) {
        return dy + (image * s.out_height() + (s.pooled ? first / 2 : first)) * s.out_width() * channels;
    };
    pieces.each(s, [&](std::size_t piece, std::size_t image, std::size_t first, std::size_t rows) {
        T* const sums = scratch + 2 * piece * channels;
        std::fill_n(sums, 2 * channels, T(0));
        norm_gradient_sums(s, rows, rows_at(image, first), gradient_at(image, first), n, sums);
    });
    norm_gradient_finish<T>(s, pieces.count, scratch, gamma, variance, epsilon, n, dgamma, dbeta);
    pieces.each(s, [&](std::size_t, std::size_t image, std::size_t first, std::size_t rows) {
        norm_gradient_apply(s, rows, rows_at(image, first), gradient_at(image, first), n);
    });
}

#ifdef TRINE_COMPILED
template void block_statistics<float>(std::size_t pixels, std::size_t channels, float const* z, float* out);
template void block_statistics<double>(std::size_t pixels, std::size_t channels, double const* z, double* out);
template void combine_statistics<float>(std::size_t count, std::size_t channels, float const* blocks, float* mean,
                                        float* variance);
template void combine_statistics<double>(std::size_t count, std::size_t channels, double const* blocks, double* mean,
                                         double* variance);
template void norm_scale_shift<float>(std::size_t channels, float const* gamma, float const* beta, float const* mean,
                                      float const* variance, float epsilon, float* scale, float* shift);
template void norm_scale_shift<double>(std::size_t channels, double const* gamma, double const* beta,
                                       double const* mean, double const* variance, double epsilon, double* scale,
                                       double* shift);
template void norm_rows<float>(norm_shape const& s, std::size_t rows, float const* z, float const* scale,
                               float const* shift, float* y);
template void norm_rows<double>(norm_shape const& s, std::size_t rows, double const* z, double const* scale,
                                double const* shift, double* y);
template void norm_forward<float>(norm_shape const& s, float const* z, float const* scale, float const* shift,
                                  float* y);
template void norm_forward<double>(norm_shape const& s, double const* z, double const* scale, double const* shift,
                                   double* y);
template void norm_gradient_sums<float>(norm_shape const& s, std::size_t rows, float* z, float const* dy,
                                        norm_gradient<float> const& n, float* sums);
template void norm_gradient_sums<double>(norm_shape const& s, std::size_t rows, double* z, double const* dy,
                                         norm_gradient<double> const& n, double* sums);
template void norm_gradient_route<float>(norm_shape const& s, std::size_t rows, float* z, float const* dy,
                                         float const* scale, float const* shift, float* sums);
template void norm_gradient_route<double>(norm_shape const& s, std::size_t rows, double* z, double const* dy,
                                          double const* scale, double const* shift, double* sums);
template void norm_gradient_finish<float>(norm_shape const& s, std::size_t count, float const* pieces,
                                          float const* gamma, float const* variance, float epsilon,
                                          norm_gradient<float> const& n, float* dgamma, float* dbeta);
template void norm_gradient_finish<double>(norm_shape const& s, std::size_t count, double const* pieces,
                                           double const* gamma, double const* variance, double epsilon,
                                           norm_gradient<double> const& n, double* dgamma, double* dbeta);
template void norm_gradient_apply<float>(norm_shape const& s, std::size_t rows, float* z, float const* dy,
                                         norm_gradient<float> const& n);
template void norm_gradient_apply<double>(norm_shape const& s, std::size_t rows, double* z, double const* dy,
                                          norm_gradient<double> const& n);
template std::size_t norm_backward_scratch<float>(norm_shape const& s);
template std::size_t norm_backward_scratch<double>(norm_shape const& s);
template void norm_backward<float>(norm_shape const& s, float* z, float const* dy, float const* gamma,
                                   float const* beta, float const* mean, float const* variance, float epsilon,
                                   float* dgamma, float* dbeta, float* scratch);
template void norm_backward<double>(norm_shape const& s, double* z, double const* dy, double const* gamma,
                                    double const* beta, double const* mean, double const* variance, double epsilon,
                                    double* dgamma, double* dbeta, double* scratch);
#endif

} // namespace trine::kernels
