#include <trine/neighbors/gallery_log.hpp>

#include <csignal>
#include <filesystem>

#include <sys/wait.h>
#include <unistd.h>

#include <trine/neighbors/gallery.hpp>

#include "support/catch.hpp"
#include "support/galleries.hpp"
#include "support/random_values.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using neighbors::access;
using neighbors::gallery;
namespace storage = neighbors::storage;
using Catch::Matchers::Contains;

TEST_CASE("a writer killed at any byte leaves the gallery of before or after", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log";
    auto const a = folder / "killed.gallery", a_log = folder / "killed.gallery.log";
    std::vector<std::multiset<std::string>> states;
    std::vector<std::string> logs;
    {
        auto g = gallery<>::create(path, of_tests);
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
                        auto g = gallery<>::open(a, of_tests, access::write);
                        g.add("Mary", "4", point(4));
                    }
                    CHECK(contents(gallery<>::open(a)).size() == expected.size() + 1);
                }
            }
    // Compaction: the new file is written beside, then takes the old one's place, then the log is begun anew.
    std::string compacted, begun;
    {
        put(a, base), put(a_log, logs.back());
        auto g = gallery<>::open(a, of_tests, access::write);
        g.compact();
        compacted = bytes_of(a), begun = bytes_of(a_log);
    }
    for (std::size_t bytes = 0; bytes <= compacted.size(); bytes += 13) { // while it is written
        put(a, base), put(a_log, logs.back()), put(folder / "killed.gallery.tmp1", compacted.substr(0, bytes));
        CHECK(contents(gallery<>::open(a)) == states.back());
    }
    put(a, compacted), put(a_log, logs.back()); // in place, with the old log
    CHECK(contents(gallery<>::open(a)) == states.back());
    for (std::size_t bytes = 0; bytes <= begun.size(); ++bytes) { // while the log is begun
        put(a, compacted), put(a_log, begun.substr(0, bytes));
        CHECK(contents(gallery<>::open(a)) == states.back());
        {
            auto g = gallery<>::open(a, of_tests, access::write);
            g.add("Mary", "4", point(4));
        }
        CHECK(contents(gallery<>::open(a)).size() == states.back().size() + 1);
    }
}

TEST_CASE("a writer that really is killed loses nothing that it was told is there", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    gallery<>::create(path, of_tests);
    std::size_t known = 0;
    for (int round = 0; round < 12; ++round) {
        int told[2];
        REQUIRE(::pipe(told) == 0);
        pid_t const child = ::fork();
        if (child == 0) {
            ::close(told[0]);
            try {
                auto g = gallery<>::open(path, of_tests, access::write);
                for (std::size_t i = g.size();; ++i) {
                    g.add("person " + std::to_string(i % 5), std::to_string(i), point(i));
                    if (i % 50 == 49)
                        g.compact();
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
        auto const g = gallery<>::open(path, of_tests);
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
