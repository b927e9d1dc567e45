#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <utility>

#include <omp.h>

namespace trine {

/// Number of threads that the next parallel loop uses.
inline std::size_t thread_count() { return static_cast<std::size_t>(omp_get_max_threads()); }

/// Sets the number of threads that parallel loops use from now on, in the calling thread. Results do not depend on it.
inline void set_thread_count(std::size_t count) { omp_set_num_threads(static_cast<int>(count)); }

/// Index of the calling thread inside a parallel loop, below `thread_count()`.
inline std::size_t thread_index() { return static_cast<std::size_t>(omp_get_thread_num()); }

/// Calls `body(i)` for i = 0 … count−1, in parallel and in no particular order.
///
/// What an item is depends on the problem alone, never on the number of threads; so as long as an item writes only what
/// belongs to it, the result is the same bit for bit with any number of threads. Sums over items are kept one partial an
/// item and added in the order of the items. The first exception that a body throws is thrown again here, after all have ended.
template <class Body>
void parallel_for(std::size_t count, Body&& body) {
    std::exception_ptr failure;
    std::atomic<bool> failed{false};
    auto const items = static_cast<std::ptrdiff_t>(count);
    // Each thread begins in a part of its own: two that write beside each other would fetch each other's cache lines ahead.
    std::size_t const parts = omp_in_parallel() ? 1 : thread_count(), part = count / parts, longer = count % parts;
#pragma omp parallel for schedule(dynamic, 1)
    for (std::ptrdiff_t i = 0; i < items; ++i) {
        if (failed.load(std::memory_order_relaxed))
            continue;
        try {
            std::size_t const own = static_cast<std::size_t>(i) % parts;
            body(own * part + std::min(own, longer) + static_cast<std::size_t>(i) / parts);
        } catch (...) {
            if (!failed.exchange(true))
                failure = std::current_exception();
        }
    }
    if (failure)
        std::rethrow_exception(failure);
}

/// Cuts `size` elements into blocks of at most `block` and calls `body(first, last)` for each, in parallel.
template <class Body>
void parallel_blocks(std::size_t size, std::size_t block, Body&& body) {
    parallel_for((size + block - 1) / block, [&](std::size_t i) {
        std::size_t const first = i * block;
        body(first, first + block < size ? first + block : size);
    });
}

} // namespace trine
