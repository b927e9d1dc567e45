// Files and galleries on Windows: tests/platforms/run.sh windows compiles this with MinGW-w64 and runs it under Wine.
// What other systems' tests ask of the same headers is asked here as far as both systems have it.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <trine/io/file.hpp>
#include <trine/io/memory_file.hpp>
#include <trine/neighbors/gallery.hpp>

using namespace trine;
namespace fs = std::filesystem;

namespace {

int checks = 0;

void check(bool holds, char const* what, int line) {
    ++checks;
    if (!holds) {
        std::printf("line %d: %s\n", line, what);
        std::exit(1);
    }
}
#define CHECK(...) check((__VA_ARGS__), #__VA_ARGS__, __LINE__)

template <class Error, class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (Error const& e) {
        return e.what();
    }
    return {};
}

bool has(std::string const& text, std::string const& part) { return text.find(part) != text.npos; }

std::vector<float> point(int i) { return {1.0f * static_cast<float>(i), 2, 3}; }

void files(fs::path const& folder) {
    auto const path = folder / "a.bin";
    std::string bytes(100'000, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(i * 7); // with \n, \r and Ctrl-Z
    io::write_file(path, bytes);
    CHECK(io::read_file(path) == bytes);
    CHECK(fs::file_size(path) == bytes.size());

    {
        io::mapped_file const before(path);
        io::write_file(path, "new"); // whoever has the old one open keeps it
        CHECK(before.bytes() == bytes);
        CHECK(before.is_replaced(path));
    }
    CHECK(io::read_file(path) == "new");
    {
        io::file_writer unfinished(path);
        unfinished.write("never");
    }
    CHECK(io::read_file(path) == "new");
    CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);

    std::string large(io::mapped_file::copied + 12345, 'x');
    large.back() = 'y';
    io::write_file(folder / "large", large);
    {
        io::mapped_file const mapped(folder / "large");
        CHECK(mapped.bytes() == large);
        CHECK(mapped.read_now(large.size() - 2, 10) == "xy");
        CHECK(!mapped.is_shortened() && !mapped.is_replaced(folder / "large"));
    }
    CHECK(has(message_of<io_error>([&] { io::read_file(folder / "none"); }), "cannot be opened"));
    CHECK(has(message_of<io_error>([&] { io::read_file(folder); }), "is a folder"));
    CHECK(has(message_of<io_error>([&] { io::write_file(folder / "no" / "b", "x"); }), "cannot be created"));
    CHECK(io::random_digits(16).size() == 32 && io::random_digits(16) != io::random_digits(16));

    std::vector<std::thread> writers;
    for (int t = 0; t < 4; ++t)
        writers.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i)
                io::write_file(folder / ("by" + std::to_string(t)), std::string(1000, static_cast<char>('a' + t)));
        });
    for (auto& w : writers)
        w.join();
    for (int t = 0; t < 4; ++t)
        CHECK(io::read_file(folder / ("by" + std::to_string(t))) == std::string(1000, static_cast<char>('a' + t)));

    io::memory_file const memory;
    memory.write("some", "memory");
    CHECK(io::read_file(memory.path()) == "some");
}

void galleries(fs::path const& folder) {
    auto const path = folder / "people.gallery";
    neighbors::gallery_identity const of{"net", "euclidean", 3};
    using gallery = neighbors::gallery<>;
    {
        auto g = gallery::create(path, of);
        CHECK(has(message_of<io_error>([&] { gallery::open(path, of, neighbors::access::write); }),
                  "another program is writing to it"));
        g.add("Ada", "1.jpg", point(1));
        g.add("Grace", "2.jpg", point(2));
        auto reader = gallery::open(path, of, neighbors::access::read);
        CHECK(reader.photos_of("Ada").size() == 1);
        g.add("Ada", "3.jpg", point(3));
        reader.refresh();
        CHECK(reader.photos_of("Ada").size() == 2);
        g.compact(); // another file takes its place while the reader has it open
        g.add("Mary", "4.jpg", point(4));
        reader.refresh();
        CHECK(reader.photos_of("Ada").size() == 2 && reader.photos_of("Mary").size() == 1);
        g.rename("Grace", "Grace Hopper");
        g.remove("Mary");
    }
    {
        auto g = gallery::open(path, of, neighbors::access::write);
        CHECK(g.photos_of("Ada").size() == 2 && g.photos_of("Grace Hopper").size() == 1);
        CHECK(g.photos_of("Mary").empty());
        g.purge("Ada");
        g.save_as(folder / "copy.gallery");
    }
    for (auto const& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".gallery")
            CHECK(io::read_file(entry.path()).find("Ada") == std::string::npos);
    auto const copy = gallery::open(folder / "copy.gallery", of, neighbors::access::read);
    CHECK(copy.photos_of("Grace Hopper").size() == 1);
    // A log that is cut short: its last entry counts for nothing.
    {
        auto g = gallery::open(path, of, neighbors::access::write);
        g.add("Emmy", "5.jpg", point(5));
        g.add("Lise", "6.jpg", point(6));
    }
    auto const log = fs::path(path.string() + ".log");
    fs::resize_file(log, fs::file_size(log) - 3);
    auto g = gallery::open(path, of, neighbors::access::write);
    CHECK(g.photos_of("Emmy").size() == 1 && g.photos_of("Lise").empty());
    g.add("Lise", "6.jpg", point(6));
    CHECK(g.photos_of("Lise").size() == 1);
}

} // namespace

int main() {
    auto const folder = fs::temp_directory_path() / ("trine-" + io::random_digits(8));
    fs::create_directories(folder / "files");
    fs::create_directories(folder / "galleries");
    try {
        files(folder / "files");
        galleries(folder / "galleries");
    } catch (std::exception const& e) {
        std::printf("failed: %s\n", e.what());
        return 1;
    }
    fs::remove_all(folder);
    std::printf("%d checks of files and galleries passed\n", checks);
}
