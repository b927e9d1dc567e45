#include <trine/core/overlapped_sum.hpp>

#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include <trine/distributed/thread_ranks.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("values that are exchanged while others are computed have the same sums", "[core]") {
    constexpr std::size_t piece = overlapped_sum<float>::piece;
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, piece - 1, piece, piece + 1, 3 * piece + 17})
        for (std::size_t ranks : {1, 2, 3, 4, 7}) {
            std::size_t const chunks = 8;
            distributed::run_on_threads(ranks, [&](communicator& own) {
                sum_tree const tree(chunks, own.rank(), own.size());
                std::vector<buffer<float>> scratch;
                std::vector<float> expected(size), sum(size), received;
                auto const values = [&](std::size_t chunk) { return random_values<float>(size, 10 + chunk); };
                std::vector<float> kept;
                auto const of = [&](std::size_t chunk) {
                    kept = values(chunk);
                    return std::span<float const>(kept);
                };
                tree.sum_own<float>(expected, scratch, of);
                tree.sum_over_ranks<float>(own, expected, received);

                auto const sums = tree.sum_own_before_last<float>(sum, scratch, of);
                auto const last = values(tree.last_chunk() - 1);
                overlapped_sum<float> over_ranks(tree, own, sum, received);
                // Each rank in steps of its own, and some later than others.
                for (std::size_t done = size; done > 0;) {
                    std::size_t const next = done - std::min(done, piece / 3 + 5000 * own.rank());
                    sum_tree::add_last<float>(last, sum, scratch, sums, next, done);
                    done = next;
                    over_ranks.ready_from(done);
                    std::this_thread::sleep_for(std::chrono::microseconds(300 * own.rank()));
                }
                over_ranks.finish();
                require(sum == expected, "rank ", own.rank(), " of ", ranks, " has other sums of ", size, " values");
            });
        }
}

TEST_CASE("a rank that is gone ends those that exchange with it", "[core]") {
    CHECK_THROWS_WITH(distributed::run_on_threads(2,
                                                  [](communicator& own) {
                                                      if (own.rank() == 1)
                                                          fail<data_error>("gone");
                                                      sum_tree const tree(2, 0, 2);
                                                      std::vector<float> sum(10), received;
                                                      overlapped_sum<float> over_ranks(tree, own, sum, received);
                                                      over_ranks.ready_from(0);
                                                      over_ranks.finish();
                                                  }),
                      Contains("gone"));
}

TEST_CASE("exchanges follow one another", "[core]") {
    distributed::run_on_threads(2, [](communicator& own) {
        char sent = 'a', came = 0;
        std::size_t const other = 1 - own.rank();
        communicator::outgoing const out{other, std::as_bytes(std::span(&sent, 1))};
        communicator::incoming const in{other, std::as_writable_bytes(std::span(&came, 1))};
        require(own.is_exchanged(), "nothing has begun");
        own.begin_exchange({&out, 1}, {&in, 1});
        bool refused = false;
        try {
            own.begin_exchange({&out, 1}, {&in, 1});
        } catch (argument_error const&) {
            refused = true;
        }
        require(refused, "two exchanges at once");
        own.finish_exchange();
        require(own.is_exchanged() && came == 'a', "what was sent has not come");
    });
}
