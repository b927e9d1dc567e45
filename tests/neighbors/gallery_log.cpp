#include <trine/neighbors/gallery_log.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>

#include <sys/ptrace.h>
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

namespace {

// What a program that is killed can leave: a gallery's file and its log, the latter perhaps not there.
struct on_disk {
    std::string file;
    std::optional<std::string> log;
};

on_disk look_at(std::filesystem::path const& path) {
    auto const log = path.string() + ".log";
    return {bytes_of(path), std::filesystem::exists(log) ? std::optional(bytes_of(log)) : std::nullopt};
}

void restore(std::filesystem::path const& path, on_disk const& what) {
    put(path, what.file);
    if (what.log)
        put(path.string() + ".log", *what.log);
    else
        std::filesystem::remove(path.string() + ".log");
}

// Every change that a gallery can be told of.
std::vector<std::function<void(gallery<>&)>> changes() {
    return {[](gallery<>& g) {
                std::vector<std::string> const names{"Ada", "Grace", "Ada"}, sources{"1", "2", "3"};
                auto const points = random_values<float>(18, 3);
                g.add(names, sources, matrix_view<float const>(points.data(), 3, 6));
            },
            [](gallery<>& g) { g.rename("Grace", "Grace Hopper"); },
            [](gallery<>& g) { g.merge("Ada", "Grace Hopper"); },
            [](gallery<>& g) {
                std::size_t const place = 1;
                g.remove({&place, 1});
            },
            [](gallery<>& g) { g.compact(); },
            [](gallery<>& g) { g.add("Mary", "4", point(4)); },
            [](gallery<>& g) { g.purge("Mary"); }};
}

// That a gallery on disk is one of these, and that the next writer goes on from there.
void check_one_of(std::filesystem::path const& path, std::vector<std::multiset<std::string>> const& states) {
    auto const seen = contents(gallery<>::open(path));
    REQUIRE(std::find(states.begin(), states.end(), seen) != states.end());
    {
        auto g = gallery<>::open(path, of_tests, access::write);
        CHECK(g.set_aside().empty());
        g.add("the next", "5", point(5));
    }
    auto next = seen;
    next.insert("the next 5" + [] {
        std::string line;
        for (float v : point(5))
            line += " " + std::to_string(v);
        return line;
    }());
    REQUIRE(contents(gallery<>::open(path)) == next);
}

} // namespace

TEST_CASE("a writer killed at any byte leaves the gallery of before or after", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", a = folder / "killed.gallery";
    std::vector<std::multiset<std::string>> states;
    std::vector<on_disk> disks;
    {
        auto g = gallery<>::create(path, of_tests);
        auto const note = [&] { states.push_back(contents(g)), disks.push_back(look_at(path)); };
        note();
        for (auto const& change : changes())
            change(g), note();
    }
    for (std::size_t s = 1; s < states.size(); ++s) {
        auto const &before = disks[s - 1], &after = disks[s];
        std::vector<std::multiset<std::string>> const either{states[s - 1], states[s]};
        auto const try_it = [&](std::string const& file, std::optional<std::string> const& log) {
            restore(a, on_disk{file, log});
            check_one_of(a, either);
        };
        bool const appends = after.log && after.log->size() > 0;
        if (appends && (!before.log || before.log->empty())) { // the log is begun, and named in the file
            constexpr std::size_t header = 80;
            for (std::size_t bytes = 0; bytes <= header; ++bytes) {
                try_it(before.file, after.log->substr(0, bytes));
                auto cut = after.log->substr(0, bytes); // its length may be there before its bytes
                cut.resize(header, '\0');
                try_it(before.file, cut);
                auto hole = after.log->substr(0, header); // and later ones before earlier ones
                std::fill_n(hole.begin(), bytes, '\0');
                try_it(before.file, hole);
            }
            std::size_t named = 0;
            for (std::size_t i = 0; i < after.file.size(); ++i)
                if (before.file[i] != after.file[i]) {
                    ++named;
                    try_it(after.file.substr(0, i) + before.file.substr(i), after.log->substr(0, header));
                }
            CHECK(named >= 16);
            CHECK(named <= 32);
        }
        if (appends) {
            std::size_t const first = before.log && !before.log->empty() ? before.log->size() : 80;
            for (std::size_t bytes = first; bytes <= after.log->size(); ++bytes)
                for (int garbage : {0, 1, 2}) { // the length before the bytes, the last bytes before the first
                    auto cut = after.log->substr(0, bytes);
                    if (garbage == 1)
                        cut.resize(after.log->size(), '\0');
                    else if (garbage == 2 && bytes < after.log->size())
                        cut = after.log->substr(0, first) + std::string(bytes - first + 1, '\0') +
                              after.log->substr(bytes + 1);
                    restore(a, on_disk{after.file, cut});
                    auto const& expected = states[cut == *after.log ? s : s - 1]; // zeros may be what was to be written
                    if (contents(gallery<>::open(a)) != expected) {
                        CAPTURE(s, bytes, garbage);
                        FAIL("another gallery than before or after");
                    }
                    if (bytes % 7 == 0)
                        check_one_of(a, either);
                }
        } else { // compacted: written beside, then put in place, then the log is made anew
            auto const beside = folder / "killed.gallery.tmp-0123456789abcdef";
            for (std::size_t bytes = 0; bytes <= after.file.size(); bytes += 13) {
                put(beside, after.file.substr(0, bytes));
                try_it(before.file, before.log);
            }
            std::filesystem::remove(beside);
            for (auto const& log : {before.log, std::optional(std::string()), std::optional<std::string>()})
                try_it(after.file, log);
        }
    }
}

namespace {

// Runs it in a process that is killed at its n-th system call. False when that ends before, nothing when the system
// does not let itself be watched.
std::optional<bool> killed_at_call(std::size_t n, std::function<void()> const& what) {
    pid_t const child = ::fork();
    if (child == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
            ::_exit(7);
        ::raise(SIGSTOP);
        try {
            what();
        } catch (std::exception const&) {
            ::_exit(8);
        }
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    for (std::size_t stops = 0; WIFSTOPPED(status); ++stops) {
        bool const is_time = stops == n;
        if (is_time)
            ::kill(child, SIGKILL);
        else
            ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
        ::waitpid(child, &status, 0);
        if (is_time)
            return true;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 7)
        return {};
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
    return false;
}

} // namespace

TEST_CASE("a writer killed at any system call leaves the gallery of before or after", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", a = folder / "killed.gallery", other = folder / "other.gallery";
    {
        auto g = gallery<>::create(other, of_tests);
        g.add("Eve", "9", point(9));
    }
    auto all = changes();
    all.push_back([](gallery<>& g) { // as the first, after it has been purged
        g.add("Ada", "6", point(6));
    });
    std::size_t kills = 0;
    auto const at_every_call = [&](std::function<void()> const& prepare, std::function<void()> const& what,
                                   std::vector<std::multiset<std::string>> const& either) {
        for (std::size_t n = 0;; ++n) {
            prepare();
            auto const killed = killed_at_call(n, what);
            if (!killed)
                return false;
            CAPTURE(n);
            check_one_of(a, either);
            if (!*killed)
                return true;
            ++kills;
        }
    };
    std::multiset<std::string> before, after;
    on_disk disk;
    gallery<>::create(path, of_tests);
    for (std::size_t c = 0; c < all.size(); ++c) {
        CAPTURE(c);
        disk = look_at(path);
        {
            auto g = gallery<>::open(path, of_tests, access::write);
            before = contents(g);
            all[c](g);
            after = contents(g);
        }
        bool const is_watched = at_every_call([&] { restore(a, disk); },
                                              [&] {
                                                  auto g = gallery<>::open(a, of_tests, access::write);
                                                  all[c](g);
                                              },
                                              {before, after});
        if (!is_watched) {
            WARN("this system does not let a test watch system calls");
            return;
        }
    }
    // Another gallery saved over one that has a log.
    auto const theirs = contents(gallery<>::open(other));
    auto const mine = look_at(path);
    REQUIRE(mine.log.has_value());
    at_every_call([&] { restore(a, mine); }, [&] { gallery<>::open(other).save_as(a); }, {after, theirs});
    // One that is made, where there was none.
    for (std::size_t n = 0;; ++n) {
        std::filesystem::remove(a), std::filesystem::remove(a.string() + ".log");
        bool const killed =
            killed_at_call(n, [&] { gallery<>::create(a, of_tests).add("Ada", "1", point(1)); }).value();
        if (!std::filesystem::exists(a))
            gallery<>::create(a, of_tests);
        check_one_of(a, {{}, contents([] {
                             gallery<> g(of_tests);
                             g.add("Ada", "1", point(1));
                             return g;
                         }())});
        if (!killed)
            break;
        ++kills;
    }
    CHECK(kills > 300);
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

TEST_CASE("a log that its file names in part is kept by a writer who changes nothing", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log";
    std::multiset<std::string> known;
    std::string unnamed;
    {
        auto g = gallery<>::create(path, of_tests);
        g.add("Ada", "1", point(1));
        g.compact();
        known = contents(g), unnamed = bytes_of(path);
        g.add("Grace", "2", point(2));
    }
    // A power failure while the log was being named: of its name the disk has the first digits.
    auto const named = bytes_of(path), header = bytes_of(log).substr(0, 80);
    auto const first =
        static_cast<std::size_t>(std::mismatch(named.begin(), named.end(), unnamed.begin()).first - named.begin());
    for (std::size_t digits : {0, 1, 20, 32}) {
        put(path, named.substr(0, first + digits) + unnamed.substr(first + digits));
        put(log, header);
        CHECK(contents(gallery<>::open(path, of_tests, access::write)) == known);
        CHECK(contents(gallery<>::open(path)) == known);
        {
            auto g = gallery<>::open(path, of_tests, access::write);
            CHECK_THROWS_AS(g.add("", "3", point(3)), argument_error);
            g.compact();
        }
        CHECK(contents(gallery<>::open(path)) == known);
    }
}

TEST_CASE("a reader forgets an entry that the disk did not take", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery", log = folder / "people.gallery.log";
    auto writer = gallery<>::create(path, of_tests);
    writer.add("Ada", "1", point(1));
    auto const before = contents(writer);
    auto const size = std::filesystem::file_size(log);
    // A writer takes an entry back by shortening the log to what it was.
    for (auto const& [seen, next] : std::vector<std::pair<std::string, std::string>>{
             {"Grace", "Mary"}, {"Grace", "a person of a longer name"}, {"a person of a longer name", "Mary"}}) {
        std::filesystem::resize_file(log, size);
        auto reader = gallery<>::open(path);
        CHECK(contents(reader) == before);
        {
            std::filesystem::copy_file(path, folder / "copy.gallery",
                                       std::filesystem::copy_options::overwrite_existing);
            std::filesystem::copy_file(log, folder / "copy.gallery.log",
                                       std::filesystem::copy_options::overwrite_existing);
            auto other = gallery<>::open(folder / "copy.gallery", access::write);
            other.add(seen, "2", point(2));
        }
        put(log, bytes_of(folder / "copy.gallery.log"));
        CHECK(reader.refresh());
        CHECK(reader.size() == 2);
        std::filesystem::resize_file(log, size);
        SECTION("and is followed by nothing") {
            CHECK(reader.refresh());
            CHECK(contents(reader) == before);
            CHECK_FALSE(reader.refresh());
        }
        SECTION("and another takes its place") {
            std::filesystem::copy_file(log, folder / "copy.gallery.log",
                                       std::filesystem::copy_options::overwrite_existing);
            std::multiset<std::string> after;
            {
                auto other = gallery<>::open(folder / "copy.gallery", access::write);
                other.add(next, "3", point(3));
                after = contents(other);
            }
            put(log, bytes_of(folder / "copy.gallery.log"));
            CHECK(reader.refresh());
            CHECK(contents(reader) == after);
        }
    }
}

TEST_CASE("a gallery of a name as long as names can be is compacted and purged", "[gallery]") {
    temporary_folder const folder;
    std::string const name(248, 'n'); // and ".log"
    auto const path = folder / name, like = folder / (std::string(248, 'n').replace(240, 1, "m"));
    auto g = gallery<>::create(path, of_tests);
    g.add("Ada", "1", point(1));
    g.compact();
    g.add("Grace", "2", point(2));
    g.add("Mary", "3", point(3));
    // What a writer left who was killed; and what another gallery's writer is writing.
    auto const mine = io::detail::temporary_name(path).string() + "0123456789abcdef",
               others = io::detail::temporary_name(like).string() + "0123456789abcdef";
    put(mine, "Mary"), put(others, "Mary");
    g.purge("Mary");
    CHECK_FALSE(std::filesystem::exists(mine));
    CHECK(std::filesystem::exists(others));
    CHECK(contents(gallery<>::open(path)) == contents(g));
    CHECK(g.size() == 2);
}
