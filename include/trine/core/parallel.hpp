#pragma once

#include <cstddef>
#include <type_traits>

#include "config.hpp"

namespace trine {

/// Number of threads that the next parallel loop of the calling thread uses.
///
/// By default the processors that this process can really use (`core/processors.hpp`), and no more than OpenMP would:
/// `OMP_NUM_THREADS`, where it is set, decides alone.
std::size_t thread_count();

/// Sets the number of threads that parallel loops of the calling thread use from now on. Results do not depend on it.
///
/// @param count  1 or more; loops take 1023 at most
void set_thread_count(std::size_t count);

/// Index of the calling thread among those that work on a parallel loop, below `thread_count()`; 0 outside of loops.
std::size_t thread_index();

namespace detail {

/// The loop of `parallel_for`, compiled once for all bodies.
void run_items(std::size_t count, void const* body, void (*call)(void const*, std::size_t));

} // namespace detail

/// Calls `body(i)` for i = 0 … count−1, in parallel and in no particular order.
///
/// What an item is depends on the problem alone, never on the number of threads; so as long as an item writes only what
/// belongs to it, the result is the same bit for bit with any number of threads. Sums over items are kept one partial
/// an item and added in the order of the items. The first exception that a body throws is thrown again here, after all
/// items that were begun have ended; those not yet begun are left out.
///
/// The loop ends when its work has ended, not when all threads have come: who calls it does what nobody has begun, and
/// waits only for items that another thread has in hand. On a machine that others use too, a thread may have no core
/// for many milliseconds, and nobody waits for it. The threads are those of one parallel region of OpenMP, which is
/// opened at the first loop and stays open (`parallel_impl.hpp`).
///
/// Each thread works through a part of its own from the front, and then helps the others from the back of theirs. So a
/// thread meets in one loop what it wrote in the loop before, in its own caches: fetching a line that another core
/// wrote takes 30 ns where they share a cache and 170 where they do not. And two threads that wrote side by side would
/// fetch each other's lines ahead.
///
/// Any number of threads of a program may run loops at once; they share the same helpers, so that there are never more
/// threads than callers and helpers. A loop in a loop, or in a parallel region of somebody else's, is the work of the
/// thread that calls it. After fork() the child has helpers of its own.
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

#ifdef TRINE_HEADER_ONLY
#include "parallel_impl.hpp"
#endif
