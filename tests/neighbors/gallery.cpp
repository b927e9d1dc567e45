#include <trine/neighbors/gallery.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <limits>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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

namespace {

std::vector<std::string> files_in(std::filesystem::path const& folder) {
    std::vector<std::string> names;
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

mode_t mode_of(std::filesystem::path const& path) {
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    return about.st_mode & 0777;
}

void put_copy(std::filesystem::path const& from, std::filesystem::path const& to) {
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

} // namespace

TEST_CASE("a gallery does not read another one's log", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log";
    { gallery<>::create(path, of_tests).add("Ada", "deleted.jpg", point(1)); }
    auto const old = bytes_of(log);
    std::filesystem::remove(path); // and its log stays
    auto other = of_tests;
    other.network = "another network";
    {
        auto g = gallery<>::create(path, other);
        CHECK(g.size() == 0);
        REQUIRE(!g.set_aside().empty());
        CHECK(bytes_of(g.set_aside()) == old); // nothing is thrown away
        g.add("Grace", "g.jpg", point(2));
        CHECK(contents(gallery<>::open(path)) == contents(g));
    }
    CHECK(gallery<>::open(path, other).people() == std::map<std::string, std::size_t>{{"Grace", 1}});
    CHECK(gallery<>::open(path, other, access::write).set_aside().empty());
}

TEST_CASE("a backup is what it was, whatever log lies beside it", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log", backup = folder / "backup";
    bool const with_compaction = GENERATE(false, true);
    std::multiset<std::string> then;
    {
        auto g = gallery<>::create(path, of_tests);
        g.add("Ada", "1", point(1)), g.add("Grace", "2", point(2));
        g.compact();
        then = contents(g);
        put_copy(path, backup); // it is the whole
        g.remove("Ada");
        if (with_compaction)
            g.compact();
        g.rename("Grace", "Grace Hopper");
    }
    CHECK(contents(gallery<>::open(backup)) == then);
    put_copy(backup, path);
    CHECK(contents(gallery<>::open(path)) == then);
    auto const left = bytes_of(log);
    {
        auto g = gallery<>::open(path, of_tests, access::write);
        CHECK(contents(g) == then);
        CHECK(bytes_of(g.set_aside()) == left);
        g.add("Mary", "3", point(3));
        then = contents(g);
    }
    CHECK(contents(gallery<>::open(path)) == then);
}

TEST_CASE("a gallery without the log that belongs to it is refused", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log", copied = folder / "copy";
    auto const of_copy = copied.string() + ".log";
    {
        auto g = gallery<>::create(path, of_tests);
        g.add("Ada", "1", point(1));
        put_copy(path, copied);
        for (auto mode : {access::read, access::write})
            CHECK_THROWS_WITH(gallery<>::open(copied, mode), Contains("copy: a log belongs to it, which holds its last "
                                                                      "changes: copy " +
                                                                      of_copy + " together with it"));
        CHECK_FALSE(std::filesystem::exists(of_copy));
        put_copy(log, of_copy);
        CHECK(contents(gallery<>::open(copied)) == contents(g));
        // Another one's log is no help.
        auto const other = folder / "other";
        gallery<>::create(other, of_tests).add("Eve", "2", point(2));
        put_copy(other.string() + ".log", of_copy);
        for (auto mode : {access::read, access::write})
            CHECK_THROWS_WITH(gallery<>::open(copied, mode), Contains("belongs to another gallery"));
        std::filesystem::resize_file(of_copy, 40);
        CHECK_THROWS_WITH(gallery<>::open(copied), Contains("is damaged"));
        g.compact();
        put_copy(path, copied), std::filesystem::remove(of_copy);
        CHECK(contents(gallery<>::open(copied)) == contents(g));
    }
    CHECK_FALSE(std::filesystem::exists(log)); // an empty one goes with its writer
}

TEST_CASE("a link is the gallery that it leads to", "[gallery]") {
    temporary_folder const folder;
    std::filesystem::create_directory(folder / "real");
    auto const path = folder / "real/people.gallery", link = folder / "link";
    std::filesystem::create_symlink("real/people.gallery", link);
    {
        auto g = gallery<>::create(link, of_tests); // it leads to nothing yet
        CHECK_THROWS_WITH(gallery<>::open(path, access::write), Contains("another program is writing to it"));
        g.add("Ada", "1", point(1));
        CHECK(contents(gallery<>::open(path)) == contents(g));
    }
    auto reader = gallery<>::open(link);
    {
        auto g = gallery<>::open(path, access::write);
        CHECK_THROWS_WITH(gallery<>::open(link, access::write), Contains("another program is writing to it"));
        CHECK_THROWS_WITH(g.save_as(link), Contains("is this gallery's own file"));
        g.add("Grace", "2", point(2));
    }
    {
        auto g = gallery<>::open(link, access::write);
        g.compact();
        g.add("Mary", "3", point(3));
    }
    CHECK(reader.refresh());
    CHECK(reader.size() == 3);
    CHECK(gallery<>::open(path).size() == 3);
    CHECK(std::filesystem::is_symlink(link));
    CHECK(files_in(folder.path()) == std::vector<std::string>{"link", "real"});
    // A link that is turned to another gallery.
    gallery<>::create(folder / "next", of_tests).add("Eve", "4", point(4));
    std::filesystem::remove(link), std::filesystem::create_symlink("next", link);
    CHECK(reader.refresh());
    CHECK(reader.people() == std::map<std::string, std::size_t>{{"Eve", 1}});
    // A log that is a link would lead writers elsewhere.
    std::filesystem::create_symlink(folder / "elsewhere", folder / "fresh.log");
    CHECK_THROWS_WITH(gallery<>::create(folder / "fresh", of_tests), Contains("it is a link"));
    CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST_CASE("a gallery with two names becomes two, and both keep what they hold", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", second = folder / "second";
    {
        auto g = gallery<>::create(path, of_tests);
        g.add("Ada", "1", point(1));
        g.compact();
    }
    std::filesystem::create_hard_link(path, second);
    {
        auto a = gallery<>::open(path, access::write), b = gallery<>::open(second, access::write);
        a.add("Grace", "2", point(2)), b.add("Eve", "3", point(3));
    }
    CHECK(gallery<>::open(path).people() == std::map<std::string, std::size_t>{{"Ada", 1}, {"Grace", 1}});
    CHECK(gallery<>::open(second).people() == std::map<std::string, std::size_t>{{"Ada", 1}, {"Eve", 1}});
}

TEST_CASE("nothing is saved over a gallery that somebody writes to", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    gallery<> other(of_tests);
    other.add("Eve", "9", point(9));
    {
        auto g = gallery<>::create(path, of_tests);
        g.add("Ada", "1", point(1));
        CHECK_THROWS_WITH(other.save_as(path), Contains("another program is writing to it"));
        CHECK_THROWS_WITH(neighbors::gallery_builder<>(path, of_tests), Contains("another program is writing to it"));
        g.add("Grace", "2", point(2));
        CHECK(contents(gallery<>::open(path)) == contents(g));
    }
    auto reader = gallery<>::open(path);
    other.save_as(path);
    CHECK(contents(gallery<>::open(path)) == contents(other));
    CHECK(files_in(folder.path()) == std::vector<std::string>{"people.gallery"});
    CHECK(reader.refresh());
    CHECK(contents(reader) == contents(other));
    // What is no gallery's log is not taken away.
    put(path.string() + ".log", std::string(200, 'x'));
    CHECK_THROWS_WITH(other.save_as(path), Contains("is not a gallery's log"));
    CHECK(bytes_of(path.string() + ".log") == std::string(200, 'x'));
}

TEST_CASE("a reader outlives whoever shortens files under it", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log";
    auto writer = gallery<>::create(path, of_tests);
    writer.add("Ada", "1", point(1));
    writer.compact();
    writer.add("Grace", "2", point(2));
    auto reader = gallery<>::open(path);
    auto const known = contents(reader);
    std::filesystem::resize_file(log, 100);
    CHECK_THROWS_WITH(reader.refresh(), Contains("has become shorter"));
    CHECK(contents(reader) == known);
    std::filesystem::resize_file(path, 100);
    CHECK_THROWS_WITH(reader.refresh(), Contains("has been shortened"));
    CHECK(contents(reader) == known);
    CHECK_THROWS_AS(gallery<>::open(path), format_error);
}

TEST_CASE("galleries of the first format are read, and written anew by their first writer", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log";
    // As they were: a number of times that the file has been written, and a log that repeats it.
    auto const in_first_format = [&](std::uint64_t of_file, std::uint64_t of_log) {
        std::filesystem::remove(path), std::filesystem::remove(log);
        std::string entry;
        {
            auto g = gallery<>::create(path, of_tests);
            g.add("Ada", "1", point(1));
            g.compact();
            g.add("Grace", "2", point(2));
            entry = bytes_of(log).substr(80);
        }
        std::uint64_t const place = 24;
        std::memcpy(entry.data() + 8, &place, 8);
        std::uint64_t const sum = io::checksum(std::string_view(entry).substr(40), io::checksum(entry.substr(0, 32)));
        std::memcpy(entry.data() + 32, &sum, 8);
        std::string header = "TRINELOG" + std::string(reinterpret_cast<char const*>(&of_log), 8);
        std::uint64_t const header_sum = io::checksum(header);
        header.append(reinterpret_cast<char const*>(&header_sum), 8);
        auto file = io::safetensors::load(path);
        file.metadata = {{"format", "trine gallery 1"},
                         {"network", of_tests.network},
                         {"distance", of_tests.distance},
                         {"storage", "float32"},
                         {"generation", std::to_string(of_file)}};
        file.save(path);
        put(log, header + entry);
    };
    using people = std::map<std::string, std::size_t>;
    in_first_format(3, 3);
    CHECK(gallery<>::open(path).people() == people{{"Ada", 1}, {"Grace", 1}});
    gallery<>::open(path, of_tests, access::write).add("Mary", "3", point(3));
    CHECK(gallery<>::open(path).people() == people{{"Ada", 1}, {"Grace", 1}, {"Mary", 1}});
    CHECK(io::read_file(path).find("trine gallery 2") != std::string::npos);
    in_first_format(3, 2); // a log whose entries are in the file
    CHECK(gallery<>::open(path).people() == people{{"Ada", 1}});
    gallery<>::open(path, of_tests, access::write).add("Mary", "3", point(3));
    CHECK(gallery<>::open(path).people() == people{{"Ada", 1}, {"Mary", 1}});
}

TEST_CASE("only its owner may read a new gallery, and who could read it still can", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log";
    auto const before = ::umask(022);
    {
        auto g = gallery<>::create(path, of_tests);
        g.add("Ada", "1", point(1));
        CHECK(mode_of(path) == 0600);
        CHECK(mode_of(log) == 0600);
        ::chmod(path.c_str(), 0640);
        g.compact();
        g.add("Grace", "2", point(2));
        CHECK(mode_of(path) == 0640);
        CHECK(mode_of(log) == 0640);
        g.save_as(folder / "copy");
        CHECK(mode_of(folder / "copy") == 0600);
    }
    ::umask(before);
}

TEST_CASE("photos are added when compacting fails", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    neighbors::gallery_identity const small{"a network", "euclidean", 1};
    auto g = gallery<>::create(path, small);
    auto const points = random_values<float>(65536, 1);
    g.add(std::vector<std::string>(65536, "Ada"), std::vector<std::string>(65536, "a.jpg"),
          matrix_view<float const>(points.data(), 65536, 1));
    ::rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    int const next = ::dup(0); // no file can be opened any more
    REQUIRE(next >= 0);
    ::close(next);
    ::rlimit const none{static_cast<rlim_t>(next), limit.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    std::string failure;
    try {
        g.add("Eve", "once.jpg", points[0] > 0 ? std::vector<float>{5} : std::vector<float>{6});
    } catch (error const& e) {
        failure = e.what();
    }
    ::setrlimit(RLIMIT_NOFILE, &limit);
    CHECK(failure.empty());
    CHECK(g.size() == 65537);
    CHECK(gallery<>::open(path).size() == 65537);
    auto const layout = g.layout();
    g.add("Eve", "twice.jpg", std::vector<float>{7}); // now it can
    CHECK(g.layout() != layout);
    CHECK(gallery<>::open(path).size() == 65538);
}

TEST_CASE("many threads may ask a gallery that nobody changes", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    constexpr std::size_t people = 5000;
    {
        neighbors::gallery_builder<> builder(path, of_tests);
        std::vector<std::string> const source{"s"};
        auto const p = point(1);
        for (std::size_t i = 0; i < people; ++i)
            builder.add("person " + std::to_string(i), source, matrix_view<float const>(p.data(), 1, 6));
        builder.commit();
    }
    for (int round = 0; round < 30; ++round) {
        auto const g = gallery<>::open(path); // which has looked nobody up yet
        std::atomic<std::size_t> ready{0}, wrong{0};
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (++ready; ready < 4;) {
                }
                for (std::size_t i = 0; i < 3; ++i)
                    wrong += g.photos_of("person " + std::to_string(people - 1 - 4 * i - t)) !=
                             std::vector<std::size_t>{people - 1 - 4 * i - t};
            });
        for (auto& t : threads)
            t.join();
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("who is purged leaves no byte", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    std::vector<float> const face{0.123f, -7.25f, 3.875f, 11.5f, -0.625f, 99.25f};
    std::string const values(reinterpret_cast<char const*>(face.data()), 3 * sizeof(float));
    auto const left = [&] {
        std::vector<std::string> found;
        for (auto const& name : files_in(folder.path())) {
            auto const bytes = bytes_of(folder / name);
            for (std::string const& trace :
                 {std::string("Ada"), std::string("Lovelace"), std::string("portrait"), values})
                if (bytes.find(trace) != std::string::npos)
                    found.push_back(name + " holds " + trace);
        }
        return found;
    };
    auto g = gallery<>::create(path, of_tests);
    g.add("Grace", "g.jpg", point(1));
    g.add("Ada", "portrait1", face);
    g.compact(); // in the file, and in the log
    g.add("Ada", "portrait2", face);
    g.rename("Ada", "Ada Lovelace");
    put(path.string() + ".tmp-0123456789abcdef", bytes_of(path)); // what a crash can leave
    CHECK(left().size() > 6);
    SECTION("by name") { CHECK(g.purge("Ada Lovelace") == 2); }
    SECTION("removed before") {
        g.remove("Ada Lovelace");
        CHECK(left().size() > 6);
        CHECK(g.purge("Ada Lovelace") == 0);
    }
    CHECK(left() == std::vector<std::string>{});
    CHECK(g.people() == std::map<std::string, std::size_t>{{"Grace", 1}});
    CHECK_THROWS_WITH(g.purge("Ada Lovelace"), "there is nobody called \"Ada Lovelace\"");
    g.add("Mary", "m.jpg", point(2));
    CHECK(gallery<>::open(path).size() == 2);
    CHECK(left().empty());
    gallery<> memory(of_tests);
    memory.add("Ada", "1", face);
    CHECK(memory.purge("Ada") == 1);
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
