#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <vector>
#include "../core/parallel.hpp"
#include "convolution_shape.hpp"
#include "simd.hpp"
#include "patch_moments.hpp"

namespace trine::kernels {

namespace detail {

// How the products of all pairs of taps are summed.
//
// With a stride of 1, a tap sees in one row of outputs what the tap above it sees in the next. So only products of the
// kernel's first row with all its rows are summed, over every row of the padded image; each row of the kernel then
// takes the sums over those rows that it meets. With another stride, products of all pairs are summed.
struct patch_plan {
    // Rows of a padded image that the same rows of the kernel meet, and whether the next ones are met by others.
    struct row_group {
        std::size_t first, last;
        bool ends;
    };
    static constexpr std::size_t side = 3; // taps by taps whose sums stay in registers

    std::size_t depth, padded_depth; // the latter whole squares
    std::size_t first_taps;          // those of the kernel's rows that are multiplied with all
    std::size_t row_taps;            // rows of the kernel that take their sums from these
    std::size_t pixels;              // that a group of rows holds, at most
    std::size_t plane_width, plane_height;
    std::size_t out_height, rows; // of an image, and that a group has at most
    std::size_t chunks;           // of images, summed separately

    template <class T>
    static patch_plan make(convolution_shape const& s) {
        patch_plan p{};
        bool const shifts = s.stride == 1;
        p.depth = s.depth(), p.padded_depth = (p.depth + side - 1) / side * side;
        p.row_taps = shifts ? s.kernel_height : 1;
        p.first_taps = p.depth / p.row_taps;
        p.plane_height = s.height + 2 * s.padding, p.plane_width = s.width + 2 * s.padding;
        p.chunks = std::min<std::size_t>(s.batch, 64);
        p.out_height = s.out_height();
        p.rows = std::clamp<std::size_t>(32 * 1024 / sizeof(T) / p.padded_depth / s.out_width(), 1,
                                         p.out_height); // in the first cache
        p.pixels = (p.rows * s.out_width() + simd_width<T> - 1) / simd_width<T> * simd_width<T>;
        return p;
    }
    // Whether a row of the kernel meets a row of the padded image.
    bool meets(std::size_t kernel_row, std::size_t row) const {
        return kernel_row <= row && row < kernel_row + out_height;
    }
    std::size_t all_rows() const { return out_height + row_taps - 1; }
    row_group group_from(std::size_t row) const {
        bool const met_by_all = row_taps - 1 <= row && row < out_height;
        std::size_t const last = met_by_all ? std::min(row + rows, out_height) : row + 1;
        return {row, last, !met_by_all || last == out_height};
    }

    std::size_t sums_size() const { return depth * (depth + 1); } // of taps, then of products
    // Of all chunks, in whole cache lines.
    std::size_t all_sums_size() const { return (chunks * sums_size() + 7) / 8 * 8; }
    std::size_t planes_size(std::size_t channels) const { return channels * plane_height * plane_width; }
    // Pairs of squares, and doubles for the lanes of each sum of theirs and of each tap's.
    std::size_t squares() const {
        std::size_t const first = (first_taps + side - 1) / side, all = padded_depth / side;
        return first * all - first * (first - 1) / 2;
    }
    template <class T>
    std::size_t lanes_size() const {
        return (squares() * side * side + first_taps) * simd_width<T>;
    }
    template <class T>
    std::size_t thread_size(std::size_t channels) const {
        return padded_depth * pixels + (planes_size(channels) + simd_width<T> - 1) / simd_width<T> * simd_width<T>;
    }
};

// An image with its channels apart and its padding around it, less a shift of each channel.
template <class T>
void split_channels(convolution_shape const& s, patch_plan const& p, T const* image, T const* shift, T* planes) {
    for (std::size_t c = 0; c < s.channels; ++c)
        std::fill_n(planes + c * p.plane_height * p.plane_width, p.plane_height * p.plane_width, -shift[c]);
    for (std::size_t y = 0; y < s.height; ++y)
        for (std::size_t c = 0; c < s.channels; ++c) {
            T* const to = planes + (c * p.plane_height + y + s.padding) * p.plane_width + s.padding;
            T const* const from = image + y * s.width * s.channels + c;
            for (std::size_t x = 0; x < s.width; ++x)
                to[x] = from[x * s.channels] - shift[c];
        }
}

// What every tap sees in some rows of outputs: padded depth × pixels, zeros behind the last.
template <class T>
void gather_taps(convolution_shape const& s, patch_plan const& p, T const* planes, patch_plan::row_group const& rows,
                 T* taps) {
    std::size_t const width = s.out_width();
    for (std::size_t k = 0; k < p.padded_depth; ++k) {
        T* to = taps + k * p.pixels;
        T* const end = to + p.pixels;
        std::size_t const c = k % s.channels, kx = k / s.channels % s.kernel_width,
                          ky = k / s.channels / s.kernel_width;
        for (std::size_t row = rows.first; k < p.depth && row < rows.last; ++row, to += width) {
            std::size_t const y = row * s.stride + ky;
            T const* const from = planes + (c * p.plane_height + y) * p.plane_width + kx;
            if (y >= p.plane_height) // beyond the last row that this row of the kernel meets
                std::fill_n(to, width, T(0));
            else if (s.stride == 1)
                std::copy_n(from, width, to);
            else
                for (std::size_t x = 0; x < width; ++x)
                    to[x] = from[x * s.stride];
        }
        std::fill(to, end, T(0));
    }
}

// Adds a vector's lanes to sums of them.
template <class T>
[[gnu::always_inline]] inline void add_lanes(simd<T> const& v, double* sums) {
    alignas(64) T lanes[simd_width<T>];
    v.store_aligned(lanes);
    for (std::size_t i = 0; i < simd_width<T>; ++i)
        sums[i] += static_cast<double>(lanes[i]);
}

// Adds products of side × side taps to their sums, a vector each.
template <class T>
void add_tap_products(T const* a, T const* b, std::size_t stride, std::size_t pixels, double* sums) {
    using V = simd<T>;
    constexpr std::size_t side = patch_plan::side;
    V acc[side][side];
    TRINE_UNROLL
    for (std::size_t i = 0; i < side * side; ++i)
        acc[i / side][i % side] = V(T(0));
    for (std::size_t q = 0; q < pixels; q += V::size) {
        V right[side];
        TRINE_UNROLL
        for (std::size_t j = 0; j < side; ++j)
            right[j] = V::load_unaligned(b + j * stride + q);
        TRINE_UNROLL
        for (std::size_t i = 0; i < side; ++i) {
            V const left = V::load_unaligned(a + i * stride + q);
            TRINE_UNROLL
            for (std::size_t j = 0; j < side; ++j)
                acc[i][j] = fma(left, right[j], acc[i][j]);
        }
    }
    TRINE_UNROLL
    for (std::size_t i = 0; i < side * side; ++i)
        add_lanes(acc[i / side][i % side], sums + i * V::size);
}

// Adds Σ and Σ of products of what taps see in some rows, a vector each.
template <class T>
void add_patch_sums(convolution_shape const& s, patch_plan const& p, T const* taps, patch_plan::row_group const& rows,
                    double* lanes) {
    using V = simd<T>;
    std::size_t const used = ((rows.last - rows.first) * s.out_width() + V::size - 1) / V::size * V::size;
    for (std::size_t k = 0; k < p.first_taps; ++k, lanes += V::size) {
        V sum(T(0));
        for (std::size_t q = 0; q < used; q += V::size)
            sum += V::load_unaligned(taps + k * p.pixels + q);
        add_lanes(sum, lanes);
    }
    for (std::size_t a = 0; a < p.first_taps; a += p.side)
        for (std::size_t b = a; b < p.padded_depth; b += p.side, lanes += p.side * p.side * V::size)
            add_tap_products(taps + a * p.pixels, taps + b * p.pixels, p.pixels, used, lanes);
}

// Adds the sums of rows to those of all rows of the kernel that meet them, and clears them.
template <class T>
void take_patch_sums(patch_plan const& p, std::size_t row, double* lanes, double* sums) {
    double* const products = sums + p.depth;
    double* at = lanes;
    auto const next = [&] {
        double sum = 0;
        for (std::size_t i = 0; i < simd_width<T>; ++i)
            sum += *at++;
        return sum;
    };
    auto const each_kernel_row = [&](std::size_t taps_behind, auto&& body) {
        for (std::size_t ky = 0; ky < p.row_taps; ++ky)
            if (p.meets(ky, row) && ky * p.first_taps + taps_behind < p.depth)
                body(ky * p.first_taps);
    };
    for (std::size_t k = 0; k < p.first_taps; ++k) {
        double const sum = next();
        each_kernel_row(k, [&](std::size_t shift) { sums[shift + k] += sum; });
    }
    for (std::size_t a = 0; a < p.first_taps; a += p.side)
        for (std::size_t b = a; b < p.padded_depth; b += p.side)
            for (std::size_t i = a; i < a + p.side; ++i)
                for (std::size_t j = b; j < b + p.side; ++j) {
                    double const sum = next();
                    if (i < p.first_taps && i <= j && j < p.depth)
                        each_kernel_row(j,
                                        [&](std::size_t shift) { products[(shift + i) * p.depth + shift + j] += sum; });
                }
    std::fill(lanes, at, 0.0);
}

} // namespace detail

template <class T>
std::size_t patch_moments_scratch(convolution_shape const& s, std::size_t threads) {
    detail::patch_plan const p = detail::patch_plan::make<T>(s);
    return (p.all_sums_size() + threads * p.lanes_size<T>()) * (sizeof(double) / sizeof(T)) +
           threads * p.thread_size<T>(s.channels);
}

template <class T>
void patch_moments(convolution_shape const& s, T const* x, double* mean, double* covariance, T* scratch) {
    detail::patch_plan const p = detail::patch_plan::make<T>(s);
    auto* const sums = reinterpret_cast<double*>(scratch);
    std::size_t const doubles = p.all_sums_size() + thread_count() * p.lanes_size<T>();
    std::uninitialized_fill_n(sums, doubles, 0.0);
    // Relative to the means of the first image, so that a common offset does not cancel the covariance away.
    std::vector<T> shift(s.channels);
    for (std::size_t c = 0; c < s.channels; ++c) {
        double sum = 0;
        for (std::size_t i = 0; i < s.height * s.width; ++i)
            sum += static_cast<double>(x[i * s.channels + c]);
        shift[c] = static_cast<T>(sum / static_cast<double>(s.height * s.width));
    }
    T* const threads = scratch + doubles * (sizeof(double) / sizeof(T));
    parallel_for(p.chunks, [&](std::size_t chunk) {
        double* const lanes = sums + p.all_sums_size() + thread_index() * p.lanes_size<T>();
        T* const taps = threads + thread_index() * p.thread_size<T>(s.channels);
        T* const planes = taps + p.padded_depth * p.pixels;
        for (std::size_t image = s.batch * chunk / p.chunks; image < s.batch * (chunk + 1) / p.chunks; ++image) {
            detail::split_channels(s, p, x + image * s.height * s.width * s.channels, shift.data(), planes);
            for (std::size_t row = 0; row < p.all_rows();) {
                auto const rows = p.group_from(row);
                detail::gather_taps(s, p, static_cast<T const*>(planes), rows, taps);
                detail::add_patch_sums(s, p, static_cast<T const*>(taps), rows, lanes);
                if (rows.ends)
                    detail::take_patch_sums<T>(p, row, lanes, sums + chunk * p.sums_size());
                row = rows.last;
            }
        }
    });
    for (std::size_t chunk = 1; chunk < p.chunks; ++chunk)
        for (std::size_t i = 0; i < p.sums_size(); ++i)
            sums[i] += sums[chunk * p.sums_size() + i];
    double const count = static_cast<double>(s.batch * s.out_height() * s.out_width());
    for (std::size_t i = 0; i < p.depth; ++i)
        mean[i] = sums[i] / count;
    for (std::size_t i = 0; i < p.depth; ++i)
        for (std::size_t j = i; j < p.depth; ++j)
            covariance[i * p.depth + j] = covariance[j * p.depth + i] =
                sums[p.depth + i * p.depth + j] / count - mean[i] * mean[j];
    for (std::size_t i = 0; i < p.depth; ++i)
        mean[i] += static_cast<double>(shift[i % s.channels]);
}

template <class T>
void output_statistics(std::size_t depth, std::size_t outputs, T const* w, T const* bias, double const* mean,
                       double const* covariance, T* out_mean, T* out_variance) {
    for (std::size_t o = 0; o < outputs; ++o) {
        double m = bias ? static_cast<double>(bias[o]) : 0, variance = 0;
        for (std::size_t i = 0; i < depth; ++i) {
            double const wi = static_cast<double>(w[i * outputs + o]);
            double sum = 0;
            for (std::size_t j = 0; j < depth; ++j)
                sum += covariance[i * depth + j] * static_cast<double>(w[j * outputs + o]);
            m += wi * mean[i];
            variance += wi * sum;
        }
        out_mean[o] = static_cast<T>(m);
        out_variance[o] = static_cast<T>(std::isnan(variance) ? variance : std::max(0.0, variance));
    }
}

template <class T>
void center_patch_products(std::size_t depth, std::size_t outputs, T const* w, T const* mean, T const* sums,
                           T* products, T* with_outputs) {
    for (std::size_t o = 0; o < outputs; ++o) {
        double product = 0;
        for (std::size_t i = o; i < depth * outputs; i += outputs) {
            double const centered = static_cast<double>(products[i]) -
                                    static_cast<double>(sums[o]) * static_cast<double>(mean[i / outputs]);
            product += static_cast<double>(w[i]) * centered;
            products[i] = static_cast<T>(centered);
        }
        with_outputs[o] = static_cast<T>(product);
    }
}

template <class T>
void add_normalized_gradient(std::size_t depth, std::size_t outputs, std::size_t count, T const* w, T const* covariance,
                             T const* products, T const* scale, T const* slope, T* dw) {
    for (std::size_t i = 0; i < depth; ++i)
        for (std::size_t o = 0; o < outputs; ++o) {
            double deviation = 0; // Σ patch·(z − its mean), per pixel
            for (std::size_t j = 0; j < depth; ++j)
                deviation += static_cast<double>(covariance[i * depth + j]) * static_cast<double>(w[j * outputs + o]);
            dw[i * outputs + o] +=
                static_cast<T>(static_cast<double>(scale[o]) * static_cast<double>(products[i * outputs + o]) +
                               static_cast<double>(slope[o]) * static_cast<double>(count) * deviation);
        }
}

#ifdef TRINE_COMPILED
template std::size_t patch_moments_scratch<float>(convolution_shape const& s, std::size_t threads);
template std::size_t patch_moments_scratch<double>(convolution_shape const& s, std::size_t threads);
template void patch_moments<float>(convolution_shape const& s, float const* x, double* mean, double* covariance,
                                   float* scratch);
template void patch_moments<double>(convolution_shape const& s, double const* x, double* mean, double* covariance,
                                    double* scratch);
template void output_statistics<float>(std::size_t depth, std::size_t outputs, float const* w, float const* bias,
                                       double const* mean, double const* covariance, float* out_mean,
                                       float* out_variance);
template void output_statistics<double>(std::size_t depth, std::size_t outputs, double const* w, double const* bias,
                                        double const* mean, double const* covariance, double* out_mean,
                                        double* out_variance);
template void center_patch_products<float>(std::size_t depth, std::size_t outputs, float const* w, float const* mean,
                                           float const* sums, float* products, float* with_outputs);
template void center_patch_products<double>(std::size_t depth, std::size_t outputs, double const* w, double const* mean,
                                            double const* sums, double* products, double* with_outputs);
template void add_normalized_gradient<float>(std::size_t depth, std::size_t outputs, std::size_t count, float const* w,
                                             float const* covariance, float const* products, float const* scale,
                                             float const* slope, float* dw);
template void add_normalized_gradient<double>(std::size_t depth, std::size_t outputs, std::size_t count,
                                              double const* w, double const* covariance, double const* products,
                                              double const* scale, double const* slope, double* dw);
#endif

} // namespace trine::kernels
