// What ranks do together over MPI, for tests/mpi/run.sh:
//
//   worker agree       sums along the tree, what is gathered and broadcast, and search, beside what one process does
//   worker throw       rank 1 throws while the others wait for it
//   worker throw_all   all throw the same
//   worker die         rank 1 is killed while the others wait for it

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <trine/core/error.hpp>
#include <trine/core/sum_tree.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distributed/mpi.hpp>
#include <trine/distributed/sharded.hpp>

#include "support/random_values.hpp"

using namespace trine;

namespace {

void agree(communicator& ranks) {
    std::size_t const chunks = 8, size = 300'001;
    // What one process does, on each rank.
    std::vector<buffer<float>> scratch;
    std::vector<float> expected(size), sum(size), received, chunk;
    auto const values = [&](std::size_t number) {
        chunk = random_values<float>(size, number);
        return std::span<float const>(chunk);
    };
    sum_tree(chunks, 0, 1).sum_own<float>(expected, scratch, values);
    sum_tree const tree(chunks, ranks.rank(), ranks.size());
    tree.sum_own<float>(sum, scratch, values);
    tree.sum_over_ranks<float>(ranks, sum, received);
    require(sum == expected, "rank ", ranks.rank(), " has another sum");

    std::string text = ranks.rank() == 0 ? std::string(100'000, 'x') : "";
    broadcast(ranks, text);
    require(text == std::string(100'000, 'x'), "rank ", ranks.rank(), " heard something else");
    auto const names = gather(ranks, "rank " + std::to_string(ranks.rank()));
    for (std::size_t r = 0; r < ranks.size(); ++r)
        require(names.at(r) == "rank " + std::to_string(r), "rank ", r, " is called ", names.at(r));

    std::size_t const rows = 2000, cols = 32, k = 20;
    auto const points = random_values<float>(rows * cols, 1);
    matrix_view<float const> const all(points.data(), rows, cols), queries = all.slice(0, 50);
    neighbors::exact::index<distances::euclidean> one(cols);
    distributed::sharded<>::index<distances::euclidean> many(ranks, cols);
    one.add(all), many.add(all);
    one.remove(3), many.remove(3);
    auto const found = one.search(queries, k), got = many.search(queries, k);
    for (std::size_t q = 0; q < found.size(); ++q)
        require(std::equal(found[q].begin(), found[q].end(), got[q].begin(), got[q].end()), "rank ", ranks.rank(),
                " has other neighbours of query ", q);

    require(ranks.bytes_sent() > 0 && ranks.seconds() > 0, "exchanged nothing");
    std::string problem;
    try {
        together(ranks, [&] { require<data_error>(ranks.rank() + 1 < ranks.size(), "no photo"); });
    } catch (data_error const& e) {
        problem = e.what();
    }
    auto const last = std::to_string(ranks.size() - 1);
    require(problem == "rank " + last + " of " + std::to_string(ranks.size()) + ": no photo", "not so: ", problem);
    if (ranks.rank() == 0)
        std::printf("%zu ranks agree\n", ranks.size());
}

int work(communicator& ranks, std::string_view what) {
    if (what == "agree")
        agree(ranks);
    if (what == "throw_all")
        fail("all have had enough");
    if (ranks.rank() == 1 && what == "throw")
        fail("had enough");
    if (ranks.rank() == 1 && what == "die")
        std::raise(SIGKILL);
    if (what == "throw" || what == "die")
        gather(ranks, "for ever");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2)
        return 2;
    distributed::mpi_session mpi(argc, argv);
    try {
        return mpi.run([&] { return work(mpi.ranks(), argv[1]); });
    } catch (error const& e) {
        std::printf("all ranks: %s\n", e.what());
        return 0;
    }
}
