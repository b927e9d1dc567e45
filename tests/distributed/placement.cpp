#include <trine/distributed/placement.hpp>

#include <string>
#include <vector>

#include <trine/core/parallel.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/distributed/photos.hpp>
#include <trine/distributed/thread_ranks.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
using distributed::rank_place;

TEST_CASE("ranks that share processors get a part of them each", "[distributed]") {
    std::vector<rank_place> all{{"a", "ada", {0, 1}, 2, 2},
                                {"a", "ada", {2, 3}, 2, 2}, // bound to cores of their own
                                {"b", "bea", {0, 1, 2, 3}, 4, 4},
                                {"b", "bea", {0, 1, 2, 3}, 4, 4},
                                {"c", "cleo", {0, 1, 2, 3}, 4, 4}};
    std::vector<std::size_t> threads;
    for (std::size_t r = 0; r < all.size(); ++r)
        threads.push_back(distributed::suitable_threads(all, r));
    CHECK((threads == std::vector<std::size_t>{2, 2, 2, 2, 4}));
    CHECK(distributed::describe_places(all) == "5 ranks on 3 machines, 2 to 4 threads each");
    CHECK(distributed::warn_of_sharing(all) == "on bea 2 ranks with 8 threads share 4 processors: they wait for each "
                                               "other\n");
    for (std::size_t r = 0; r < all.size(); ++r)
        all[r].threads = threads[r];
    CHECK(distributed::warn_of_sharing(all).empty());
    // A control group gives the four of a machine the time of two processors, and another system says nothing.
    std::vector<rank_place> const limited(4, {"a", "ada", {0, 1, 2, 3, 4, 5, 6, 7}, 2, 1}),
        unknown(2, {"b", "bea", {}, 8, 8});
    CHECK(distributed::suitable_threads(limited, 3) == 1);
    CHECK(distributed::warn_of_sharing(limited) == "on ada 4 ranks with 4 threads share 2 processors: they wait for "
                                                   "each other\n");
    CHECK(distributed::suitable_threads(unknown, 1) == 4);
    std::vector<rank_place> const bound{{"a", "ada", {0}, 1, 1, 8}, {"a", "ada", {1}, 1, 1, 8}};
    CHECK(distributed::warn_of_sharing(bound) ==
          "on ada 2 ranks may use 2 of 8 processors: mpirun --bind-to none gives them all\n");
    CHECK(distributed::describe_places({{"a", "ada", {0}, 1, 1}}) == "1 rank on 1 machine, 1 thread each");
}

TEST_CASE("ranks know where they are", "[distributed]") {
    with_threads const scope(3);
    distributed::run_on_threads(2, [](communicator& own) {
        auto const all = distributed::find_places(own);
        if (all.size() != 2 || all[0].machine != all[1].machine || all[0].threads != 3 || all[0].usable < 1)
            fail("rank ", own.rank(), " is elsewhere");
    });
}

TEST_CASE("photos of rank 0 reach all ranks", "[distributed]") {
    auto const photos = data::synthetic_faces{.channels = 3, .height = 20, .width = 16}.make(3, 2);
    distributed::run_on_threads(3, [&](communicator& own) {
        data::dataset mine;
        mine.people = {"nobody"}, mine.sources = {"", "x"};
        if (own.rank() == 0)
            mine = photos;
        distributed::share_photos(own, mine);
        if (mine.channels != 3 || mine.height != 20 || mine.width != 16 || mine.people != photos.people ||
            mine.labels != photos.labels || mine.sources != photos.sources || mine.samples != photos.samples)
            fail("rank ", own.rank(), " has other photos");
        data::dataset none;
        distributed::share_photos(own, none);
        if (none.size() != 0)
            fail("photos out of nowhere");
    });
}
