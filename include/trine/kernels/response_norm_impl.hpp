#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include "../core/buffer.hpp"
#include "../core/parallel.hpp"
#include "elementwise.hpp"
#include "response_norm.hpp"

namespace trine::kernels {

namespace detail {

inline constexpr std::size_t response_block = 64;

// s of the channels from `first` to `last`; those outside the image count nothing.
template <class T>
void response_sums(response_norm_shape const& s, T const* x, std::size_t first, std::size_t last, T* sums) {
    std::fill_n(sums, last - first, T(0));
    std::size_t const before = s.neighbours / 2;
    for (std::size_t j = 0; j < s.neighbours; ++j) {
        // Channel c sees c + j − before.
        std::size_t const from = std::max(first, before > j ? before - j : 0),
                          end = std::min(last, s.channels + before > j ? s.channels + before - j : 0);
        for (std::size_t c = from; c < end; ++c)
            sums[c - first] += x[c + j - before] * x[c + j - before];
    }
    T const share = static_cast<T>(s.alpha / static_cast<double>(s.neighbours)), k = static_cast<T>(s.k);
    for (std::size_t c = 0; c < last - first; ++c)
        sums[c] = k + share * sums[c];
}

// powers = sums^−β. The usual β, 3/4, takes two roots instead of a logarithm.
template <class T>
void response_powers(response_norm_shape const& s, std::size_t count, T const* sums, T* powers) {
    if (s.beta == 0.75)
        for (std::size_t c = 0; c < count; ++c)
            powers[c] = T(1) / std::sqrt(sums[c] * std::sqrt(sums[c]));
    else
        for (std::size_t c = 0; c < count; ++c)
            powers[c] = std::pow(sums[c], static_cast<T>(-s.beta));
}

} // namespace detail

template <class T>
void response_norm_forward(response_norm_shape const& s, T const* x, T* y) {
    parallel_blocks(s.pixels, std::max<std::size_t>(1, elementwise_block / s.channels / 4),
                    [&](std::size_t begin, std::size_t end) {
                        T sums[detail::response_block], powers[detail::response_block];
                        for (std::size_t p = begin; p < end; ++p)
                            for (std::size_t first = 0; first < s.channels; first += detail::response_block) {
                                std::size_t const count = std::min(detail::response_block, s.channels - first);
                                detail::response_sums(s, x + p * s.channels, first, first + count, sums);
                                detail::response_powers(s, count, sums, powers);
                                for (std::size_t c = 0; c < count; ++c)
                                    y[p * s.channels + first + c] = x[p * s.channels + first + c] * powers[c];
                            }
                    });
}

template <class T>
void response_norm_backward(response_norm_shape const& s, T const* x, T const* y, T const* dy, T* dx) {
    T const factor = static_cast<T>(2 * s.alpha * s.beta / static_cast<double>(s.neighbours));
    auto const before = s.neighbours / 2, after = (s.neighbours - 1) / 2;
    parallel_blocks(s.pixels, std::max<std::size_t>(1, elementwise_block / s.channels / 4),
                    [&](std::size_t begin, std::size_t end) {
                        buffer<T> sums(s.channels), powers(s.channels), ratio(s.channels);
                        for (std::size_t p = begin; p < end; ++p) {
                            std::size_t const at = p * s.channels;
                            detail::response_sums(s, x + at, 0, s.channels, sums.data());
                            detail::response_powers(s, s.channels, sums.data(), powers.data());
                            for (std::size_t c = 0; c < s.channels; ++c)
                                ratio[c] = dy[at + c] * y[at + c] / sums[c];
                            for (std::size_t c = 0; c < s.channels; ++c) {
                                // Channel q sees c when q − before ≤ c ≤ q + after.
                                T across = 0;
                                for (std::size_t q = c > after ? c - after : 0;
                                     q < std::min(c + before + 1, s.channels); ++q)
                                    across += ratio[q];
                                dx[at + c] = dy[at + c] * powers[c] - factor * x[at + c] * across;
                            }
                        }
                    });
}

#ifdef TRINE_COMPILED
template void response_norm_forward<float>(response_norm_shape const& s, float const* x, float* y);
template void response_norm_forward<double>(response_norm_shape const& s, double const* x, double* y);
template void response_norm_backward<float>(response_norm_shape const& s, float const* x, float const* y,
                                            float const* dy, float* dx);
template void response_norm_backward<double>(response_norm_shape const& s, double const* x, double const* y,
                                             double const* dy, double* dx);
#endif

} // namespace trine::kernels
