// Loops of many kinds from many threads at once, for ThreadSanitizer: what one item writes, the caller and the items of
// the next loop read. The loops themselves use nothing but atomic operations, so that it sees into all of them.
#include <trine/core/parallel.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace trine;

namespace {

// Loops of all sizes, each item of which reads what another wrote in the loop before.
bool run_loops(std::size_t seed, std::size_t rounds) {
    for (std::size_t r = 0; r < rounds; ++r) {
        std::size_t const items = 1 + (seed * 31 + r * 7) % 97;
        set_thread_count(1 + (seed + r) % 9);
        std::vector<std::size_t> a(items), b(items), by_thread(thread_count());
        parallel_for(items, [&](std::size_t i) { a[i] = i + r; });
        parallel_for(items, [&](std::size_t i) {
            b[i] = a[items - 1 - i];
            ++by_thread[thread_index()];
            parallel_for(3, [&](std::size_t k) { b[i] += k; });
        });
        std::size_t all = 0;
        for (auto n : by_thread)
            all += n;
        for (std::size_t i = 0; i < items; ++i)
            if (b[i] != items - 1 - i + r + 3)
                return false;
        if (all != items)
            return false;
        if (r % 16 == 0) {
            bool thrown = false;
            try {
                parallel_for(items, [&](std::size_t i) {
                    if (i == items / 2)
                        throw std::runtime_error("an item");
                });
            } catch (std::runtime_error const&) {
                thrown = true;
            }
            if (!thrown)
                return false;
        }
        if (r % 64 == 0) // helpers fall asleep
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

} // namespace

int main() {
    std::atomic<bool> right{true};
    std::vector<std::thread> callers;
    for (std::size_t t = 0; t < 8; ++t)
        callers.emplace_back([&, t] {
            if (!run_loops(t, 400))
                right = false;
        });
    for (auto& t : callers)
        t.join();
    std::puts(right ? "every loop did its work" : "a loop did not do its work");
    return right ? 0 : 1;
}
