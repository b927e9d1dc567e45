#include <trine/data/bmp.hpp>

#include <trine/core/error.hpp>

#include <string>

#include "support/catch.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

std::string little(std::uint64_t value, std::size_t bytes) {
    std::string s;
    for (std::size_t i = 0; i < bytes; ++i)
        s += static_cast<char>(value >> 8 * i);
    return s;
}

// A file with a header of 40 bytes, what stands between it and the pixels, and the pixels.
std::string file(std::int32_t width, std::int32_t height, std::uint32_t bits, std::string const& between,
                 std::string const& pixels, std::uint32_t coding = 0) {
    auto const first = static_cast<std::uint32_t>(54 + between.size());
    return "BM" + little(0, 8) + little(first, 4) + little(40, 4) + little(static_cast<std::uint32_t>(width), 4) +
           little(static_cast<std::uint32_t>(height), 4) + little(1, 2) + little(bits, 2) + little(coding, 4) +
           std::string(20, '\0') + between + pixels;
}
data::image decode(std::string const& bytes, std::size_t most_pixels = 1000) {
    return data::decode_bmp(bytes, "a.bmp", most_pixels);
}
using samples = std::vector<std::uint8_t>;

} // namespace

TEST_CASE("every kind of BMP that is not compressed is read", "[data]") {
    std::string const two = std::string("abcdef\0\0", 8) + std::string("ghijkl\0\0", 8);
    // Blue, green, red; the lowest row first, unless the height is negative.
    CHECK(decode(file(2, 2, 24, "", two)).samples ==
          samples{'i', 'l', 'c', 'f', 'h', 'k', 'b', 'e', 'g', 'j', 'a', 'd'});
    CHECK(decode(file(2, -2, 24, "", two)).samples ==
          samples{'c', 'f', 'i', 'l', 'b', 'e', 'h', 'k', 'a', 'd', 'g', 'j'});
    CHECK(decode(file(2, -1, 24, "", two.substr(0, 6))).samples == samples{'c', 'f', 'b', 'e', 'a', 'd'});
    CHECK(decode(file(1, 1, 32, "", "abc\xff")).samples == samples{'c', 'b', 'a'});
    // Five bits a colour, or as the file's masks say.
    CHECK(decode(file(1, 1, 16, "", little(31 << 10 | 8, 4))).samples == samples{255, 0, 65});
    CHECK(decode(file(1, 1, 16, little(0xF800, 4) + little(0x7E0, 4) + little(0x1F, 4), little(63 << 5 | 31, 4), 3))
              .samples == samples{0, 255, 255});
    CHECK(decode(file(1, 1, 32, little(0xFF, 4) + little(0xFF00, 4) + little(0, 4), "abc\xff", 3)).samples ==
          samples{'a', 'b', 0});
    // Palettes, one shorter than pixels ask for: the rest is black.
    std::string const palette("\x01\x02\x03\0\x04\x05\x06\0", 8);
    CHECK(decode(file(4, 1, 8, palette, std::string("\1\0\2\xff", 4))).samples ==
          samples{6, 3, 0, 0, 5, 2, 0, 0, 4, 1, 0, 0});
    CHECK(decode(file(3, 1, 4, palette, std::string("\x10\x10\0\0", 4))).samples == samples{6, 3, 6, 5, 2, 5, 4, 1, 4});
    CHECK(decode(file(9, 1, 1, palette, std::string("\xaa\x80\0\0", 4))).samples[0] == 6);
    CHECK(decode(file(9, 1, 1, palette, std::string("\xaa\x80\0\0", 4))).samples[8] == 6);
    CHECK(decode("BM" + little(0, 8) + little(26, 4) + little(12, 4) + little(1, 2) + little(1, 2) + little(1, 2) +
                 little(24, 2) + "abc\0")
              .samples == samples{'c', 'b', 'a'});
}

TEST_CASE("a damaged BMP is refused by name, before there is memory for it", "[data]") {
    CHECK_THROWS_WITH(decode(file(2, 2, 24, "", "abcdef")), Contains("a.bmp: truncated BMP"));
    CHECK_THROWS_WITH(decode(file(60000, 60000, 24, "", "abcdef")), Contains("photos of up to 1000"));
    constexpr std::int32_t lowest = -2147483647 - 1, largest = 2147483647;
    for (auto [width, height] : {std::pair{largest, lowest}, {largest, largest}, {1, lowest}})
        CHECK_THROWS_WITH(decode(file(width, height, 32, "", "abcdef"), static_cast<std::size_t>(-1)),
                          Contains("truncated BMP"));
    CHECK_THROWS_WITH(decode(file(-5, 2, 24, "", "abcdef")), Contains("it has -5×2 pixels"));
    CHECK_THROWS_WITH(decode(file(5, 0, 24, "", "abcdef")), Contains("it has 5×0 pixels"));
    CHECK_THROWS_WITH(decode(file(1, 1, 7, "", "abcdef")), Contains("7 bits a pixel"));
    CHECK_THROWS_WITH(decode(file(1, 1, 8, "", "abcdef", 1)), Contains("compressed BMP, which is not read"));
    CHECK_THROWS_WITH(decode("BM"), Contains("damaged BMP"));
    auto far = file(1, 1, 24, "", "abcdef");
    far.replace(10, 4, little(0xFFFFFFFF, 4));
    CHECK_THROWS_WITH(decode(far), Contains("truncated BMP"));
    auto into_header = file(1, 1, 24, "", "abcdef");
    into_header.replace(10, 4, little(0, 4));
    CHECK_THROWS_AS(decode(into_header), format_error);
}
