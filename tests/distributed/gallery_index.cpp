#include <trine/distributed/gallery_index.hpp>

#include <string>
#include <vector>

#include <trine/distances/euclidean.hpp>
#include <trine/distributed/thread_ranks.hpp>
#include <trine/neighbors/gallery_search.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;
using distance = distances::squared_euclidean;

TEMPLATE_TEST_CASE("a gallery's photos are found on several ranks as on one", "[distributed]",
                   neighbors::storage::float32, neighbors::storage::float16, neighbors::storage::int8) {
    using gallery_type = neighbors::gallery<TestType>;
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    std::size_t const photos = 41, size = 6;
    auto const of = neighbors::gallery_identity::of("a network", distance{}, size);
    auto const points = random_values<float>(photos * size, 3);
    std::vector<std::string> names(photos, "Ada"), sources(photos, "a photo");
    auto whole = gallery_type::create(path, of);
    whole.add(names, sources, {points.data(), photos, size});
    whole.compact();                                          // into the file
    whole.add(names, sources, {points.data(), photos, size}); // and all once more, at the same distances, in the log
    whole.remove(std::vector<std::size_t>{0, 1, 2, 3, 4, 40, 50}); // of either
    neighbors::gallery_search<neighbors::exact_in<TestType>, distance, TestType> search;
    matrix_view<float const> const queries(points.data(), 9, size);
    auto const expected = search.search(whole, queries, 20);
    for (std::size_t ranks : {1, 2, 3, 8})
        distributed::run_on_threads(ranks, [&](communicator& own) {
            auto const gallery = gallery_type::open(path);
            auto const index = distributed::spread<distance>(own, gallery);
            auto const found = index.search(queries, 20);
            for (std::size_t q = 0; q < found.size(); ++q)
                require(std::equal(found[q].begin(), found[q].end(), expected[q].begin(), expected[q].end()), "rank ",
                        own.rank(), " of ", ranks, " has other neighbours of query ", q);
        });
    CHECK_THROWS_WITH(
        distributed::run_on_threads(2,
                                    [&](communicator& own) {
                                        gallery_type other(of);
                                        distributed::spread<distance>(own, own.rank() == 0 ? whole : other);
                                    }),
        Contains("the gallery has 82 places and 75 photos on rank 0, and 0 places and 0 photos on rank 1"));
    gallery_type const nobody(of);
    distributed::run_on_threads(
        2, [&](communicator& own) { require(distributed::spread<distance>(own, nobody).size() == 0, "somebody"); });
}
