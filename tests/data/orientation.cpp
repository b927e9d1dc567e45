#include <trine/data/orientation.hpp>

#include <trine/data/image_io.hpp>

#include "support/catch.hpp"
#include "support/jpeg.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;

TEST_CASE("photos are turned upright as their EXIF says", "[data]") {
    temporary_folder const folder;
    // Four quarters of 16×8 pixels: 10 and 90 above, 170 and 250 below.
    std::vector<std::uint8_t> pixels(32 * 16);
    for (std::size_t y = 0; y < 16; ++y)
        for (std::size_t x = 0; x < 32; ++x)
            pixels[y * 32 + x] = static_cast<std::uint8_t>(10 + 80 * (x / 16) + 160 * (y / 8));
    // The kind of the number: 3 of two bytes, as the format says; some write 4 of four or 1 of one.
    auto const exif = [](int orientation, bool big, unsigned kind = 3) {
        auto const number = [&](unsigned value, std::size_t bytes) {
            std::string s;
            for (std::size_t i = 0; i < bytes; ++i)
                s += static_cast<char>(value >> 8 * (big ? bytes - 1 - i : i) & 255);
            return s;
        };
        return std::string("Exif\0\0", 6) + (big ? "MM" : "II") + number(42, 2) + number(8, 4) + number(2, 2) +
               number(0x0100, 2) + number(3, 2) + number(1, 4) + number(7, 2) + number(0, 2) + number(0x0112, 2) +
               number(kind, 2) + number(1, 4) +
               (number(static_cast<unsigned>(orientation), kind == 4   ? 4
                                                           : kind == 1 ? 1
                                                                       : 2) +
                std::string(3, '\0'))
                   .substr(0, 4) +
               number(0, 4);
    };
    auto const quarters = [&] {
        auto const p = data::load_image(folder / "a.jpg");
        auto const near = [](int v) { return v < 50 ? 10 : v < 130 ? 90 : v < 210 ? 170 : 250; };
        return std::vector<int>{p.width > p.height, near(p(0, 1, 1)), near(p(0, 1, p.width - 2)),
                                near(p(0, p.height - 2, 1)), near(p(0, p.height - 2, p.width - 2))};
    };
    std::vector<std::vector<int>> const expected{{1, 10, 90, 170, 250}, {1, 90, 10, 250, 170}, {1, 250, 170, 90, 10},
                                                 {1, 170, 250, 10, 90}, {0, 10, 170, 90, 250}, {0, 170, 10, 250, 90},
                                                 {0, 250, 90, 170, 10}, {0, 90, 250, 10, 170}};
    for (int orientation = 1; orientation <= 8; ++orientation)
        for (bool big : {false, true})
            for (unsigned kind : {3, 4, 1}) {
                CAPTURE(orientation, big, kind);
                write_jpeg(folder / "a.jpg", 32, 16, 1, JCS_GRAYSCALE, pixels, exif(orientation, big, kind));
                CHECK(quarters() == expected[static_cast<std::size_t>(orientation - 1)]);
            }
    // Damaged notes turn nothing.
    auto const whole = exif(6, true);
    for (std::size_t length = 0; length < whole.size() - 8; ++length) {
        write_jpeg(folder / "a.jpg", 32, 16, 1, JCS_GRAYSCALE, pixels, whole.substr(0, length));
        CHECK(quarters() == expected[0]);
    }
    write_jpeg(folder / "a.jpg", 32, 16, 1, JCS_GRAYSCALE, pixels, exif(9, false));
    CHECK(quarters() == expected[0]);
    write_jpeg(folder / "a.jpg", 32, 16, 1, JCS_GRAYSCALE, pixels, exif(0x10006, false, 4));
    CHECK(quarters() == expected[0]);
}
