#include <trine/neighbors/gallery_search.hpp>

#include <csignal>
#include <fstream>

#include <sys/wait.h>

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/neighbors/exact.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using neighbors::access;
using neighbors::gallery;
using neighbors::gallery_identity;
namespace storage = neighbors::storage;
using Catch::Matchers::Contains;

namespace {

gallery_identity const known{"a network", "euclidean", 6};

std::vector<float> point(std::uint64_t seed) { return random_values<float>(6, seed); }

// What a gallery holds, in words: every photo with its person, source and point, whatever its place.
template <class Storage>
std::multiset<std::string> contents(gallery<Storage> const& g) {
    std::multiset<std::string> all;
    for (std::size_t place = 0; place < g.places(); ++place)
        if (!g.is_removed(place)) {
            std::string line = g.name(place) + " " + g.source(place);
            for (float v : g.point(place))
                line += " " + std::to_string(v);
            all.insert(line);
        }
    REQUIRE(all.size() == g.size());
    return all;
}

std::string bytes_of(std::filesystem::path const& path) { return io::read_file(path); }
void put(std::filesystem::path const& path, std::string const& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

} // namespace

TEST_CASE("a gallery keeps people and photos, in memory and in its file", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    std::multiset<std::string> expected;
    {
        auto g = gallery<>::create(path, known);
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
    CHECK(contents(gallery<>::open(path, known)) == expected);
    {
        auto g = gallery<>::open(path, known, access::write);
        CHECK(contents(g) == expected);
        auto const before = g.generation();
        g.fold();
        CHECK(g.generation() != before);
        CHECK(g.places() == 3);
        CHECK(contents(g) == expected);
        g.save_as(folder / "copy.gallery");
        CHECK_THROWS_WITH(g.save_as(path), Contains("is this gallery's own file"));
        g.add("Mary", "m.jpg", point(9));
        CHECK(g.person(3) != g.person(0));
        expected = contents(g);
    }
    CHECK(contents(gallery<>::open(path, known)) == expected);
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
    auto g = gallery<>::create(path, known);
    CHECK_THROWS_WITH(gallery<>::create(path, known), Contains("is there already"));
    CHECK_THROWS_WITH(gallery<>::open(path, known, access::write), Contains("another program is writing to it"));
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
    CHECK_THROWS_WITH(gallery<>::open(folder.path()), Contains("is not a file"));
}

TEMPLATE_TEST_CASE("adding and removing gives what a gallery built anew would be", "[gallery]", storage::float32,
                   storage::float16, storage::int8) {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    auto g = gallery<TestType>::create(path, known);
    using distance = distances::euclidean;
    neighbors::gallery_search<neighbors::exact_in<TestType>, distance, TestType> search;
    std::vector<std::pair<std::string, std::size_t>> model; // person, number of the point; in the order of places
    random_stream stream(4, purpose::user);
    auto const queries = random_values<float>(30, 77);
    for (std::size_t step = 0; step < 300; ++step) {
        auto const draw = [&](std::size_t n) {
            return static_cast<std::size_t>(stream.below(static_cast<std::uint32_t>(n)));
        };
        auto const somebody = [&] { return model[draw(model.size())].first; };
        std::size_t const what = draw(20);
        if (what < 10 || model.empty()) {
            std::string const name = "person " + std::to_string(draw(8));
            g.add(name, std::to_string(step), point(step));
            model.emplace_back(name, step);
        } else if (what < 14) {
            std::size_t const i = draw(model.size());
            std::size_t place = 0;
            while (g.is_removed(place) || g.source(place) != std::to_string(model[i].second))
                ++place;
            g.remove({&place, 1});
            model.erase(model.begin() + static_cast<std::ptrdiff_t>(i));
        } else if (what < 16) {
            auto const from = somebody(), to = "renamed " + std::to_string(step);
            g.rename(from, to);
            for (auto& m : model)
                if (m.first == from)
                    m.first = to;
        } else if (what < 18) {
            auto const from = somebody(), into = somebody();
            if (from != into) {
                g.merge(from, into);
                for (auto& m : model)
                    if (m.first == from)
                        m.first = into;
            }
        } else if (what == 18) {
            auto const who = somebody();
            g.remove(who);
            std::erase_if(model, [&](auto const& m) { return m.first == who; });
        } else
            g.fold();
        if (step % 10 != 9 || model.empty())
            continue;
        gallery<TestType> fresh(known);
        for (auto const& [name, number] : model)
            fresh.add(name, std::to_string(number), point(number));
        REQUIRE(contents(g) == contents(fresh));
        REQUIRE(g.people() == fresh.people());
        REQUIRE(contents(gallery<TestType>::open(path)) == contents(fresh));
        // And the nearest are the same photos.
        neighbors::gallery_search<neighbors::exact_in<TestType>, distance, TestType> anew;
        std::size_t const k = std::min<std::size_t>(7, model.size());
        matrix_view<float const> const q(queries.data(), 5, 6);
        auto const a = search.search(g, q, k), b = anew.search(fresh, q, k);
        bool same = true;
        for (std::size_t i = 0; i < 5; ++i)
            for (std::size_t j = 0; j < k; ++j)
                same = same && g.source(a[i][j].index) == fresh.source(b[i][j].index) &&
                       std::abs(a[i][j].distance - b[i][j].distance) <= 1e-6f * b[i][j].distance;
        CHECK(same);
    }
}

TEST_CASE("a writer killed at any byte leaves the gallery of before or after", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log";
    auto const a = folder / "killed.gallery", a_log = folder / "killed.gallery.log";
    std::vector<std::multiset<std::string>> states;
    std::vector<std::string> logs;
    {
        auto g = gallery<>::create(path, known);
        auto const note = [&] { states.push_back(contents(g)), logs.push_back(bytes_of(log)); };
        note();
        std::vector<std::string> const names{"Ada", "Grace", "Ada"}, sources{"1", "2", "3"};
        auto const points = random_values<float>(18, 3);
        g.add(names, sources, matrix_view<float const>(points.data(), 3, 6)), note();
        g.rename("Grace", "Grace Hopper"), note();
        g.merge("Ada", "Grace Hopper"), note();
        std::size_t const place = 1;
        g.remove({&place, 1}), note();
    }
    auto const base = bytes_of(path);
    for (std::size_t s = 1; s < states.size(); ++s)
        for (std::size_t bytes = logs[s - 1].size(); bytes <= logs[s].size(); ++bytes)
            for (int garbage :
                 {0, 1, 2}) { // the length can reach the disk before the bytes do, and the last bytes before the first
                auto cut = logs[s].substr(0, bytes);
                if (garbage == 1)
                    cut.resize(logs[s].size(), '\0');
                else if (garbage == 2 && bytes < logs[s].size())
                    cut = logs[s].substr(0, logs[s - 1].size()) + std::string(bytes - logs[s - 1].size() + 1, '\0') +
                          logs[s].substr(bytes + 1);
                put(a, base), put(a_log, cut);
                auto const& expected = states[cut == logs[s] ? s : s - 1]; // zeros may be what was to be written
                if (contents(gallery<>::open(a)) != expected) {
                    CAPTURE(s, bytes, garbage);
                    FAIL("another gallery than before or after");
                }
                // The next writer goes on from there.
                if (bytes % 7 == 0) {
                    {
                        auto g = gallery<>::open(a, known, access::write);
                        g.add("Mary", "4", point(4));
                    }
                    CHECK(contents(gallery<>::open(a)).size() == expected.size() + 1);
                }
            }
    // Folding: the new file is written beside, then takes the old one's place, then the log is begun anew.
    std::string folded, begun;
    {
        put(a, base), put(a_log, logs.back());
        auto g = gallery<>::open(a, known, access::write);
        g.fold();
        folded = bytes_of(a), begun = bytes_of(a_log);
    }
    for (std::size_t bytes = 0; bytes <= folded.size(); bytes += 13) { // while it is written
        put(a, base), put(a_log, logs.back()), put(folder / "killed.gallery.tmp1", folded.substr(0, bytes));
        CHECK(contents(gallery<>::open(a)) == states.back());
    }
    put(a, folded), put(a_log, logs.back()); // in place, with the old log
    CHECK(contents(gallery<>::open(a)) == states.back());
    for (std::size_t bytes = 0; bytes <= begun.size(); ++bytes) { // while the log is begun
        put(a, folded), put(a_log, begun.substr(0, bytes));
        CHECK(contents(gallery<>::open(a)) == states.back());
        {
            auto g = gallery<>::open(a, known, access::write);
            g.add("Mary", "4", point(4));
        }
        CHECK(contents(gallery<>::open(a)).size() == states.back().size() + 1);
    }
}

TEST_CASE("a writer that really is killed loses nothing that it was told is there", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    gallery<>::create(path, known);
    std::size_t known = 0;
    for (int round = 0; round < 12; ++round) {
        int told[2];
        REQUIRE(::pipe(told) == 0);
        pid_t const child = ::fork();
        if (child == 0) {
            ::close(told[0]);
            try {
                auto g = gallery<>::open(path, known, access::write);
                for (std::size_t i = g.size();; ++i) {
                    g.add("person " + std::to_string(i % 5), std::to_string(i), point(i));
                    if (i % 50 == 49)
                        g.fold();
                    if (::write(told[1], &i, sizeof i) != sizeof i)
                        ::_exit(1);
                }
            } catch (std::exception const&) {
            }
            ::_exit(1);
        }
        ::close(told[1]);
        std::size_t last = 0;
        for (int i = 0; i < 20 + 3 * round && ::read(told[0], &last, sizeof last) == sizeof last; ++i) {
        }
        ::kill(child, SIGKILL);
        while (::read(told[0], &last, sizeof last) == sizeof last) {
        }
        ::close(told[0]);
        ::waitpid(child, nullptr, 0);
        auto const g = gallery<>::open(path, known);
        REQUIRE(g.size() > known);
        REQUIRE(g.size() >= last + 1);
        REQUIRE(g.size() <= last + 2);
        bool right = true;
        for (std::size_t i = 0; i < g.size(); ++i)
            right = right && g.source(i) == std::to_string(i) && g.name(i) == "person " + std::to_string(i % 5) &&
                    g.point(i) == point(i);
        CHECK(right);
        known = g.size();
    }
}

TEST_CASE("readers see what a writer does", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    auto writer = gallery<>::create(path, known);
    auto reader = gallery<>::open(path, known);
    neighbors::gallery_search<neighbors::exact, distances::squared_euclidean> search;
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
    writer.fold();
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

TEST_CASE("a long log is folded into the file by itself", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    gallery_identity const small{"a network", "euclidean", 1};
    auto g = gallery<>::create(path, small);
    auto const generation = g.generation();
    auto const add = [&](std::size_t count) {
        auto const points = random_values<float>(count, g.places());
        g.add(std::vector<std::string>(count, "Ada"), std::vector<std::string>(count, "a.jpg"),
              matrix_view<float const>(points.data(), count, 1));
    };
    add(65536);
    CHECK(g.generation() == generation);
    CHECK(std::filesystem::file_size(path.string() + ".log") > 65536 * sizeof(float));
    auto const before = gallery<>::open(path, small);
    CHECK(before.places() == 65536);
    add(1);
    CHECK(g.generation() != generation);
    CHECK(std::filesystem::file_size(path.string() + ".log") < 100);
    auto const after = gallery<>::open(path, small);
    CHECK(after.places() == 65537);
    for (std::size_t place : {0, 40'000, 65'535})
        CHECK(after.point(place) == before.point(place));
}

TEST_CASE("hostile galleries are refused, or hold what they can hold", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    {
        auto g = gallery<storage::int8>::create(path, known);
        for (std::uint64_t i = 0; i < 5; ++i)
            g.add(i % 2 ? "Ada" : "Grace", std::to_string(i), point(i));
        g.fold();
        g.add("Mary", "5", point(5));
        g.rename("Ada", "Ada Lovelace");
        g.merge("Grace", "Mary");
        g.remove("Ada Lovelace");
    }
    auto const base = bytes_of(path), log = bytes_of(path.string() + ".log");
    auto const a = folder / "hostile.gallery";
    auto const try_to_open = [&] {
        try {
            auto const g = gallery<storage::int8>::open(a);
            for (std::size_t place = 0; place < g.places(); ++place)
                (void)g.name(place), (void)g.source(place), (void)g.point(place);
            (void)g.people();
        } catch (error const&) { // and nothing else
        }
    };
    random_stream stream(5, purpose::user);
    std::string const interesting("\x00\xff\x7f\x80 {}[]\",:019-", 15);
    auto const spoil = [&](std::string bytes) {
        for (std::uint32_t n = 1 + stream.below(3); n > 0; --n)
            bytes[stream.below(static_cast<std::uint32_t>(bytes.size()))] =
                interesting[stream.below(static_cast<std::uint32_t>(interesting.size()))];
        return bytes;
    };
    for (int i = 0; i < 1500; ++i) {
        put(a, spoil(base)), put(a.string() + ".log", log);
        try_to_open();
        // Behind the first spoilt entry of a log nothing is believed.
        put(a, base), put(a.string() + ".log", spoil(log));
        try_to_open();
    }
    // Spoilt entries with checksums that are right: somebody means it.
    for (int i = 0; i < 3000; ++i) {
        auto bytes = log;
        std::vector<std::size_t> starts;
        constexpr std::size_t header = 40;
        for (std::size_t at = 24; at + header <= bytes.size();) {
            starts.push_back(at);
            std::uint64_t length;
            std::memcpy(&length, bytes.data() + at + 24, 8);
            at += header + length;
        }
        std::size_t const at = starts[stream.below(static_cast<std::uint32_t>(starts.size()))];
        std::uint64_t length;
        std::memcpy(&length, bytes.data() + at + 24, 8);
        for (int n = 0; n < 2; ++n) {
            std::size_t const where = stream.below(static_cast<std::uint32_t>(length + 1));
            bytes[where < length ? at + header + where : at + 16] =
                interesting[stream.below(static_cast<std::uint32_t>(interesting.size()))];
        }
        std::string_view const all(bytes);
        std::uint64_t const sum =
            io::checksum(all.substr(at + header, length), io::checksum(all.substr(at, header - 8)));
        std::memcpy(bytes.data() + at + 32, &sum, 8);
        put(a, base), put(a.string() + ".log", bytes);
        try_to_open();
    }
    for (std::size_t bytes = 0; bytes < base.size(); bytes += 7) {
        put(a, base.substr(0, bytes)), std::filesystem::remove(a.string() + ".log");
        CHECK_THROWS_AS(gallery<storage::int8>::open(a), format_error);
    }
    put(a, base), put(a.string() + ".log", "this is somebody's diary, and not a log of anything");
    CHECK_THROWS_WITH(gallery<storage::int8>::open(a), Contains(".log: is not a gallery's log"));
    auto damaged = log;
    damaged[24 + 40 + 3] ^= 1;
    put(a.string() + ".log", damaged);
    CHECK_THROWS_WITH(gallery<storage::int8>::open(a), Contains(".log: is damaged at byte 24"));
    io::safetensors none;
    none.metadata["format"] = "trine gallery 2";
    none.save(a);
    CHECK_THROWS_WITH(gallery<storage::int8>::open(a),
                      Contains("it says \"trine gallery 2\", not \"trine gallery 1\""));
}

TEST_CASE("a gallery is built without being held", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "large.gallery";
    auto const points = random_values<float>(3000 * 6, 1);
    {
        neighbors::gallery_builder<storage::float16> builder(path, known);
        std::vector<std::string> const sources{"1", "2", "3"};
        for (std::size_t p = 0; p < 1000; ++p)
            builder.add("person " + std::to_string(p % 400), sources,
                        matrix_view<float const>(points.data() + p * 18, 3, 6));
        CHECK_FALSE(std::filesystem::exists(path)); // until it is whole
        builder.commit();
    }
    auto const g = gallery<storage::float16>::open(path);
    CHECK(g.size() == 3000);
    CHECK(g.people().size() == 400);
    CHECK(g.people().at("person 7") == 9);
    CHECK(g.source(2999) == "3");
    CHECK_NOTHROW(g.check_points());
    { neighbors::gallery_builder<> abandoned(folder / "none.gallery", known); }
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
