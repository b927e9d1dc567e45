#include <trine/core/parallel.hpp>

#include <vector>

#include <trine/core/error.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("every item is visited once, with any number of threads", "[parallel]") {
    auto const before = thread_count();
    for (std::size_t threads : {1, 2, 4}) {
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
    }
    set_thread_count(before);
    parallel_for(0, [](std::size_t) { FAIL("no item to visit"); });
}

TEST_CASE("an exception leaves the loop", "[parallel]") {
    CHECK_THROWS_WITH(parallel_for(100, [](std::size_t i) { require<argument_error>(i != 42, "item ", i); }), "item 42");
}
