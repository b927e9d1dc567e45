#include <trine/io/event_file.hpp>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <trine/core/crc.hpp>
#include <trine/core/error.hpp>
#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/protobuf.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;

namespace {

template <class T>
T number_at(std::string_view bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}
// As the format's description has it.
std::uint32_t masked(std::string_view bytes) {
    std::uint32_t const sum = crc32c(bytes);
    return ((sum >> 15) | (sum << 17)) + 0xa282ead8u;
}
std::vector<std::string> records_of(std::string_view bytes) {
    std::vector<std::string> all;
    while (!bytes.empty()) {
        REQUIRE(bytes.size() >= 16);
        auto const size = number_at<std::uint64_t>(bytes, 0);
        REQUIRE(number_at<std::uint32_t>(bytes, 8) == masked(bytes.substr(0, 8)));
        REQUIRE(bytes.size() - 16 >= size);
        REQUIRE(number_at<std::uint32_t>(bytes, 12 + size) == masked(bytes.substr(12, size)));
        all.emplace_back(bytes.substr(12, size));
        bytes.remove_prefix(16 + size);
    }
    return all;
}
double real_of(protobuf_field const& f) {
    double value;
    std::memcpy(&value, &f.integer, sizeof value);
    return value;
}

} // namespace

TEST_CASE("an event file begins with its version and has a record for each step", "[io]") {
    temporary_folder const folder;
    auto const path = folder / "events.out.tfevents.1";
    io::event_file const file(path);
    file.add(1, 1000.5, {{"loss", 0.25}, {"active", 1}});
    file.add(300, 1001, {{"loss", 0.125}});
    auto const records = records_of(io::read_file(path));
    REQUIRE(records.size() == 3);
    CHECK(protobuf_reader(records[0]).one(3).text() == "brain.Event:2");
    protobuf_reader const event(records[1]);
    CHECK(real_of(event.one(1)) == 1000.5);
    CHECK(event.one(2).integer == 1);
    auto const values = event.inside(5).all(1);
    REQUIRE(values.size() == 2);
    protobuf_reader const loss(values[0].bytes), active(values[1].bytes);
    CHECK(loss.one(1).text() == "loss");
    CHECK(loss.one(2).real() == 0.25f);
    CHECK(active.one(1).text() == "active");
    CHECK(active.one(2).real() == 1.0f);
    CHECK(protobuf_reader(records[2]).one(2).integer == 300);

    struct stat s;
    REQUIRE(::stat(path.c_str(), &s) == 0);
    CHECK((s.st_mode & 0777) == 0600);
    io::event_file const again(path); // in its place
    CHECK(records_of(io::read_file(path)).size() == 1);
}

TEST_CASE("an event file that cannot be written to says which", "[io]") {
    temporary_folder const folder;
    CHECK_THROWS_AS(io::event_file(folder / "none/events"), io_error);
    io::event_file const file(folder / "events");
    std::filesystem::remove(folder / "events");
    CHECK_THROWS_WITH(file.add(1, 0, {}), Catch::Matchers::Contains("events: cannot be written to"));
}

TEST_CASE("a record is framed as TFRecord files frame it", "[io]") {
    auto const record = io::event_record("hello");
    CHECK(record.size() == 21);
    CHECK(records_of(record) == std::vector<std::string>{"hello"});
}
