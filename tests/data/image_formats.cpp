// WebP, GIF and TIFF, where their libraries are there. The files were made by cwebp, ImageMagick, exiftool and tiffset
// of one small picture.

#include <trine/data/image_io.hpp>

#include "support/catch.hpp"
#include "support/image_files.hpp"

#include <cstdlib>

using namespace trine;
using Catch::Matchers::Contains;

namespace {

// What was saved: 6×4 pixels in colour; and its blue alone, grey.
data::image picture(std::size_t channels) {
    data::image out(channels, 4, 6);
    for (std::size_t y = 0; y < 4; ++y)
        for (std::size_t x = 0; x < 6; ++x) {
            if (channels == 3)
                out(0, y, x) = static_cast<std::uint8_t>(40 * x), out(1, y, x) = static_cast<std::uint8_t>(60 * y);
            out(channels - 1, y, x) = static_cast<std::uint8_t>(37 * x + 51 * y);
        }
    return out;
}

// A quarter turn to the right: what was the left column from below is the first row.
data::image turned(data::image const& in) {
    data::image out(in.channels, in.width, in.height);
    for (std::size_t c = 0; c < out.channels; ++c)
        for (std::size_t y = 0; y < out.height; ++y)
            for (std::size_t x = 0; x < out.width; ++x)
                out(c, y, x) = in(c, in.height - 1 - x, y);
    return out;
}

void check_same(data::image const& photo, data::image const& expected) {
    CHECK(photo.channels == expected.channels);
    CHECK(photo.height == expected.height);
    CHECK(photo.width == expected.width);
    CHECK(photo.samples == expected.samples);
}

// Cut anywhere, it is an error of ours or, where only what no pixel needs is missing, the same photo; changed anywhere,
// an error or another photo.
void check_damage(std::string const& bytes) {
    auto const whole = data::decode_image(bytes, "a");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        try {
            auto const photo = data::decode_image(std::string_view(bytes).substr(0, size), "a");
            CHECK(photo.samples.size() == whole.samples.size());
        } catch (error const& e) {
            CHECK(std::string_view(e.what()).starts_with("a: "));
        }
        for (char const bits : {'\x01', '\x80', '\xff'}) {
            auto changed = bytes;
            changed[size] = static_cast<char>(changed[size] ^ bits);
            try {
                auto const photo = data::decode_image(changed, "a", 1 << 20);
                CHECK(photo.samples.size() == photo.channels * photo.height * photo.width);
            } catch (error const& e) {
                CHECK(std::string_view(e.what()).starts_with("a: "));
            }
        }
    }
    // A cut in what holds pixels is noticed.
    CHECK_THROWS_AS(data::decode_image(std::string_view(bytes).substr(0, 24), "a"), format_error);
    CHECK_THROWS_WITH(data::decode_image(bytes, "a", whole.height * whole.width - 1), Contains("a: says that it has "));
}

} // namespace

#ifdef TRINE_WEBP
TEST_CASE("WebP is read: without loss, with some, and turned upright", "[data]") {
    check_same(data::decode_image(image_files::bytes_of(image_files::webp_lossless), "a"), picture(3));
    check_same(data::decode_image(image_files::bytes_of(image_files::webp_with_exif), "a"), turned(picture(3)));
    // Colours at half the resolution lose more than brightness does.
    auto const close = data::decode_image(image_files::bytes_of(image_files::webp_lossy), "a");
    auto const grey = data::with_channels(close, 1), expected = data::with_channels(picture(3), 1);
    REQUIRE(grey.samples.size() == expected.samples.size());
    for (std::size_t i = 0; i < grey.samples.size(); ++i)
        CHECK(std::abs(grey.samples[i] - expected.samples[i]) <= 25);
    CHECK_THROWS_WITH(data::decode_image(image_files::bytes_of(image_files::webp_animated), "a"),
                      Contains("a: is an animated WebP"));
    check_damage(image_files::bytes_of(image_files::webp_lossless));
    check_damage(image_files::bytes_of(image_files::webp_lossy));
    check_damage(image_files::bytes_of(image_files::webp_with_exif));
    CHECK((data::is_image_name("a.webp") && data::unread_kind("a.WebP").empty()));
}
#endif

#ifdef TRINE_GIF
TEST_CASE("GIF is read: in order and interlaced, and where its picture covers a part", "[data]") {
    check_same(data::decode_image(image_files::bytes_of(image_files::gif_plain), "a"), picture(3));
    auto const frame_at = [](std::string const& bytes) { return bytes.find("\x2c", 13 + 3 * 32); };
    auto interlaced = image_files::bytes_of(image_files::gif_plain);
    interlaced[frame_at(interlaced) + 9] |=
        0x40; // so the second row of the file is the third, and the third the second
    auto expected = picture(3);
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t x = 0; x < expected.width; ++x)
            std::swap(expected(c, 1, x), expected(c, 2, x));
    check_same(data::decode_image(interlaced, "a"), expected);
    check_damage(image_files::bytes_of(image_files::gif_plain));
    check_damage(interlaced);

    auto part = image_files::bytes_of(image_files::gif_plain);
    part[6] = 9, part[8] = 5; // the screen
    part[11] = 2;             // its background: the third colour
    auto const frame = frame_at(part);
    part[frame + 1] = 2, part[frame + 3] = 1; // left and top
    auto const photo = data::decode_image(part, "a");
    auto const small = picture(3);
    REQUIRE((photo.height == 5 && photo.width == 9));
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t y = 0; y < 5; ++y)
            for (std::size_t x = 0; x < 9; ++x) {
                bool const covered = y >= 1 && x >= 2 && x < 8;
                auto const background = static_cast<std::uint8_t>(part[13 + 3 * 2 + c]);
                CHECK(photo(c, y, x) == (covered ? small(c, y - 1, x - 2) : background));
            }
    part[6] = 0, part[8] = 0; // no screen: as large as the picture needs
    CHECK(data::decode_image(part, "a").width == 8);
    CHECK((data::is_image_name("a.gif") && data::unread_kind("a.GIF").empty()));
}
#endif

#ifdef TRINE_TIFF
TEST_CASE("TIFF is read: grey, in colour, with 16 bits, and turned upright", "[data]") {
    check_same(data::decode_image(image_files::bytes_of(image_files::tiff_colour), "a"), picture(3));
    check_same(data::decode_image(image_files::bytes_of(image_files::tiff_16_bits), "a"), picture(3));
    check_same(data::decode_image(image_files::bytes_of(image_files::tiff_grey), "a"), picture(1));
    check_same(data::decode_image(image_files::bytes_of(image_files::tiff_turned), "a"), turned(picture(1)));
    for (auto const* file :
         {image_files::tiff_colour, image_files::tiff_16_bits, image_files::tiff_grey, image_files::tiff_turned})
        check_damage(image_files::bytes_of(file));
    CHECK((data::is_image_name("a.tif") && data::is_image_name("a.TIFF") && data::unread_kind("a.tif").empty()));
}
#endif
