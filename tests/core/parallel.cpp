#include <trine/core/parallel.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trine/core/error.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("every item is visited once, with any number of threads", "[parallel]") {
    auto const before = thread_count();
    for (std::size_t threads : {1, 2, 3, 7, 96}) { // more of them than parts, too
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

TEST_CASE("a loop ends without the threads that do not come", "[parallel]") {
    auto const before = thread_count();
    set_thread_count(4);
    // All helpers are held in another caller's loop; this one ends all the same.
    std::atomic<int> held{0};
    std::atomic<bool> release{false};
    auto holder = std::async(std::launch::async, [&] {
        set_thread_count(4);
        parallel_for(4, [&](std::size_t) {
            ++held;
            auto const start = std::chrono::steady_clock::now();
            while (!release && std::chrono::steady_clock::now() - start < std::chrono::seconds(20))
                std::this_thread::yield();
        });
    });
    while (held == 0)
        std::this_thread::yield();
    int done = 0;
    for (int r = 0; r < 100; ++r) {
        std::atomic<int> items{0};
        parallel_for(10, [&](std::size_t) { ++items; });
        done += items;
    }
    CHECK(done == 1000);
    CHECK(!release);
    release = true;
    holder.get();
    CHECK(held == 4);
    set_thread_count(before);
}

TEST_CASE("many threads of a program run loops at once", "[parallel]") {
    std::vector<std::future<std::size_t>> callers;
    for (std::size_t t = 0; t < 40; ++t) // more of them than loops that get help at once
        callers.push_back(std::async(std::launch::async, [t] {
            set_thread_count(1 + t % 5);
            std::size_t sum = 0;
            for (std::size_t r = 0; r < 50; ++r) {
                std::vector<std::size_t> values(100);
                parallel_for(values.size(), [&](std::size_t i) {
                    values[i] = i + (thread_index() < thread_count() ? 0 : 1000);
                    std::this_thread::yield();
                });
                for (auto v : values)
                    sum += v;
            }
            return sum;
        }));
    for (auto& c : callers)
        CHECK(c.get() == 50 * 4950);
}

TEST_CASE("a loop in a parallel region of somebody else's is the work of one thread", "[parallel]") {
    std::vector<int> visits(4 * 100), indices(4 * 100, -1);
#pragma omp parallel num_threads(4)
    {
        auto const own = static_cast<std::size_t>(omp_get_thread_num());
        parallel_for(100, [&](std::size_t i) {
            ++visits[own * 100 + i];
            indices[own * 100 + i] = static_cast<int>(thread_index());
        });
    }
    CHECK(visits == std::vector<int>(400, 1));
    CHECK(indices == std::vector<int>(400, 0));
}

TEST_CASE("threads of a loop see the number that its caller chose", "[parallel]") {
    auto const before = thread_count();
    for (std::size_t threads : {2, 3, 96}) {
        set_thread_count(threads);
        std::vector<std::size_t> seen(500);
        parallel_for(seen.size(), [&](std::size_t i) { seen[i] = thread_count(); });
        CHECK(seen == std::vector<std::size_t>(500, threads));
    }
    set_thread_count(2);
    omp_set_num_threads(3); // by way of OpenMP, as programs do that know nothing of ours
    CHECK(thread_count() <= 3);
    set_thread_count(before);
    CHECK_THROWS_WITH(set_thread_count(0), "a loop takes 1 to 1023 threads, not 0");
    CHECK_THROWS_WITH(set_thread_count(5000), "a loop takes 1 to 1023 threads, not 5000");
    CHECK(thread_count() == before);
}

TEST_CASE("a child of a process that ran loops runs loops", "[parallel]") {
    auto const before = thread_count();
    set_thread_count(3);
    std::vector<int> visits(1000);
    parallel_for(visits.size(), [&](std::size_t i) { ++visits[i]; });
    pid_t const child = fork();
    if (child == 0) {
        alarm(20);
        for (int r = 0; r < 10; ++r)
            parallel_for(visits.size(), [&](std::size_t i) { ++visits[i]; });
        _exit(visits == std::vector<int>(1000, 11) ? 0 : 1);
    }
    REQUIRE(child > 0);
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    parallel_for(visits.size(), [&](std::size_t i) { ++visits[i]; });
    CHECK(visits == std::vector<int>(1000, 2));
    set_thread_count(before);
}

TEST_CASE("after an exception the next loops run whole", "[parallel]") {
    auto const before = thread_count();
    set_thread_count(4);
    for (int r = 0; r < 100; ++r) {
        CHECK_THROWS_AS(parallel_for(64, [](std::size_t) { throw argument_error("each"); }), argument_error);
        std::atomic<int> items{0};
        parallel_for(64, [&](std::size_t) { ++items; });
        CHECK(items == 64);
    }
    set_thread_count(before);
}
