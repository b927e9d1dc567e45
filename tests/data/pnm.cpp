#include <trine/data/pnm.hpp>

#include <trine/core/error.hpp>

#include <string>

#include "support/catch.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

data::image decode(std::string const& bytes, std::size_t most_pixels = 1000) {
    return data::decode_pnm(bytes, "a.pnm", most_pixels);
}
using samples = std::vector<std::uint8_t>;

} // namespace

TEST_CASE("all six kinds of PNM are read", "[data]") {
    auto const text = decode("P2\n# by hand\n3 2\n255\n1 2 3\n4 5 6\n");
    CHECK((text.channels == 1 && text.height == 2 && text.width == 3));
    CHECK(text.samples == samples{1, 2, 3, 4, 5, 6});
    CHECK(decode("P2 2 1 15 0 # between samples\n 15").samples == samples{0, 255});
    CHECK(decode("P3\n1 2\n255\n9 8 7 6 5 4").samples == samples{9, 6, 8, 5, 7, 4});
    CHECK(decode("P5 2 1 255\n\x0a\x20").samples == samples{10, 32});
    CHECK(decode("P5 2 1 100\n\x32\x64").samples == samples{127, 255});
    CHECK(decode(std::string("P5 2 1 65535\n\xff\xff\x80\x00", 17)).samples == samples{255, 127});
    CHECK(decode("P6 1 2 255\nabcdef").samples == samples{'a', 'd', 'b', 'e', 'c', 'f'});
    // Bits: 1 is black; they need no space between them as text, and fill bytes otherwise.
    CHECK(decode("P1\n4 2\n1010 0 1\n1 1").samples == samples{0, 255, 0, 255, 255, 0, 0, 0});
    CHECK(decode(std::string("P4\n9 1\n\xaa\x80", 10)).samples == samples{0, 255, 0, 255, 0, 255, 0, 255, 0});
}

TEST_CASE("a damaged PNM is refused by name, before there is memory for it", "[data]") {
    // Not 1000000 by 1: a number is not cut where it becomes too long.
    CHECK_THROWS_WITH(decode("P5\n10000001 255\n" + std::string(1000, 'x'), 1'000'000'000),
                      Contains("a.pnm: damaged PNM: its largest value is not a number"));
    CHECK_THROWS_WITH(decode("P5 99999999999999999999999 1 255\n"), Contains("its width is too large"));
    CHECK_THROWS_WITH(decode("P5 1001 1 255\n" + std::string(1001, 'x')),
                      Contains("says that it has 1001×1 pixels; photos of up to 1000"));
    CHECK_THROWS_AS(decode("P5 2000000000 2000000000 255\n"), data_error);
    CHECK_THROWS_WITH(decode("P5 2000000000 2000000000 65535\nx", static_cast<std::size_t>(-1)),
                      Contains("truncated PNM"));
    CHECK_THROWS_WITH(decode("P5 2 1 255\nx"), Contains("truncated PNM: 12 bytes of 13"));
    CHECK_THROWS_WITH(decode("P2 2 1 255\n1"), Contains("truncated PNM"));
    CHECK_THROWS_WITH(decode("P2 2 1 255\n1 x"), Contains("its sample is not a number"));
    CHECK_THROWS_WITH(decode("P1 2 1 12"), Contains("a pixel is not 0 or 1"));
    CHECK_THROWS_WITH(decode("P5 0 5 255\n"), Contains("it has no pixels"));
    CHECK_THROWS_WITH(decode("P5 1 1 0\n1"), Contains("a largest value of 0"));
    CHECK_THROWS_WITH(decode("P5 1 1 65536\n12"), Contains("a largest value of 65536"));
    CHECK_THROWS_WITH(decode("P5 1 1 255x"), Contains("nothing follows its header"));
    CHECK_THROWS_AS(decode("P7\n"), format_error);
    CHECK_THROWS_AS(decode("P5"), format_error);
}
