#include <trine/core/communicator.hpp>

#include <stdexcept>
#include <string>
#include <vector>

#include <trine/distributed/thread_ranks.hpp>

#include "support/catch.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("what rank 0 says reaches all, and what each says all others", "[core]") {
    for (std::size_t ranks : {1, 2, 3, 5, 8}) {
        std::vector<std::string> heard(ranks);
        std::vector<std::vector<std::string>> gathered(ranks);
        std::vector<std::vector<int>> parts(ranks);
        std::vector<int> any(ranks);
        distributed::run_on_threads(ranks, [&](communicator& own) {
            std::size_t const r = own.rank();
            heard[r] = r == 0 ? "hello" : "what is here before does not matter";
            broadcast(own, heard[r]);
            gathered[r] = gather(own, std::string(r, static_cast<char>('a' + r)));
            std::vector<std::size_t> firsts{0};
            for (std::size_t i = 0; i < ranks; ++i)
                firsts.push_back(firsts.back() + i); // rank 0 has none
            parts[r].assign(firsts.back(), -1);
            for (std::size_t i = firsts[r]; i < firsts[r + 1]; ++i)
                parts[r][i] = static_cast<int>(i);
            gather_parts<int>(own, parts[r], firsts);
            any[r] = 2 * any_of(own, r + 1 == ranks) + any_of(own, false);
        });
        for (std::size_t r = 0; r < ranks; ++r) {
            CHECK(heard[r] == "hello");
            REQUIRE(gathered[r].size() == ranks);
            for (std::size_t i = 0; i < ranks; ++i)
                CHECK(gathered[r][i] == std::string(i, static_cast<char>('a' + i)));
            for (std::size_t i = 0; i < parts[r].size(); ++i)
                CHECK(parts[r][i] == static_cast<int>(i));
            CHECK(any[r] == 2);
        }
    }
}

TEST_CASE("what one rank throws, all throw, of the same kind", "[core]") {
    auto const thrown = [](auto const& work) {
        std::vector<std::string> all(4);
        distributed::run_on_threads(4, [&](communicator& own) {
            try {
                together(own, [&] { work(own.rank()); });
            } catch (numeric_error const& e) {
                all[own.rank()] = std::string("numeric: ") + e.what();
            } catch (error const& e) {
                all[own.rank()] = e.what();
            }
        });
        for (auto const& text : all)
            CHECK(text == all[0]);
        return all[0];
    };
    CHECK(thrown([](std::size_t) {}) == "");
    CHECK(thrown([](std::size_t rank) {
              if (rank >= 2)
                  fail<numeric_error>("the loss became NaN on ", rank);
          }) == "numeric: rank 2 of 4: the loss became NaN on 2");
    CHECK(thrown([](std::size_t) { fail<numeric_error>("no photo"); }) == "numeric: no photo");
    CHECK(thrown([](std::size_t rank) {
              if (rank == 3)
                  throw std::runtime_error("of the system");
          }) == "rank 3 of 4: of the system");
    CHECK(thrown([](std::size_t rank) {
              if (rank == 0)
                  throw 1;
          }) == "rank 0 of 4: an exception that is no std::exception");
    lone_rank alone; // whose errors are its own
    CHECK_THROWS_AS(together(alone, [] { throw std::out_of_range("as it was"); }), std::out_of_range);
}

TEST_CASE("a rank that is gone leaves nobody waiting", "[core]") {
    auto const work = [](communicator& own) {
        if (own.rank() == 1)
            fail<data_error>("had enough");
        gather(own, "still here?");
    };
    CHECK_THROWS_WITH(distributed::run_on_threads(3, work), "had enough");
    CHECK_THROWS_AS(distributed::run_on_threads(3, work), data_error);
    CHECK_THROWS_AS(distributed::run_on_threads(0, work), argument_error);
}

TEST_CASE("ranks exchange with others that are there, in lengths that both know", "[core]") {
    std::byte byte{};
    communicator::outgoing const out{0, {&byte, 1}};
    lone_rank alone;
    CHECK_THROWS_WITH(alone.exchange({&out, 1}, {}), Contains("rank 0 of 1 has nothing to exchange with rank 0"));
    alone.exchange({}, {});
    CHECK(alone.bytes_sent() == 0);
    CHECK_THROWS_WITH(distributed::run_on_threads(2,
                                                  [](communicator& own) {
                                                      std::byte two[2]{};
                                                      communicator::outgoing const o{1, {two, 1}};
                                                      communicator::incoming const i{0, two};
                                                      if (own.rank() == 0)
                                                          own.exchange({&o, 1}, {});
                                                      else
                                                          own.exchange({}, {&i, 1});
                                                  }),
                      "rank 0 sent 1 bytes to rank 1, which expected 2");
}
