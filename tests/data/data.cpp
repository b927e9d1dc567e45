#include <fstream>
#include <map>
#include <set>

#include <trine/data/batches.hpp>
#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/data/synthetic.hpp>

#include "support/catch.hpp"
#include "support/reference_data.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

data::image gradient_image(std::size_t channels, std::size_t height, std::size_t width) {
    data::image i(channels, height, width);
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x)
                i(c, y, x) = static_cast<std::uint8_t>((17 * c + 3 * y + 5 * x) % 256);
    return i;
}

using cimg = cimg_library::CImg<unsigned char>;

cimg to_cimg(data::image const& i) {
    return {i.samples.data(), static_cast<unsigned>(i.width), static_cast<unsigned>(i.height), 1,
            static_cast<unsigned>(i.channels)};
}

// A JPEG of one colour space, with an EXIF marker where it is not empty.
void write_jpeg(std::filesystem::path const& path, std::size_t width, std::size_t height, std::size_t components,
                J_COLOR_SPACE space, std::vector<std::uint8_t> const& pixels, std::string const& exif = "",
                bool adobe = false) {
    jpeg_compress_struct writer{};
    jpeg_error_mgr errors{};
    writer.err = jpeg_std_error(&errors);
    jpeg_create_compress(&writer);
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    jpeg_stdio_dest(&writer, file);
    writer.image_width = static_cast<JDIMENSION>(width), writer.image_height = static_cast<JDIMENSION>(height);
    writer.input_components = static_cast<int>(components), writer.in_color_space = space;
    jpeg_set_defaults(&writer);
    jpeg_set_quality(&writer, 100, TRUE);
    writer.write_Adobe_marker = adobe;
    jpeg_start_compress(&writer, TRUE);
    if (!exif.empty())
        jpeg_write_marker(&writer, JPEG_APP0 + 1, reinterpret_cast<JOCTET const*>(exif.data()),
                          static_cast<unsigned>(exif.size()));
    while (writer.next_scanline < height) {
        JSAMPROW row = const_cast<JSAMPROW>(pixels.data() + writer.next_scanline * width * components);
        jpeg_write_scanlines(&writer, &row, 1);
    }
    jpeg_finish_compress(&writer);
    jpeg_destroy_compress(&writer);
    std::fclose(file);
}

} // namespace

TEST_CASE("photos are turned upright as their EXIF says", "[data]") {
    temporary_folder const folder;
    // Four quarters of 16×8 pixels: 10 and 90 above, 170 and 250 below.
    std::vector<std::uint8_t> pixels(32 * 16);
    for (std::size_t y = 0; y < 16; ++y)
        for (std::size_t x = 0; x < 32; ++x)
            pixels[y * 32 + x] = static_cast<std::uint8_t>(10 + 80 * (x / 16) + 160 * (y / 8));
    auto const exif = [](int orientation, bool big) {
        auto const number = [&](unsigned value, std::size_t bytes) {
            std::string s;
            for (std::size_t i = 0; i < bytes; ++i)
                s += static_cast<char>(value >> 8 * (big ? bytes - 1 - i : i) & 255);
            return s;
        };
        return std::string("Exif\0\0", 6) + (big ? "MM" : "II") + number(42, 2) + number(8, 4) + number(2, 2) +
               number(0x0100, 2) + number(3, 2) + number(1, 4) + number(7, 2) + number(0, 2) + number(0x0112, 2) +
               number(3, 2) + number(1, 4) + number(static_cast<unsigned>(orientation), 2) + number(0, 2) +
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
        for (bool big : {false, true}) {
            CAPTURE(orientation, big);
            write_jpeg(folder / "a.jpg", 32, 16, 1, JCS_GRAYSCALE, pixels, exif(orientation, big));
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
}

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

TEST_CASE("a folder of people is read in natural order; what is left out is counted and named", "[data]") {
    temporary_folder const folder;
    for (char const* person : {"p10", "p2"}) {
        std::filesystem::create_directory(folder / person);
        for (int i : {1, 2, 10})
            data::save_png(gradient_image(i == 2 ? 3 : 1, 20 + static_cast<std::size_t>(i), 30),
                           folder / person / (std::to_string(i) + ".png"));
    }
    io::write_file(folder / "p2" / "3.jpg", "\xff\xd8\xff broken");
    io::write_file(folder / "p2" / "notes.txt", "ignored");
    std::filesystem::create_directory(folder / "nobody");
    data::load_report report;
    auto const d = data::load_folder(folder.path(), 1, 24, 24, {}, &report);
    CHECK(d.people == std::vector<std::string>{"p2", "p10"});
    CHECK(d.labels == std::vector<label>{0, 0, 0, 1, 1, 1});
    CHECK(d.sources[2] == (folder / "p2" / "10.png").string());
    CHECK(report.ignored == 1);
    REQUIRE(report.skipped.size() == 1);
    CHECK_THAT(report.skipped[0], Contains("3.jpg: damaged JPEG"));
    CHECK_THROWS_WITH(data::load_folder(folder.path(), 1, 24, 24, {.strict = true}), Contains("3.jpg"));
    CHECK_THROWS_WITH(data::load_folder(folder / "none", 1, 24, 24), Contains("there is no such folder"));
    CHECK_THROWS_WITH(data::load_folder(folder / "nobody", 1, 24, 24), Contains("has no sub-folders"));
    CHECK_THROWS_WITH(data::load_folder(folder / "p2" / "1.png", 1, 24, 24), Contains("is not a folder"));
    temporary_folder const empty;
    std::filesystem::create_directory(empty / "a");
    CHECK_THROWS_WITH(data::load_folder(empty.path(), 1, 24, 24), Contains("has no photo that can be used"));
}

TEST_CASE("resizing keeps a constant constant and cropping keeps the middle", "[data]") {
    data::image flat(1, 40, 60);
    std::fill(flat.samples.begin(), flat.samples.end(), 77);
    for (auto how : {data::fit::stretch, data::fit::crop})
        for (auto [h, w] : {std::pair<std::size_t, std::size_t>{10, 10}, {80, 33}, {1, 1}})
            CHECK(data::resized(flat, h, w, how).samples == std::vector<std::uint8_t>(h * w, 77));
    data::image sides(1, 10, 30);
    for (std::size_t y = 0; y < 10; ++y)
        for (std::size_t x = 10; x < 20; ++x)
            sides(0, y, x) = 200;
    CHECK(data::resized(sides, 10, 10, data::fit::crop).samples == std::vector<std::uint8_t>(100, 200));
}

TEST_CASE("people can be chosen by how many photos there are of them", "[data]") {
    data::dataset d{1, 1, 1, {"a", "b", "c"}, {}, {}, {}};
    for (label who : {0, 1, 1, 2, 2, 2})
        d.add(data::image(1, 1, 1), who, std::to_string(d.size()));
    auto const two = data::with_photos(d, 2);
    CHECK(two.people == std::vector<std::string>{"b", "c"});
    CHECK(two.labels == std::vector<label>{0, 0, 1, 1, 1});
    CHECK(two.sources == std::vector<std::string>{"1", "2", "3", "4", "5"});
    CHECK(data::with_photos(d, 2, 2).people == std::vector<std::string>{"b"});
    CHECK(data::with_photos(d, 4).size() == 0);
}

TEST_CASE("splits are complete and disjoint", "[data]") {
    auto const d = data::synthetic_faces{.height = 16, .width = 16}.make(6, 5);
    for (auto const& s :
         {data::split_by_photo(d, 2), data::split_by_photo(d, 0.5, 3), data::split_by_person(d, 2, 4)}) {
        std::set<std::size_t> all(s.first.begin(), s.first.end());
        all.insert(s.second.begin(), s.second.end());
        CHECK(all.size() == d.size());
        CHECK(s.first.size() + s.second.size() == d.size());
        CHECK(!s.first.empty());
        CHECK(!s.second.empty());
    }
    for (auto i : data::split_by_person(d, 2, 4).second)
        CHECK((d.labels[i] == 2 || d.labels[i] == 3));
    CHECK_THROWS_AS(data::split_by_photo(d, 1.5, 1), argument_error);
}

TEST_CASE("P×K batches hold P people with K photos each, and everybody comes up equally often", "[data]") {
    std::vector<label> labels;
    for (label who = 0; who < 7; ++who)
        labels.insert(labels.end(), who == 3 ? 1 : 5, who);
    data::pk_sampler const sampler(labels, 3, 4, 1);
    CHECK(sampler.people_alone() == 1);
    std::map<label, int> shown;
    for (std::size_t step = 0; step < 20; ++step) {
        auto const places = sampler.batch(step);
        REQUIRE(places.size() == 12);
        std::map<label, std::set<std::size_t>> of;
        for (auto i : places)
            of[labels[i]].insert(i);
        CHECK(of.size() == 3);
        for (auto const& [who, own] : of) {
            CHECK(own.size() == 4);
            ++shown[who];
        }
        CHECK(places == sampler.batch(step));
    }
    for (auto const& [who, times] : shown)
        CHECK(times == 10);
    CHECK_THROWS_WITH(data::pk_sampler(std::vector<label>(5, 1), 2, 2, 1), Contains("at least two people"));
    CHECK_THROWS_WITH(data::pk_sampler(std::vector<label>{1, 2, 3}, 2, 2, 1),
                      Contains("0 of 3 people have two photos"));
    CHECK_THROWS_WITH(data::pk_sampler(labels, 1, 4, 1), Contains("P = 1"));
    CHECK_THROWS_WITH(data::pk_sampler(labels, 2, 1, 1), Contains("K = 1"));
}

TEST_CASE("without strengths augmentation changes nothing, with them it stays in range and repeats", "[data]") {
    auto const photo = data::synthetic_faces{.height = 32, .width = 28}.draw(1, 1);
    std::vector<float> out(photo.samples.size()), again(out.size());
    random_stream a(1, purpose::augmentation), b(1, purpose::augmentation), c(1, purpose::augmentation);
    data::augmentation::none()(photo.samples.data(), 1, 32, 28, a, out.data());
    auto const plain = data::to_tensor(photo);
    for (std::size_t i = 0; i < out.size(); ++i)
        REQUIRE(out[i] == Approx(plain.data()[i]).margin(1e-6));
    data::augmentation{}(photo.samples.data(), 1, 32, 28, b, out.data());
    data::augmentation{}(photo.samples.data(), 1, 32, 28, c, again.data());
    CHECK(out == again);
    for (float v : out)
        REQUIRE(std::abs(v) <= 1);
}

TEST_CASE("uniform, class-balanced and hierarchical batches hold what they say, and repeat", "[data]") {
    // Person p of eight has p + 1 photos; groups of two people.
    std::vector<label> labels, groups;
    for (label p = 0; p < 8; ++p)
        for (label i = 0; i <= p; ++i)
            labels.push_back(p), groups.push_back(p / 2);
    std::size_t const n = labels.size();

    data::uniform_sampler const uniform(labels, 5, 3);
    std::vector<std::size_t> seen(n);
    for (std::size_t step = 0; step < n; ++step) // five decks
        for (std::size_t i : uniform.batch(step))
            ++seen[i];
    CHECK(seen == std::vector<std::size_t>(n, 5));
    CHECK(uniform.batches_per_epoch() == 8);

    data::class_balanced_sampler const balanced(labels, 64, 3);
    std::vector<double> people(8);
    for (std::size_t step = 0; step < 200; ++step)
        for (std::size_t i : balanced.batch(step))
            people[static_cast<std::size_t>(labels[i])] += 1;
    for (double count : people)
        CHECK(count == Approx(200 * 64 / 8).epsilon(0.1));

    data::hierarchical_sampler const nested(labels, groups, 2, 2, 3, 3);
    for (std::size_t step = 0; step < 50; ++step) {
        auto const batch = nested.batch(step);
        REQUIRE(batch.size() == 12);
        std::map<label, std::map<label, std::size_t>> of;
        for (std::size_t i : batch)
            ++of[groups[i]][labels[i]];
        CHECK(of.size() == 2);
        for (auto const& [group, who] : of) {
            CHECK(who.size() == 2);
            for (auto const& [person, photos] : who)
                CHECK(photos == 3);
        }
        CHECK(batch == nested.batch(step));
    }
    CHECK(data::any_sampler(nested).name() == "hierarchical_sampler (groups 2, people 2, photos 3, seed 3)");
    CHECK(data::pk_sampler(labels, 4, 4, 1).people_short() == 2);
    CHECK_THROWS_WITH(data::uniform_sampler(labels, 100, 1), Contains("there are 36 photos for batches of 100"));
    CHECK_THROWS_WITH(data::class_balanced_sampler(labels, 0, 1), Contains("a batch of 0 photos"));
    CHECK_THROWS_WITH(data::hierarchical_sampler(labels, groups, 9, 2, 2, 1),
                      Contains("there are 4 groups for batches of 9"));
    auto torn = groups;
    torn.back() = 0;
    CHECK_THROWS_WITH(data::hierarchical_sampler(labels, torn, 2, 2, 2, 1),
                      Contains("the person with label 7 is in groups 3 and 0"));
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
