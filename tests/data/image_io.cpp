#include <trine/data/image_io.hpp>

#include <cstdlib>

#include <trine/core/random.hpp>
#include <trine/data/cimg.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/images.hpp"
#include "support/jpeg.hpp"
#include "support/reference_data.hpp"
#include "support/temporary_folder.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

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

TEST_CASE("a photo that is whole is read, whatever stands around it in its file", "[data]") {
    auto const photo = gradient_image(3, 20, 30);
    auto const png = data::encode_png(photo);
    for (std::string const& behind : {std::string("\n"), std::string(16, '\0'), png})
        CHECK(data::decode_image(png + behind, "a.png").samples == photo.samples);

    auto const jpeg = data::encode_jpeg(photo, 90);
    auto const plain = data::decode_image(jpeg, "a.jpg");
    CHECK(data::decode_image(jpeg + std::string(64, '\0'), "a.jpg").samples == plain.samples);
    auto changed = jpeg;
    changed.insert(changed.find("\xff\xdb"), std::string(2, '\0'));
    CHECK(data::decode_image(changed, "a.jpg").samples == plain.samples);
    changed = jpeg;
    changed[11] = 2; // JFIF 2
    CHECK(data::decode_image(changed, "a.jpg").samples == plain.samples);
    changed = jpeg;
    changed.insert(changed.size() - 2, "\x7f");
    CHECK(data::decode_image(changed, "a.jpg").samples == plain.samples);
    CHECK(data::decode_image(jpeg.substr(0, jpeg.size() - 2), "a.jpg").samples == plain.samples);
    for (std::size_t share = 0; share < 20; ++share) {
        CAPTURE(share);
        CHECK_THROWS_WITH(data::decode_image(std::string_view(jpeg).substr(0, jpeg.size() * share / 20), "a.jpg"),
                          Contains("a.jpg: "));
    }
}

TEST_CASE("PNG comes with few bits, in passes, and of any kind", "[data]") {
    // A file from its header's bytes and rows that are not compressed.
    auto const file = [](std::uint32_t width, std::uint32_t height, int bits, int kind, int passes, std::string rows,
                         std::string const& palette = "") {
        auto const big = [](std::uint32_t v) {
            return std::string{static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
                               static_cast<char>(v)};
        };
        auto const chunk = [&](std::string const& type, std::string const& data) {
            auto const what = type + data;
            auto const crc =
                crc32(0, reinterpret_cast<unsigned char const*>(what.data()), static_cast<unsigned>(what.size()));
            return big(static_cast<std::uint32_t>(data.size())) + what + big(static_cast<std::uint32_t>(crc));
        };
        std::string packed(rows.size() + 100, '\0');
        auto size = static_cast<unsigned long>(packed.size());
        compress(reinterpret_cast<unsigned char*>(packed.data()), &size,
                 reinterpret_cast<unsigned char const*>(rows.data()), rows.size());
        packed.resize(size);
        std::string const head{static_cast<char>(bits), static_cast<char>(kind), 0, 0, static_cast<char>(passes)};
        return std::string("\x89PNG\r\n\x1a\n") + chunk("IHDR", big(width) + big(height) + head) +
               (palette.empty() ? "" : chunk("PLTE", palette)) + chunk("IDAT", packed) + chunk("IEND", "");
    };
    using samples = std::vector<std::uint8_t>;
    auto const decode = [](std::string const& bytes) { return data::decode_image(bytes, "a.png").samples; };
    CHECK(decode(file(3, 1, 1, 0, 0, std::string("\0\xa0", 2))) == samples{255, 0, 255});
    CHECK(decode(file(2, 1, 4, 0, 0, std::string("\0\xf1", 2))) == samples{255, 17});
    CHECK(decode(file(2, 1, 4, 3, 0, std::string("\0\x10", 2), "abcdef")) == samples{'d', 'a', 'e', 'b', 'f', 'c'});
    CHECK(decode(file(1, 1, 16, 2, 0, std::string("\0\x81\x80\0\0\xff\xff", 7))) == samples{0x81, 0, 255});
    // 2×2 in passes: the first pixel, the one beside it, the row below.
    CHECK(decode(file(2, 2, 8, 0, 1, std::string("\0\1\0\2\0\3\4", 7))) == samples{1, 2, 3, 4});
    CHECK_THROWS_WITH(decode(file(2, 2, 8, 0, 1, std::string("\0\1\0\2", 4))), Contains("a.png: damaged PNG: "));
    CHECK_THROWS_WITH(decode(file(2, 2, 8, 0, 0, std::string("\0\1\2", 3))), Contains("a.png: damaged PNG: "));
    // What is in chunks that no pixel depends on changes nothing, nor how large they say they are.
    auto const whole = file(2, 1, 8, 0, 0, std::string("\0\1\2", 3));
    auto const with_chunk = [&](std::string const& chunk) {
        auto changed = whole;
        return changed.insert(changed.find("IDAT") - 4, chunk);
    };
    CHECK(decode(with_chunk(std::string("\0\0\0\2gAMA\0\1....", 14))) == samples{1, 2});
    for (char const* kind : {"eXIf", "iCCP", "tEXt", "zTXt", "sPLT", "aBCd"})
        CHECK_THROWS_WITH(decode(with_chunk(std::string("\x40\0\0\0", 4) + kind)),
                          Contains("a.png: damaged PNG: it ends too early"));
    // Of a size that its bytes cannot hold, and of one beyond the limit.
    CHECK_THROWS_WITH(decode(file(10000, 10000, 8, 0, 0, std::string(1000, '\0'))), Contains("it ends too early"));
    CHECK_THROWS_WITH(decode(file(20000, 20000, 8, 0, 0, std::string(1000, '\0'))),
                      Contains("says that it has 20000×20000 pixels; photos of up to 200000000"));
    CHECK_THROWS_AS(decode(file(0x7FFFFFFF, 0x7FFFFFFF, 16, 6, 1, "")), data_error);
    CHECK_THROWS_AS(decode(file(0, 5, 8, 0, 0, "")), format_error);
}

TEST_CASE("a photo of more pixels than the limit is refused by its header", "[data]") {
    auto const photo = gradient_image(3, 20, 30);
    auto const jpeg = data::encode_jpeg(photo), png = data::encode_png(photo);
    for (auto const& bytes : {jpeg, png}) {
        CHECK(data::decode_image(bytes, "a", 600).width == 30);
        CHECK_THROWS_WITH(data::decode_image(bytes, "a", 599), Contains("a: says that it has 30×20 pixels"));
    }
    auto huge = jpeg;
    huge.replace(huge.find("\xff\xc0") + 5, 4, "\xff\xdc\xff\xdc");
    CHECK_THROWS_WITH(data::decode_image(huge, "a.jpg"), Contains("a.jpg: says that it has 65500×65500 pixels"));
    temporary_folder const folder;
    io::write_file(folder / "a.jpg", huge);
    CHECK_THROWS_AS(data::load_image(folder / "a.jpg"), data_error);
    io::write_file(folder / "small.jpg", jpeg);
    CHECK_THROWS_AS(data::load_image(folder / "small.jpg", 599), data_error);
    // A file that is larger than any photo is not read at all.
    std::filesystem::resize_file(folder / "a.jpg", std::uintmax_t{1} << 36);
    CHECK_THROWS_WITH(data::load_image(folder / "a.jpg"), Contains("has 68719476736 bytes"));

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // Where the limit is off and memory ends, the file is named. In a process of its own, whose memory is small.
    pid_t const child = ::fork();
    if (child == 0) {
        int result = 1;
        rlimit const small{std::size_t{6} << 30, std::size_t{6} << 30};
        ::setrlimit(RLIMIT_AS, &small);
        if (void* const more = std::malloc(std::size_t{7} << 30))
            std::free(more), ::_exit(3);
        try {
            data::decode_image(huge, "a.jpg", static_cast<std::size_t>(-1));
        } catch (data_error const& e) {
            result = std::string(e.what()) == "a.jpg: there is no memory for its pixels" ? 0 : 2;
        } catch (...) {
        }
        ::_exit(result);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
        WARN("this system does not let a process limit its memory");
    else
        CHECK(status == 0);
#endif
}

TEST_CASE("what is no file is named, and neither waited for nor read", "[data]") {
    temporary_folder const folder;
    REQUIRE(::mkfifo((folder / "pipe.jpg").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(data::load_image(folder / "pipe.jpg"), Contains("pipe.jpg: is a pipe, not a file"));
    std::filesystem::create_symlink("/dev/zero", folder / "zero.jpg");
    CHECK_THROWS_WITH(data::load_image(folder / "zero.jpg"), Contains("zero.jpg: is a device, not a file"));
    std::filesystem::create_directory(folder / "folder.jpg");
    CHECK_THROWS_WITH(data::load_image(folder / "folder.jpg"), Contains("folder.jpg: is a folder, not a file"));
    std::filesystem::create_symlink("loop.jpg", folder / "loop.jpg");
    CHECK_THROWS_AS(data::load_image(folder / "loop.jpg"), io_error);
    std::string long_name(300, 'a');
    long_name += ".jpg";
    CHECK_THROWS_AS(data::load_image(folder / long_name), io_error);
}

TEST_CASE("names and first bytes say what a photo is, also of kinds that are not read", "[data]") {
    for (char const* name :
         {"a.jpg", "a.JPG", "a.jpeg", "a.jpe", "a.jfif", "a.png", "a.bmp", "a.pgm", "a.ppm", "a.pnm"})
        CHECK(data::is_image_name(name));
    for (char const* name : {"a", "a.txt", "a.heic", "jpg", ".jpg"})
        CHECK_FALSE(data::is_image_name(name));
    for (char const* few : {"", "P", "Pftyp", "RIFF", "1234ftyp", "BM", "\xff\xd8\xff"})
        CHECK_THROWS_AS(data::decode_image(few, "a.jpg"), format_error);
    CHECK(data::unread_kind("a.HEIC") == "HEIC");
    CHECK((data::unread_kind("a.jpg").empty() && data::unread_kind("a.txt").empty()));
    // Each kind is read or named.
    for (char const* name : {"a.webp", "a.gif", "a.tif", "a.tiff", "a.avif", "a.jp2"})
        CHECK(data::is_image_name(name) == data::unread_kind(name).empty());
    for (auto const& [bytes, kind] : {
#ifndef TRINE_GIF
             std::pair{std::string("GIF89a"), "GIF"},
#endif
#ifndef TRINE_WEBP
             std::pair{std::string("RIFF1234WEBPVP8 "), "WebP"},
#endif
#ifndef TRINE_TIFF
             std::pair{std::string("II*\0", 4), "TIFF"}, std::pair{std::string("MM\0*", 4), "TIFF"},
#endif
             std::pair{std::string("\0\0\0\x18"
                                   "ftypheic",
                                   12),
                       "HEIC"}})
        CHECK_THROWS_WITH(data::decode_image(bytes, "a.jpg"),
                          Contains("a.jpg: is not a PGM, PPM, PNG, JPEG or BMP photo but one of kind ") &&
                              Contains(kind));
}

TEST_CASE("damaged photos, however often, take no memory", "[data]") {
    // What is jumped over by libpng and libjpeg is not forgotten: 3 MB a time, 900 MB in all.
    auto const photo = data::synthetic_faces{3, 1000, 1000, 3}.draw(1, 0);
    auto png = data::encode_png(photo), jpeg = data::encode_jpeg(photo);
    png[png.size() / 2] = static_cast<char>(png[png.size() / 2] ^ 0x55);
    jpeg.resize(jpeg.size() / 2);
    auto const most_memory = [] {
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        return used.ru_maxrss / 1024;
    };
    CHECK_THROWS_AS(data::decode_image(png, "a.png"), format_error);
    auto const before = most_memory();
    for (int i = 0; i < 150; ++i) {
        CHECK_THROWS_AS(data::decode_image(png, "a.png"), format_error);
        CHECK_THROWS_AS(data::decode_image(jpeg, "a.jpg"), format_error);
    }
    CHECK(most_memory() - before < 450); // sanitizers keep 256 for a while
}

TEST_CASE("changed bytes make another photo or an error of ours, nothing else", "[data]") {
    auto const photo = gradient_image(3, 13, 17);
    temporary_folder const folder;
    to_cimg(photo).save_bmp((folder / "a.bmp").c_str());
    std::string pnm = "P6 17 13 255\n", text = "P3 17 13 255\n";
    for (std::size_t i = 0; i < photo.samples.size(); ++i)
        pnm += static_cast<char>(photo.samples[i]), text += std::to_string(photo.samples[i]) + " ";
    random_stream random(1, purpose::synthesis);
    for (auto const& bytes :
         {data::encode_jpeg(photo), data::encode_png(photo), io::read_file(folder / "a.bmp"), pnm, text})
        for (int turn = 0; turn < 1500; ++turn) {
            auto changed = bytes;
            for (std::size_t n = 1 + random.below(4); n-- > 0;) {
                // Headers most of all.
                std::size_t const at =
                    random.below(random.chance(0.7) ? std::min<std::size_t>(80, changed.size()) : changed.size());
                if (random.chance(0.1))
                    changed.resize(at + 1);
                else if (random.chance(0.1))
                    changed.insert(at, 1 + random.below(9), static_cast<char>(random.below(256)));
                else
                    changed[at] = static_cast<char>(random.chance(0.5) ? random.below(256)
                                                                       : (changed[at] ^ 1 << random.below(8)));
            }
            try {
                auto const p = data::decode_image(changed, "a", 1'000'000);
                CHECK(p.samples.size() == p.channels * p.height * p.width);
            } catch (error const& e) {
                CHECK_THAT(e.what(), Contains("a: "));
            }
        }
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

TEST_CASE("real JPEGs are read, and truncated ones refused", "[data][photos]") {
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
