#include <trine/data/image_io.hpp>

#include <trine/data/cimg.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/images.hpp"
#include "support/jpeg.hpp"
#include "support/reference_data.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

using cimg = cimg_library::CImg<unsigned char>;

cimg to_cimg(data::image const& i) {
    return {i.samples.data(), static_cast<unsigned>(i.width), static_cast<unsigned>(i.height), 1,
            static_cast<unsigned>(i.channels)};
}

} // namespace

TEST_CASE("printing inks, transparency and 16 bits become photos like others", "[data]") {
    temporary_folder const folder;
    std::vector<std::uint8_t> inks;
    for (std::size_t i = 0; i < 64; ++i)
        inks.insert(inks.end(), {0, 128, 255, 51}); // cyan, magenta, yellow, black
    auto const is_close = [](data::image const& p, int red, int green, int blue) {
        CHECK(p.channels == 3);
        return std::abs(p(0, 3, 3) - red) <= 3 && std::abs(p(1, 3, 3) - green) <= 3 && std::abs(p(2, 3, 3) - blue) <= 3;
    };
    write_jpeg(folder / "plain.jpg", 8, 8, 4, JCS_CMYK, inks);
    CHECK(is_close(data::load_image(folder / "plain.jpg"), 204, 101, 0));
    for (auto& v : inks)
        v = static_cast<std::uint8_t>(255 - v);
    write_jpeg(folder / "adobe.jpg", 8, 8, 4, JCS_CMYK, inks, "", true);
    CHECK(is_close(data::load_image(folder / "adobe.jpg"), 204, 101, 0));

    for (int channels : {2, 4}) {
        cimg clear(4, 4, 1, static_cast<unsigned>(channels), 200);
        clear.get_shared_channel(channels - 1).fill(0);
        clear.save_png((folder / "clear.png").c_str());
        auto const p = data::load_image(folder / "clear.png");
        CHECK(p.channels == static_cast<std::size_t>(channels - 1));
        CHECK(std::all_of(p.samples.begin(), p.samples.end(), [](auto v) { return v == 200; }));
    }
    cimg_library::CImg<unsigned short>(4, 4, 1, 3, 0x8180).save_png((folder / "deep.png").c_str(), 2);
    CHECK(data::load_image(folder / "deep.png").samples[0] == 0x81);
}

TEST_CASE("photos of every kind come back as they were written, and damaged ones are refused by name", "[data]") {
    temporary_folder const folder;
    for (std::size_t channels : {1, 3}) {
        auto const original = gradient_image(channels, 20, 30);
        data::save_png(original, folder / "a.png");
        to_cimg(original).save_pnm((folder / "a.pnm").c_str());
        if (channels == 3)
            to_cimg(original).save_bmp((folder / "a.bmp").c_str());
        for (char const* name : {"a.png", "a.pnm", "a.bmp"}) {
            if (!std::filesystem::exists(folder / name))
                continue;
            CAPTURE(name, channels);
            auto const back = data::load_image(folder / name);
            CHECK(back.channels == channels);
            CHECK(back.samples == original.samples);
            auto const bytes = io::read_file(folder / name);
            for (std::size_t share = 0; share < 20; ++share) {
                io::write_file(folder / "cut", std::string_view(bytes).substr(0, bytes.size() * share / 20));
                CHECK_THROWS_WITH(data::load_image(folder / "cut"), Contains((folder / "cut").string()));
            }
        }
    }
    io::write_file(folder / "text.jpg", "this is no photo");
    CHECK_THROWS_WITH(data::load_image(folder / "text.jpg"), Contains("is not a PGM, PPM, PNG, JPEG or BMP photo"));
    CHECK_THROWS_WITH(data::load_image(folder / "none.jpg"), Contains("No such file"));
}

TEST_CASE("a PGM may have comments and 16 bits, and its first sample may look like anything", "[data]") {
    temporary_folder const folder;
    io::write_file(folder / "a.pgm", std::string("P5 # made by hand\n2 # wide\n 1\n255\n\x1a\x20", 36));
    auto const a = data::load_image(folder / "a.pgm");
    CHECK(a.width == 2);
    CHECK(a.samples == std::vector<std::uint8_t>{0x1a, 0x20});
    io::write_file(folder / "b.pgm", std::string("P5 1 1 65535\n\xff\xff", 15));
    CHECK(data::load_image(folder / "b.pgm").samples == std::vector<std::uint8_t>{255});
}

TEST_CASE("real JPEGs are read, and truncated ones refused", "[data]") {
    auto const photos = reference_data("data/krasserm10");
    if (!photos)
        return;
    temporary_folder const folder;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(*photos))
        if (entry.path().extension() == ".jpg") {
            auto const i = data::load_image(entry.path());
            CHECK(i.channels == 3);
            CHECK(i.width == 250);
            auto const bytes = io::read_file(entry.path());
            io::write_file(folder / "cut.jpg", std::string_view(bytes).substr(0, bytes.size() / 2));
            CHECK_THROWS_WITH(data::load_image(folder / "cut.jpg"), Contains("damaged JPEG"));
            return;
        }
    FAIL("no photo there");
}

TEST_CASE("a photo goes through a JPEG and comes back nearly as it was", "[data]") {
    temporary_folder const folder;
    for (std::size_t channels : {1u, 3u}) {
        auto const photo = data::synthetic_faces{channels, 40, 56, 3}.draw(1, 0);
        auto const fine = data::encode_jpeg(photo, 100), coarse = data::encode_jpeg(photo, 20);
        CHECK(coarse.size() < fine.size() / 2);
        io::write_file(folder.path() / "photo.jpg", fine);
        auto const back = data::load_image(folder.path() / "photo.jpg");
        REQUIRE((back.channels == channels && back.height == 40 && back.width == 56));
        // Brightness comes back; of colour, kept at half the resolution, the average does.
        auto const before = data::with_channels(photo, 1), after = data::with_channels(back, 1);
        double squares = 0;
        for (std::size_t i = 0; i < before.samples.size(); ++i)
            squares += std::pow(static_cast<double>(before.samples[i]) - static_cast<double>(after.samples[i]), 2);
        CHECK(std::sqrt(squares / static_cast<double>(before.samples.size())) < 2);
        for (std::size_t c = 0; c < channels; ++c) {
            double difference = 0;
            for (std::size_t i = 0; i < 40 * 56; ++i)
                difference += static_cast<double>(photo.samples[c * 40 * 56 + i]) -
                              static_cast<double>(back.samples[c * 40 * 56 + i]);
            CHECK(std::abs(difference) / (40 * 56) < 1);
        }
    }
    CHECK_THROWS_WITH(data::encode_jpeg(data::image(1, 4, 4), 0),
                      Contains("a JPEG of quality 0: it has to lie between 1 and 100"));
    CHECK_THROWS_WITH(data::encode_jpeg(data::image(1, 4, 4), 101), Contains("quality 101"));
    CHECK_THROWS_WITH(data::encode_jpeg(data::image(2, 4, 4)), Contains("a photo of 2×4×4 cannot be a JPEG"));
    CHECK_THROWS_AS(data::encode_jpeg(data::image(1, 0, 4)), shape_error);
    CHECK_THROWS_AS(data::encode_jpeg(data::image(1, 1, 65501)), shape_error);
}
