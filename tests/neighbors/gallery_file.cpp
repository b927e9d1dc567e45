#include <trine/neighbors/gallery_file.hpp>

#include <cstring>
#include <filesystem>

#include <trine/core/random.hpp>
#include <trine/io/safetensors.hpp>
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

TEST_CASE("hostile galleries are refused, or hold what they can hold", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    {
        auto g = gallery<storage::int8>::create(path, of_tests);
        for (std::uint64_t i = 0; i < 5; ++i)
            g.add(i % 2 ? "Ada" : "Grace", std::to_string(i), point(i));
        g.compact();
        g.add("Mary", "5", point(5));
        g.rename("Ada", "Ada Lovelace");
        g.merge("Grace", "Mary");
        g.remove("Ada Lovelace");
    } // the file names the log from the first entry on
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
        for (std::size_t at = 80; at + header <= bytes.size();) {
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
    put(a, base), put(a.string() + ".log",
                      "this is somebody's diary, and not a log of anything; it says nothing of any photo or person");
    CHECK_THROWS_WITH(gallery<storage::int8>::open(a), Contains(".log: is not a gallery's log"));
    auto damaged = log;
    damaged[80 + 40 + 3] ^= 1;
    put(a.string() + ".log", damaged);
    CHECK_THROWS_WITH(gallery<storage::int8>::open(a), Contains(".log: is damaged at byte 80"));
    io::safetensors none;
    none.metadata["format"] = "trine gallery 3";
    none.save(a);
    CHECK_THROWS_WITH(gallery<storage::int8>::open(a),
                      Contains("it says \"trine gallery 3\", not \"trine gallery 2\""));
}

TEST_CASE("sizes that cannot be counted are refused", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    gallery<>::create(path, of_tests);
    auto const base = bytes_of(path);
    std::string const shape = "\"shape\":[0,6]";
    REQUIRE(base.find(shape) != std::string::npos);
    for (std::string const& dimensions : {std::string("0"), std::string("4611686018427387904"), // 2^62
                                          std::string("4611686018427387905"), std::string("18446744073709551615"),
                                          std::string("16777216"), std::string("65537")}) {
        auto bytes = base;
        auto const other = "\"shape\":[0," + dimensions + "]";
        // The header is filled up with spaces.
        bytes.replace(bytes.find(shape), shape.size(), other);
        bytes.erase(bytes.find("  "), other.size() - shape.size());
        put(path, bytes);
        for (auto mode : {access::read, access::write})
            CHECK_THROWS_AS(gallery<>::open(path, mode), format_error);
        CHECK_THROWS_AS(gallery<storage::int8>::open(path), format_error);
    }
    for (std::size_t dimensions : {std::size_t{0}, std::size_t{65537}, std::size_t{1} << 62}) {
        neighbors::gallery_identity const wrong{"a network", "euclidean", dimensions};
        CHECK_THROWS_AS(gallery<>(wrong), argument_error);
        CHECK_THROWS_AS(gallery<>::create(folder / "none", wrong), argument_error);
        CHECK_THROWS_AS(neighbors::gallery_builder<>(folder / "none", wrong), argument_error);
        CHECK_FALSE(std::filesystem::exists(folder / "none"));
        CHECK_FALSE(std::filesystem::exists(folder / "none.log"));
    }
    CHECK(gallery<>({"a network", "euclidean", 65536}).dimensions() == 65536);
}

TEST_CASE("a gallery is built without being held", "[gallery]") {
    temporary_folder const folder;
    auto const path = folder / "large.gallery";
    auto const points = random_values<float>(3000 * 6, 1);
    {
        neighbors::gallery_builder<storage::float16> builder(path, of_tests);
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
    { neighbors::gallery_builder<> abandoned(folder / "none.gallery", of_tests); }
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
