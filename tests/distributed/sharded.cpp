#include <trine/distributed/sharded.hpp>

#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distances/lp.hpp>
#include <trine/distributed/thread_ranks.hpp>
#include <trine/io/file.hpp>
#include <trine/io/safetensors.hpp>

#include "support/awkward_galleries.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

using lists = std::vector<std::vector<neighbors::neighbor>>;

lists copied(neighbors::neighbor_lists const& all) {
    lists out;
    for (std::size_t q = 0; q < all.size(); ++q)
        out.emplace_back(all[q].begin(), all[q].end());
    return out;
}

// Does the same to the one index and to that of several ranks, and compares what every search of theirs finds.
template <class Distance, class Search = neighbors::exact, class Work>
void check_against_one(std::size_t ranks, std::size_t dimensions, Work const& work) {
    struct one {
        typename Search::template index<Distance> all;
        std::vector<lists> found{};
        void add(matrix_view<float const> points) { all.add(points); }
        void remove(std::size_t place) { all.remove(place); }
        void search(matrix_view<float const> queries, std::size_t k) {
            found.push_back(copied(all.search(queries, k)));
        }
    } expected{typename Search::template index<Distance>(dimensions)};
    work(expected);
    std::vector<std::vector<lists>> got(ranks);
    std::vector<std::size_t> held(ranks);
    distributed::run_on_threads(ranks, [&](communicator& own) {
        struct many {
            typename distributed::sharded<Search>::template index<Distance> all;
            std::size_t rank;
            std::vector<lists> found{};
            void add(matrix_view<float const> points) { all.add(points); }
            void remove(std::size_t place) { all.remove(place); }
            void search(matrix_view<float const> queries, std::size_t k) {
                found.push_back(copied(all.search(rank == 0 ? queries : matrix_view<float const>{}, k)));
            }
        } mine{{own, dimensions}, own.rank()};
        work(mine);
        got[own.rank()] = mine.found;
        held[own.rank()] = mine.all.own_places().size();
    });
    for (auto const& found : got)
        CHECK((found == expected.found));
    CHECK(std::accumulate(held.begin(), held.end(), std::size_t{0}) == expected.all.size());
}

template <class Distance, class Search = neighbors::exact>
void check_awkward_galleries(std::size_t n, std::size_t d) {
    auto const queries = random_points(9, d, 21);
    for (auto const& named : awkward_galleries(n, d))
        for (std::size_t ranks : {1, 2, 3, 4}) {
            auto const& [name, points] = named;
            auto const& gallery = points; // Clang 14 captures no names of parts
            INFO(name << ", " << n << "×" << d << " on " << ranks << " ranks");
            check_against_one<Distance, Search>(ranks, d, [&](auto& index) {
                index.add(gallery.view().slice(0, n / 3));
                index.add(gallery.view().slice(n / 3, 1)); // which one rank has, and others do not
                index.add(gallery.view().slice(n / 3 + 1, n - n / 3 - 1));
                index.search(queries.view(), 1);
                index.search(queries.view().slice(0, 2), 7);
                index.search(gallery.view().slice(0, 9), 5); // at distance 0 of themselves
                index.search(queries.view(), n);             // more than any rank has
                for (std::size_t i = 0; i < n; i += 3)
                    index.remove(i);
                index.search(queries.view(), 7);
                index.search(queries.view().slice(3, 1), n - (n + 2) / 3);
            });
        }
}

} // namespace

TEST_CASE("points on several ranks are found as in one index, bit for bit", "[distributed]") {
    check_awkward_galleries<distances::squared_euclidean>(150, 17);
    check_awkward_galleries<distances::euclidean>(150, 17);
    check_awkward_galleries<distances::cosine>(150, 16);
    check_awkward_galleries<distances::angular>(40, 3);
    check_awkward_galleries<distances::dot_product>(150, 17);
    check_awkward_galleries<distances::manhattan>(150, 17);
    check_awkward_galleries<distances::squared_euclidean, neighbors::exact_in<neighbors::storage::int8>>(150, 17);
    auto const gallery = random_points(40, 5, 8); // others do not fit sixteen bits
    check_against_one<distances::cosine, neighbors::exact_in<neighbors::storage::float16>>(3, 5, [&](auto& index) {
        index.add(gallery.view());
        index.search(gallery.view(), 7);
    });
}

TEST_CASE("distances that differ in double alone keep their order across ranks", "[distributed]") {
    // Squared distances 1 + i·2⁻⁴⁰, which are one float: the larger places are the nearer.
    std::size_t const n = 64;
    std::vector<float> points(2 * n, 1);
    for (std::size_t i = 0; i < n; ++i)
        points[2 * i + 1] = static_cast<float>(n - i) * 0x1p-20f;
    std::vector<float> const origin(2);
    for (std::size_t ranks : {2, 4})
        distributed::run_on_threads(ranks, [&](communicator& own) {
            distributed::sharded<>::index<distances::squared_euclidean> all(own, 2);
            all.add({points.data(), n, 2});
            auto const found = all.search({origin.data(), 1, 2}, n);
            for (std::size_t i = 0; i < n; ++i)
                if (found[0][i].distance != 1 || found[0][i].index != n - 1 - i)
                    fail("neighbour ", i, " is ", found[0][i].index, " at distance ", found[0][i].distance);
        });
}

TEST_CASE("enough points for codes are found as in one index", "[distributed]") {
    auto const gallery = random_points(9000, 24, 3), queries = random_points(70, 24, 4);
    check_against_one<distances::euclidean>(2, 24, [&](auto& index) {
        index.add(gallery.view());
        index.search(queries.view(), 10);
        index.search(queries.view().slice(0, 1), 100);
    });
}

TEST_CASE("each rank adds its own points, and some have none", "[distributed]") {
    auto const gallery = random_points(30, 4, 5), queries = random_points(3, 4, 6);
    neighbors::exact::index<distances::euclidean> one(4);
    one.add(gallery.view());
    auto const expected = copied(one.search(queries.view(), 12));
    std::vector<lists> got(4);
    std::vector<std::size_t> sizes(4);
    distributed::run_on_threads(4, [&](communicator& own) {
        std::size_t const firsts[]{0, 10, 10, 29, 30};
        auto const part = [&](std::size_t r) { return gallery.view().slice(firsts[r], firsts[r + 1] - firsts[r]); };
        distributed::sharded<>::index<distances::euclidean> all(own, 4);
        all.add_own(part(own.rank()));
        got[own.rank()] = copied(all.search(queries.view(), 12));
        sizes[own.rank()] = all.own_places().size();
    });
    for (auto const& found : got)
        CHECK((found == expected));
    CHECK((sizes == std::vector<std::size_t>{10, 0, 19, 1}));
}

TEST_CASE("what does not fit is refused on all ranks, and changes nothing", "[distributed]") {
    auto const gallery = random_points(5, 4, 5);
    distributed::run_on_threads(3, [&](communicator& own) {
        distributed::sharded<>::index<distances::euclidean> all(own, 4);
        auto const refused = [&](auto const& work, std::string_view expected) {
            std::string said;
            try {
                work();
            } catch (error const& e) {
                said = e.what();
            }
            require(said.find(expected) != std::string::npos, "not \"", expected, "\" but \"", said, "\" on rank ",
                    own.rank());
        };
        refused([&] { all.search(gallery.view(), 1); }, "k = 1 nearest neighbours of a gallery of 0 photos");
        all.add(gallery.view().slice(0, 2)); // none for one rank
        refused([&] { all.search(gallery.view(), 3); }, "k = 3 nearest neighbours of a gallery of 2 photos");
        refused([&] { all.search({gallery.values.data(), 2, 3}, 1); }, "queries of 3 values among references of 4");
        refused([&] { all.add({gallery.values.data(), 2, 3}); }, "points of 3 values for an index of 4");
        auto own_points = gallery;
        if (own.rank() == 1)
            own_points.values[6] = std::numeric_limits<float>::quiet_NaN();
        refused([&] { all.add_own(own_points.view()); }, "rank 1 of 3: embedding 1 of those to be added is not finite");
        require(all.size() == 2 && all.search(gallery.view(), 2)[0].size() == 2, "something was added");
        refused([&] { all.remove(2); }, "there is no point at place 2 of 2");
        all.remove(1);
        refused([&] { all.remove(1); }, "there is no point at place 1 of 2");
        require(all.search(gallery.view(), 1)[4][0].index == 0, "place 0 alone is left");
    });
}

TEST_CASE("points saved on some ranks are read on others", "[distributed]") {
    temporary_folder const folder;
    auto const gallery = random_points(40, 4, 5), queries = random_points(3, 4, 6);
    using index = distributed::sharded<>::index<distances::euclidean>;
    neighbors::exact::index<distances::euclidean> one(4);
    one.add(gallery.view());
    one.remove(7), one.remove(31);
    auto const expected = copied(one.search(queries.view(), 20));
    auto const path = folder / "points";
    auto const save = [&](std::size_t ranks) {
        distributed::run_on_threads(ranks, [&](communicator& own) {
            index all(own, 4);
            all.add(gallery.view().slice(0, 25));
            all.add(gallery.view().slice(25, 15));
            all.remove(31), all.remove(7);
            all.save(path);
        });
    };
    auto const files = [&] {
        return std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator{});
    };
    for (std::size_t writers : {3, 1, 4}) {
        save(writers);
        CHECK(files() == static_cast<std::ptrdiff_t>(writers) + 1); // what was before is gone
        for (std::size_t readers : {1, 3, 4, 6}) {
            std::vector<lists> got(readers);
            distributed::run_on_threads(readers, [&](communicator& own) {
                index all(own, 4);
                all.load(path);
                require(all.size() == 40 && all.removed() == 2, "another number of places");
                all.add(gallery.view().slice(0, 2)); // at places 40 and 41
                all.remove(40), all.remove(41);
                got[own.rank()] = copied(all.search(queries.view(), 20));
            });
            for (auto const& found : got)
                CHECK((found == expected));
        }
    }
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::others_all) ==
          std::filesystem::perms::none);

    SECTION("one that is not whole, or of something else, is refused") {
        auto const load = [&](std::size_t dimensions = 4) {
            distributed::run_on_threads(2, [&](communicator& own) { index(own, dimensions).load(path); });
        };
        CHECK_THROWS_WITH(load(5), Contains("points: holds points of 4 values, not of 5"));
        CHECK_THROWS_WITH(
            distributed::run_on_threads(
                2, [&](communicator& own) { distributed::sharded<>::index<distances::cosine>(own, 4).load(path); }),
            Contains("was made with the distance euclidean"));
        auto const generation = io::safetensors::load(path).text_of("generation");
        auto const third = folder / ("points." + generation + ".2"), fourth = folder / ("points." + generation + ".3");
        auto const bytes = io::read_file(fourth);
        std::filesystem::copy_file(third, fourth, std::filesystem::copy_options::overwrite_existing);
        CHECK_THROWS_WITH(load(),
                          Contains("rank 1 of 2: ") && Contains("two of its shards hold a point for one place"));
        std::filesystem::remove(fourth);
        CHECK_THROWS_WITH(load(), Contains("rank 1 of 2: ") && Contains(".3: cannot be opened"));
        io::write_file(fourth, bytes);
        load();
        io::write_file(path, bytes);
        CHECK_THROWS_WITH(load(), Contains("points: is not a list of shards"));
        io::write_file(path, "nonsense");
        CHECK_THROWS_AS(load(), format_error);
        save(2); // over what cannot be read
        load();
        CHECK(files() == 3 + 4); // whose shards nobody could know
    }
    SECTION("what cannot be written leaves what was there") {
        std::filesystem::create_directory(folder / "other");
        CHECK_THROWS_WITH(distributed::run_on_threads(2,
                                                      [&](communicator& own) {
                                                          index all(own, 4);
                                                          all.save(own.rank() == 1 ? folder / "none" / "points" : path);
                                                      }),
                          Contains("rank 1 of 2: "));
        CHECK(files() == 5 + 1);
        distributed::run_on_threads(2, [&](communicator& own) {
            index all(own, 4);
            all.load(path);
            require(all.size() == 40, "other points");
            std::string said;
            try {
                all.load(path);
            } catch (argument_error const& e) {
                said = e.what();
            }
            require(said.find("would be read into an index that holds 40 points") != std::string::npos, said);
        });
    }
}
