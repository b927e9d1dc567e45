#include <trine/io/file.hpp>

#include <algorithm>
#include <csignal>
#include <set>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

mode_t mode_of(std::filesystem::path const& path) {
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    return about.st_mode & 0777;
}

std::size_t files_in(std::filesystem::path const& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

} // namespace

TEST_CASE("a file comes back as it was written, whatever its size", "[io]") {
    temporary_folder const folder;
    for (std::size_t size : {0u, 1u, 65535u, 65536u, 65537u, 300'000u}) {
        std::string bytes(size, '\0');
        for (std::size_t i = 0; i < size; ++i)
            bytes[i] = static_cast<char>(i * i >> 3);
        io::write_file(folder / "a", bytes);
        CHECK(io::read_file(folder / "a") == bytes);
        CHECK(io::mapped_file(folder / "a").bytes() == bytes);
    }
    if (std::filesystem::exists("/proc/self/status")) // whose size is not known before it is read
        CHECK_THAT(io::read_file("/proc/self/status"), Contains("Pid:"));
    CHECK_THROWS_WITH(io::read_file(folder.path()), Contains("is a folder, not a file"));
    CHECK_THROWS_WITH(io::read_file(folder / "none"), Contains("none: cannot be opened: No such file"));
}

TEST_CASE("a mapped file stays what it is when another takes its place", "[io]") {
    temporary_folder const folder;
    io::write_file(folder / "a", "old");
    io::mapped_file file(folder / "a");
    CHECK(!file.is_replaced(folder / "a"));
    io::write_file(folder / "a", "new");
    CHECK(file.is_replaced(folder / "a"));
    CHECK(file.bytes() == "old");
    auto const moved = std::move(file);
    CHECK(moved.bytes() == "old");
    CHECK_THROWS_WITH(io::mapped_file(folder.path()), Contains("is a folder, not a file"));
}

TEST_CASE("a file that cannot be written leaves the old one", "[io]") {
    temporary_folder const folder;
    io::write_file(folder / "a", "old");
    CHECK_THROWS_WITH(io::write_file(folder / "none" / "a", "new"), Contains("cannot be created: No such file"));
    // A limit on files' sizes fails as a full disk does; in a process of its own, for it stays.
    pid_t const child = ::fork();
    if (child == 0) {
        ::rlimit const few{100, 100};
        ::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &few);
        try {
            io::write_file(folder / "a", std::string(1000, 'x'));
        } catch (io_error const& e) {
            ::_exit(std::string(e.what()).find("cannot be written: File too large") != std::string::npos ? 0 : 2);
        }
        ::_exit(1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(files_in(folder.path()) == 1);
    CHECK(io::read_file(folder / "a") == "old");
}

TEST_CASE("threads that write one file leave one of theirs, whole", "[io]") {
    temporary_folder const folder;
    auto const path = folder / "a";
    std::vector<std::string> versions;
    for (char c : {'a', 'b', 'c', 'd'})
        versions.emplace_back(200'000, c);
    io::write_file(path, versions[0]);
    std::vector<std::thread> writers;
    std::size_t failures[4] = {};
    for (std::size_t w = 0; w < 4; ++w)
        writers.emplace_back([&, w] {
            for (int i = 0; i < 20; ++i)
                try {
                    io::write_file(path, versions[w]);
                } catch (error const&) {
                    ++failures[w];
                }
        });
    std::size_t torn = 0;
    for (int i = 0; i < 200; ++i) {
        auto const seen = io::read_file(path);
        torn += std::find(versions.begin(), versions.end(), seen) == versions.end();
    }
    for (auto& w : writers)
        w.join();
    CHECK(torn == 0);
    for (std::size_t f : failures)
        CHECK(f == 0);
    CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a new file is its owner's alone, and one that is replaced keeps its permissions", "[io]") {
    temporary_folder const folder;
    auto const before = ::umask(022);
    {
        io::file_writer writer(folder / "a");
        writer.write("faces");
        for (auto const& entry : std::filesystem::directory_iterator(folder.path())) // the temporary one
            CHECK(mode_of(entry.path()) == 0600);
        writer.commit();
    }
    CHECK(mode_of(folder / "a") == 0600);
    for (mode_t mode : {0600, 0644, 0640, 0666, 0400}) {
        REQUIRE(::chmod((folder / "a").c_str(), mode) == 0);
        io::write_file(folder / "a", "new");
        CHECK(mode_of(folder / "a") == mode);
    }
    ::umask(before);
}

TEST_CASE("a link stays, and what it leads to is replaced", "[io]") {
    temporary_folder const folder;
    std::filesystem::create_directory(folder / "real");
    std::filesystem::create_symlink("real/a", folder / "one");
    std::filesystem::create_symlink(folder / "one", folder / "two");
    io::write_file(folder / "two", "first"); // it leads to nothing yet
    CHECK(io::read_file(folder / "real" / "a") == "first");
    io::write_file(folder / "one", "second");
    CHECK(io::read_file(folder / "real" / "a") == "second");
    CHECK(std::filesystem::is_symlink(folder / "one"));
    CHECK(std::filesystem::is_symlink(folder / "two"));
    CHECK(files_in(folder / "real") == 1);
    CHECK(io::resolved(folder / "two") == folder / "real/a");
    std::filesystem::create_symlink("circle", folder / "circle");
    CHECK_THROWS_WITH(io::write_file(folder / "circle", "x"), Contains("circle: is a link that leads in a circle"));
    CHECK_THROWS_AS(io::read_file(folder / "circle"), io_error);
}

TEST_CASE("what is not a file is neither read nor written", "[io]") {
    temporary_folder const folder;
    auto const pipe = folder / "pipe", link = folder / "link";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::filesystem::create_symlink(pipe, link);
    for (auto const& path : {pipe, link}) { // without a wait for who writes to it
        CHECK_THROWS_WITH(io::read_file(path), Contains(path.string() + ": is a pipe, not a file"));
        CHECK_THROWS_WITH(io::mapped_file(path), Contains("is a pipe, not a file"));
        CHECK_THROWS_WITH(io::write_file(path, "x"), Contains("is a pipe, not a file, and is not written to"));
    }
    CHECK(std::filesystem::is_fifo(pipe));
    CHECK_THROWS_WITH(io::write_file(folder.path(), "x"), Contains("is a folder, not a file"));
    for (char const* device : {"/dev/zero", "/dev/null"})
        if (std::filesystem::exists(device)) {
            CHECK_THROWS_WITH(io::read_file(device), Contains("is a device, not a file"));
            CHECK_THROWS_WITH(io::mapped_file(device), Contains("is a device, not a file"));
            CHECK_THROWS_WITH(io::write_file(device, "x"), Contains("is a device, not a file"));
        }
    CHECK(files_in(folder.path()) == 2);
    // Names as long as a folder takes.
    auto const longest = folder / std::string(255, 'n');
    io::write_file(longest, "x");
    CHECK(io::read_file(longest) == "x");
    CHECK_THROWS_AS(io::write_file(folder / std::string(256, 'n'), "x"), io_error);
}

TEST_CASE("a file that is shortened under its reader does not end the program", "[io]") {
    temporary_folder const folder;
    auto const path = folder / "a";
    std::string const bytes(300'000, 'x');
    io::write_file(path, bytes);
    io::mapped_file const file(path);
    REQUIRE(::truncate(path.c_str(), 10) == 0);
    CHECK(file.is_shortened());
    CHECK(file.bytes() == bytes);
    CHECK(file.read_now(4, 100) == "xxxxxx");
    // A large one is mapped, and says that it has become shorter.
    std::string const large(io::mapped_file::copied + 5, 'y');
    io::write_file(path, large);
    io::mapped_file const mapped(path);
    CHECK(mapped.bytes() == large);
    CHECK_FALSE(mapped.is_shortened());
    REQUIRE(::truncate(path.c_str(), 4096) == 0);
    CHECK(mapped.is_shortened());
    CHECK(mapped.bytes().substr(0, 4096) == large.substr(0, 4096));
}

TEST_CASE("random digits differ", "[io]") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i)
        seen.insert(io::random_digits(16));
    CHECK(seen.size() == 100);
    CHECK(seen.begin()->size() == 32);
}
