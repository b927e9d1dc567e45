#pragma once

/// Loops over values, for bodies: what a lambda says of one value is done for all, in parallel.

#include <cstddef>

#include "../core/parallel.hpp"

namespace trine::nn::detail {

/// Values a work item takes: enough to outweigh its start, few enough to stay in cache.
inline constexpr std::size_t block_of_values = 16384;

/// y = f(x), value by value. `y` may be `x`.
template <class T, class F>
void map_values(std::size_t size, T const* x, T* y, F&& f) {
    parallel_blocks(size, block_of_values, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            y[i] = f(x[i]);
    });
}

/// z = f(x, y), value by value. `z` may be either.
template <class T, class F>
void map_pairs(std::size_t size, T const* x, T const* y, T* z, F&& f) {
    parallel_blocks(size, block_of_values, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            z[i] = f(x[i], y[i]);
    });
}

} // namespace trine::nn::detail
