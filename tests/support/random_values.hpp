#pragma once

#include <cstddef>
#include <vector>

#include <trine/core/parallel.hpp>
#include <trine/core/random.hpp>

/// Normal values; the same for the same seed.
template <class T>
std::vector<T> random_values(std::size_t size, std::uint64_t seed) {
    trine::random_stream stream(seed, trine::purpose::user);
    std::vector<T> values(size);
    for (T& v : values)
        v = static_cast<T>(stream.normal());
    return values;
}

/// Runs the rest of a scope with a number of threads, and gives back what was there.
struct with_threads {
    explicit with_threads(std::size_t count) : before(trine::thread_count()) { trine::set_thread_count(count); }
    ~with_threads() { trine::set_thread_count(before); }
    with_threads(with_threads const&) = delete;
    with_threads& operator=(with_threads const&) = delete;
    std::size_t before;
};
