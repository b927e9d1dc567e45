#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>

#include <omp.h>

namespace trine {

/// Number of threads that the next parallel loop uses.
inline std::size_t thread_count() { return static_cast<std::size_t>(omp_get_max_threads()); }

/// Sets the number of threads that parallel loops use from now on, in the calling thread. Results do not depend on it.
inline void set_thread_count(std::size_t count) { omp_set_num_threads(static_cast<int>(count)); }

/// Index of the calling thread inside a parallel loop, below `thread_count()`.
inline std::size_t thread_index() { return static_cast<std::size_t>(omp_get_thread_num()); }

namespace detail {

/// What is left of one thread's part of a loop: in a cache line of its own, so that a thread that finds work in its
/// part waits for no other. The low half counts the items taken by its own thread, from the front; the high half those
/// taken by others, from the back: a part has less than 2³² of them.
struct alignas(128) loop_part {
    static constexpr std::uint64_t from_front = 1, from_back = std::uint64_t{1} << 32;

    std::uint64_t taken;
    std::size_t first, size;

    /// Takes an item, or returns false when none is left.
    bool take(std::uint64_t from, std::size_t& item) {
        std::uint64_t const before = std::atomic_ref(taken).fetch_add(from, std::memory_order_relaxed);
        std::size_t const front = before % from_back, back = before / from_back;
        if (front + back >= size)
            return false;
        item = from == from_front ? first + front : first + size - 1 - back;
        return true;
    }
};

/// The loop of `parallel_for`, compiled once for all bodies.
inline void run_items(std::size_t count, void const* body, void (*call)(void const*, std::size_t)) {
    constexpr std::size_t most_parts = 64;
    bool const nested = omp_in_parallel(); // then a team of one is made, whose thread has index 0
    std::size_t const parts = nested ? 1 : std::min({thread_count(), most_parts, count});
    if (parts <= 1 && !nested) {
        for (std::size_t i = 0; i < count; ++i)
            call(body, i);
        return;
    }
    std::array<loop_part, most_parts> all; // not filled: clearing all would take as long as starting the threads
    for (std::size_t p = 0, first = 0; p < parts; ++p) {
        all[p] = {0, first, count / parts + (p < count % parts)};
        first += all[p].size;
    }
    std::exception_ptr failure;
    std::atomic<bool> failed{false};
#pragma omp parallel
    {
        std::size_t const own = thread_index() % parts;
        for (std::size_t k = 0; k < parts; ++k) {
            std::size_t const part = (own + k) % parts;
            for (std::size_t i; !failed.load(std::memory_order_relaxed) &&
                                all[part].take(part == own ? loop_part::from_front : loop_part::from_back, i);) {
                try {
                    call(body, i);
                } catch (...) {
                    if (!failed.exchange(true))
                        failure = std::current_exception();
                }
            }
        }
    }
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace detail

/// Calls `body(i)` for i = 0 … count−1, in parallel and in no particular order.
///
/// What an item is depends on the problem alone, never on the number of threads; so as long as an item writes only what
/// belongs to it, the result is the same bit for bit with any number of threads. Sums over items are kept one partial
/// an item and added in the order of the items. The first exception that a body throws is thrown again here, after all
/// have ended.
///
/// Each thread works through a part of its own from the front, and then helps the others from the back of theirs. So a
/// thread meets in one loop what it wrote in the loop before, in its own caches: fetching a line that another core
/// wrote takes 30 ns where they share a cache and 170 where they do not. And two threads that wrote side by side would
/// fetch each other's lines ahead.
template <class Body>
void parallel_for(std::size_t count, Body&& body) {
    detail::run_items(count, &body, [](void const* b, std::size_t i) {
        (*static_cast<std::remove_reference_t<Body>*>(const_cast<void*>(b)))(i);
    });
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
