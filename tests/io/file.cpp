#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

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
    CHECK_THROWS_WITH(io::mapped_file(folder.path()), Contains("is not a file"));
}

TEST_CASE("a file that cannot be written leaves the old one", "[io]") {
    temporary_folder const folder;
    io::write_file(folder / "a", "old");
    CHECK_THROWS_WITH(io::write_file(folder / "none" / "a", "new"), Contains("cannot be created: No such file"));
    if (std::filesystem::exists("/dev/full")) {
        // A write through a link to the full device fails as on a full disk.
        auto const name = (folder / "b").string() + ".tmp" + std::to_string(::getpid());
        std::filesystem::create_symlink("/dev/full", name);
        CHECK_THROWS_WITH(io::write_file(folder / "b", "new"), Contains("cannot be written: No space left"));
        CHECK(!std::filesystem::exists(std::filesystem::symlink_status(name)));
    }
    CHECK(io::read_file(folder / "a") == "old");
}
