#include <trine/core/parallel.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <trine/core/error.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("every item is visited once, with any number of threads", "[parallel]") {
    auto const before = thread_count();
    for (std::size_t threads : {1, 2, 4, 100}) { // more of them than parts, too
        set_thread_count(threads);
        std::vector<int> visits(1000);
        parallel_for(visits.size(), [&](std::size_t i) { ++visits[i]; });
        CHECK(visits == std::vector<int>(1000, 1));
        std::vector<int> covered(103);
        parallel_blocks(covered.size(), 10, [&](std::size_t first, std::size_t last) {
            for (auto i = first; i < last; ++i)
                ++covered[i];
        });
        CHECK(covered == std::vector<int>(103, 1));
        std::vector<int> inner(3 * 50); // a loop in a loop is the work of one thread
        parallel_for(3, [&](std::size_t i) { parallel_for(50, [&](std::size_t k) { ++inner[i * 50 + k]; }); });
        CHECK(inner == std::vector<int>(3 * 50, 1));
    }
    set_thread_count(before);
    parallel_for(0, [](std::size_t) { FAIL("no item to visit"); });
}

TEST_CASE("a thread that has done its own part helps the others", "[parallel]") {
    auto const before = thread_count();
    set_thread_count(2);
    std::atomic<int> done{0};
    auto const start = std::chrono::steady_clock::now();
    // The first item ends after all others, so that they have to be done without its thread.
    parallel_for(10, [&](std::size_t i) {
        while (i == 0 && done < 9 && std::chrono::steady_clock::now() - start < std::chrono::seconds(20))
            std::this_thread::yield();
        ++done;
        if (i == 0)
            CHECK(done == 10);
    });
    set_thread_count(before);
}

TEST_CASE("an exception leaves the loop", "[parallel]") {
    CHECK_THROWS_WITH(parallel_for(100, [](std::size_t i) { require<argument_error>(i != 42, "item ", i); }),
                      "item 42");
    auto const before = thread_count();
    set_thread_count(1);
    CHECK_THROWS_WITH(parallel_for(100, [](std::size_t i) { require<argument_error>(i != 42, "item ", i); }),
                      "item 42");
    set_thread_count(before);
}
