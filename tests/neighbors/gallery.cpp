#include <trine/neighbors/gallery.hpp>

#include <filesystem>
#include <limits>

#include <trine/distances/euclidean.hpp>
#include <trine/distances/lp.hpp>
#include <trine/io/safetensors.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/neighbors/gallery_search.hpp>

#include "support/catch.hpp"
#include "support/galleries.hpp"
#include "support/random_values.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using neighbors::access;
using neighbors::gallery;
namespace storage = neighbors::storage;
using Catch::Matchers::Contains;

TEST_CASE("a gallery keeps people and photos, in memory and in its file", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    std::multiset<std::string> expected;
    {
        auto g = gallery<>::create(path, of_tests);
        CHECK(g.add("Ada", "a1.jpg", point(1)) == 0);
        CHECK(g.add("Grace", "g1.jpg", point(2)) == 1);
        CHECK(g.add("Ada", "a2.jpg", point(3)) == 2);
        CHECK(g.name(2) == "Ada");
        CHECK(g.source(1) == "g1.jpg");
        CHECK(g.point(2) == point(3));
        CHECK(g.people() == std::map<std::string, std::size_t>{{"Ada", 2}, {"Grace", 1}});
        CHECK(g.person(0) == g.person(2));
        g.rename("Ada", "Ada Lovelace");
        CHECK(g.photos_of("Ada Lovelace") == std::vector<std::size_t>{0, 2});
        CHECK(g.photos_of("Ada").empty());
        g.add("Ada", "another.jpg", point(4)); // the name is free again
        CHECK(g.people().size() == 3);
        CHECK_THROWS_WITH(g.rename("Ada", "Grace"), "there is a \"Grace\" already; merge makes the two one person");
        g.merge("Ada", "Ada Lovelace");
        CHECK(g.photos_of("Ada Lovelace") == std::vector<std::size_t>{0, 2, 3});
        CHECK(g.remove("Grace") == 1);
        CHECK(g.size() == 3);
        CHECK(g.places() == 4);
        g.rename("Ada Lovelace", "Grace"); // a name that nobody has any more
        CHECK(g.people() == std::map<std::string, std::size_t>{{"Grace", 3}});
        g.merge("Grace", (g.add("Ada", "new.jpg", point(5)), "Ada"));
        std::size_t const gone = 2;
        g.remove({&gone, 1});
        expected = contents(g);
        CHECK(expected.size() == 3);
    }
    CHECK(contents(gallery<>::open(path, of_tests)) == expected);
    {
        auto g = gallery<>::open(path, of_tests, access::write);
        CHECK(contents(g) == expected);
        auto const before = g.layout();
        g.compact();
        CHECK(g.layout() != before);
        CHECK(g.places() == 3);
        CHECK(contents(g) == expected);
        g.save_as(folder / "copy.gallery");
        CHECK_THROWS_WITH(g.save_as(path), Contains("is this gallery's own file"));
        g.add("Mary", "m.jpg", point(9));
        CHECK(g.person(3) != g.person(0));
        expected = contents(g);
    }
    CHECK(contents(gallery<>::open(path, of_tests)) == expected);
    CHECK(gallery<>::open(folder / "copy.gallery").size() == 3);
    // Others read it: it is a safetensors file.
    auto const file = io::safetensors::load(folder / "copy.gallery");
    CHECK(file.metadata.at("network") == "a network");
    CHECK(file.get<float>("points", {3, 6}).size() == 18);
}

TEST_CASE("a gallery refuses what does not fit", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    CHECK_THROWS_WITH(gallery<>::open(path), Contains("people.gallery: cannot be opened: No such file"));
    CHECK_THROWS_WITH(gallery<>::open(path, access::write), Contains("there is no such file"));
    CHECK_FALSE(std::filesystem::exists(path.string() + ".log"));
    auto g = gallery<>::create(path, of_tests);
    CHECK_THROWS_WITH(gallery<>::create(path, of_tests), Contains("is there already"));
    CHECK_THROWS_WITH(gallery<>::open(path, of_tests, access::write), Contains("another program is writing to it"));
    CHECK_THROWS_WITH(g.add("", "x", point(1)), "a person needs a name");
    CHECK_THROWS_WITH(g.add("Ada", "x", std::vector<float>(5)), "points of 5 values for a gallery of 6");
    auto bad = point(1);
    bad[4] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(g.add("Ada", "x", bad), "embedding 0 of those to be added is not finite");
    std::vector<std::string> const two{"Ada", "Grace"}, one{"x"};
    auto const points = random_values<float>(12, 1);
    CHECK_THROWS_AS(g.add(two, one, matrix_view<float const>(points.data(), 2, 6)), shape_error);
    CHECK(g.places() == 0);
    g.add("Ada", "x", point(1));
    CHECK_THROWS_WITH(g.remove("Bob"), "there is nobody called \"Bob\"");
    CHECK_THROWS_WITH(g.merge("Ada", "Bob"), "there is nobody called \"Bob\"");
    CHECK_THROWS_WITH(g.merge("Ada", "Ada"), "\"Ada\" cannot be merged with itself");
    CHECK_THROWS_WITH(g.rename("Bob", "Ada"), "there is nobody called \"Bob\"");
    std::vector<std::size_t> const twice{0, 0}, none{1};
    CHECK_THROWS_WITH(g.remove(twice), "the photo at place 0 has been removed already");
    CHECK_THROWS_WITH(g.remove(none), "there is no photo at place 1 of 1");
    CHECK(g.size() == 1);
    auto reader = gallery<>::open(path);
    CHECK_THROWS_WITH(reader.add("Bob", "x", point(1)), Contains("was opened for reading only"));
    CHECK_THROWS_WITH(gallery<>::open(path, {"another", "euclidean", 6}),
                      Contains("was made with the network \"a network\", not with \"another\""));
    CHECK_THROWS_WITH(gallery<>::open(path, {"a network", "cosine", 6}),
                      Contains("was made for the distance euclidean, not cosine"));
    CHECK_THROWS_WITH(gallery<>::open(path, {"a network", "euclidean", 7}),
                      Contains("holds points of 6 values, not 7"));
    CHECK_THROWS_WITH(gallery<storage::int8>::open(path), Contains("its points are stored as float32, not int8"));
    CHECK_THROWS_WITH(gallery<>::open(folder.path()), Contains("is a folder, not a file"));
    CHECK_THROWS_WITH(gallery<>::open(folder.path(), access::write), Contains("is not a file"));
}

TEST_CASE("readers see what a writer does", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    auto writer = gallery<>::create(path, of_tests);
    auto reader = gallery<>::open(path, of_tests);
    neighbors::gallery_search<neighbors::exact, distances::euclidean> search;
    CHECK_FALSE(reader.refresh());
    writer.add("Ada", "1", point(1));
    CHECK(reader.size() == 0);
    CHECK(reader.refresh());
    CHECK(contents(reader) == contents(writer));
    auto const nearest = [&](std::uint64_t seed) {
        auto const p = point(seed);
        return reader.name(search.search(reader, matrix_view<float const>(p.data(), 1, 6), 1).front()[0].index);
    };
    writer.add("Grace", "2", point(2));
    CHECK(nearest(2) == "Ada"); // it has not looked
    reader.refresh();
    CHECK(nearest(2) == "Grace");
    writer.compact();
    CHECK(contents(reader) == contents(writer)); // the old file is still mapped
    writer.rename("Grace", "Grace Hopper");
    CHECK(reader.refresh());
    CHECK(nearest(2) == "Grace Hopper");
    writer.remove("Ada");
    CHECK(reader.refresh());
    CHECK(nearest(1) == "Grace Hopper");
    CHECK_FALSE(reader.refresh());
    // A file that has become another: what was known stays.
    { auto other = std::move(writer); }
    std::filesystem::remove(path), std::filesystem::remove(path.string() + ".log");
    CHECK_THROWS_AS(reader.refresh(), io_error);
    CHECK(reader.size() == 1);
    gallery<>::create(path, {"another", "euclidean", 6});
    CHECK_THROWS_WITH(reader.refresh(), Contains("was made with the network \"another\", not with \"a network\""));
    CHECK(reader.size() == 1);
    CHECK(nearest(1) == "Grace Hopper");
}

TEST_CASE("a gallery with a long log is compacted by itself", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    neighbors::gallery_identity const small{"a network", "euclidean", 1};
    auto g = gallery<>::create(path, small);
    auto const layout = g.layout();
    auto const add = [&](std::size_t count) {
        auto const points = random_values<float>(count, g.places());
        g.add(std::vector<std::string>(count, "Ada"), std::vector<std::string>(count, "a.jpg"),
              matrix_view<float const>(points.data(), count, 1));
    };
    add(65536);
    CHECK(g.layout() == layout);
    CHECK(std::filesystem::file_size(path.string() + ".log") > 65536 * sizeof(float));
    auto const before = gallery<>::open(path, small);
    CHECK(before.places() == 65536);
    add(1);
    CHECK(g.layout() != layout);
    CHECK(std::filesystem::file_size(path.string() + ".log") == 0);
    auto const after = gallery<>::open(path, small);
    CHECK(after.places() == 65537);
    for (std::size_t place : {0, 40'000, 65'535})
        CHECK(after.point(place) == before.point(place));
}

TEST_CASE("a gallery knows its distance by name and values", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    auto const three = neighbors::gallery_identity::of("a network", distances::lp{.p = 3}, 6);
    CHECK(three.distance == "lp (p 3)");
    gallery<>::create(path, three).add("Ada", "a.jpg", point(1));
    CHECK(gallery<>::open(path, three).size() == 1);
    CHECK_THROWS_WITH(gallery<>::open(path, neighbors::gallery_identity::of("a network", distances::lp{.p = 2}, 6)),
                      Contains("was made for the distance lp (p 3), not lp (p 2)"));
    // A distance without values says its name alone, and so do the files of before.
    CHECK(neighbors::gallery_identity::of("", distances::manhattan{}, 6).distance == "manhattan");
}
