#include <trine/core/sum_tree.hpp>

#include <cstddef>
#include <vector>

#include <trine/distributed/thread_ranks.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

// The definition, as a recursion over vectors.
std::vector<float> plain_sum(std::vector<std::vector<float>> const& chunks, std::size_t first, std::size_t last) {
    if (last - first == 1)
        return chunks[first];
    auto sum = plain_sum(chunks, first, first + (last - first) / 2);
    auto const second = plain_sum(chunks, first + (last - first) / 2, last);
    for (std::size_t i = 0; i < sum.size(); ++i)
        sum[i] += second[i];
    return sum;
}

} // namespace

TEST_CASE("a sum over chunks has the same bits on any number of ranks", "[core]") {
    for (std::size_t chunks : {1, 2, 3, 5, 8, 11, 16})
        for (std::size_t size : {0, 1, 2, 7, 1000}) {
            std::vector<std::vector<float>> values;
            for (std::size_t c = 0; c < chunks; ++c)
                values.push_back(random_values<float>(size, 10 + c));
            auto const expected = plain_sum(values, 0, chunks);
            for (std::size_t ranks = 1; ranks <= std::min<std::size_t>(chunks, 9); ++ranks) {
                std::vector<std::vector<float>> sums(ranks);
                std::vector<std::size_t> visited(chunks);
                distributed::run_on_threads(ranks, [&](communicator& own) {
                    sum_tree const tree(chunks, own.rank(), own.size());
                    std::vector<buffer<float>> scratch;
                    std::vector<float> sum(size), received;
                    tree.sum_own<float>(sum, scratch, [&](std::size_t chunk) {
                        ++visited[chunk];
                        return std::span<float const>(values[chunk]);
                    });
                    tree.sum_over_ranks<float>(own, sum, received);
                    sums[own.rank()] = sum;
                });
                INFO(chunks << " chunks of " << size << " values on " << ranks << " ranks");
                for (auto const& sum : sums)
                    CHECK((sum == expected));
                CHECK((visited == std::vector<std::size_t>(chunks, 1)));
            }
        }
}

TEST_CASE("ranks that are a power of two send what a ring sends", "[core]") {
    std::size_t const size = 4096;
    for (std::size_t ranks : {2, 4, 8})
        distributed::run_on_threads(ranks, [&](communicator& own) {
            sum_tree const tree(8, own.rank(), own.size());
            std::vector<float> sum(size, 1), received;
            tree.sum_over_ranks<float>(own, sum, received);
            if (own.bytes_sent() != 2 * (ranks - 1) * size / ranks * sizeof(float))
                fail("rank ", own.rank(), " sent ", own.bytes_sent(), " bytes");
        });
}

TEST_CASE("every rank has chunks of its own, as many as others where that can be", "[core]") {
    for (std::size_t chunks = 1; chunks <= 40; ++chunks)
        for (std::size_t ranks = 1; ranks <= chunks; ++ranks) {
            sum_tree const tree(chunks, ranks - 1, ranks);
            REQUIRE(tree.first_chunk(0) == 0);
            REQUIRE(tree.last_chunk() == chunks);
            for (std::size_t r = 0; r < ranks; ++r)
                REQUIRE(tree.first_chunk(r) < tree.first_chunk(r + 1));
        }
    for (std::size_t ranks : {1, 2, 4, 8, 16})
        for (std::size_t r = 0; r <= ranks; ++r)
            CHECK(sum_tree(32, 0, ranks).first_chunk(r) == r * 32 / ranks);
    CHECK_THROWS_WITH(sum_tree(2, 0, 3), "3 ranks for a batch in 2 chunks: each rank needs a chunk at least");
    CHECK_THROWS_WITH(sum_tree(0, 0, 1), Contains("0 chunks"));
    CHECK_THROWS_AS(sum_tree(2, 2, 2), argument_error);
    std::size_t end = 0;
    for (std::size_t chunk = 0; chunk < 7; ++chunk) { // of 23 items: 3 or 4 in each
        std::size_t const size = chunk_begin(23, chunk + 1, 7) - chunk_begin(23, chunk, 7);
        CHECK((size == 3 || size == 4));
        end = chunk_begin(23, chunk + 1, 7);
    }
    CHECK(end == 23);
}
