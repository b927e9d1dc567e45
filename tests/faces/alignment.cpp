#include <trine/faces/alignment.hpp>

#include <trine/data/image_io.hpp>
#include <trine/io/file.hpp>
#include <trine/io/npy.hpp>

#include <sys/stat.h>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/reference_data.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using faces::similarity;
using Catch::Matchers::Contains;

TEST_CASE("a similarity is found again from what it did to five points", "[faces]") {
    random_stream stream(1, purpose::user);
    for (int trial = 0; trial < 50; ++trial) {
        similarity const s{stream.normal(), stream.normal(), 30 * stream.normal(), 30 * stream.normal()};
        faces::landmarks from, to;
        for (std::size_t i = 0; i < 5; ++i)
            from[i] = {100 * stream.uniform(), 100 * stream.uniform()}, to[i] = s(from[i]);
        auto const found = faces::fit_similarity(from, to);
        CHECK(found.a == Approx(s.a).margin(1e-9));
        CHECK(found.b == Approx(s.b).margin(1e-9));
        auto const back = found.inverse()(to[2]);
        CHECK(back.x == Approx(from[2].x).margin(1e-8));
        CHECK(back.y == Approx(from[2].y).margin(1e-8));
        // And of points that none fits exactly, it is the nearest: no small change of it is better.
        for (auto& p : to)
            p.x += stream.normal(), p.y += stream.normal();
        auto const best = faces::fit_similarity(from, to);
        auto const error = [&](similarity const& t) {
            double sum = 0;
            for (std::size_t i = 0; i < 5; ++i)
                sum += std::pow(t(from[i]).x - to[i].x, 2) + std::pow(t(from[i]).y - to[i].y, 2);
            return sum;
        };
        for (double similarity::*part : {&similarity::a, &similarity::b, &similarity::dx, &similarity::dy})
            for (double h : {-1e-3, 1e-3}) {
                auto other = best;
                other.*part += h;
                CHECK(error(other) > error(best));
            }
    }
    faces::landmarks const one{};
    CHECK_THROWS_WITH(faces::fit_similarity(one, faces::arcface_template),
                      "five landmarks in one place do not say how a face lies");
    auto bad = faces::arcface_template;
    bad[3].y = NAN;
    CHECK_THROWS_WITH(faces::fit_similarity(bad, faces::arcface_template), "landmark 3 is not finite");
    bad = faces::arcface_template;
    // Finite, but not its square; and where numbers end.
    for (double far : {1e200, -1e300, 1.7e308}) {
        bad[3].x = far;
        CHECK_THROWS_AS(faces::fit_similarity(bad, faces::arcface_template), numeric_error);
        CHECK_THROWS_AS(faces::aligned(data::image(1, 8, 8), bad), numeric_error);
    }
    // Far away, but somewhere: black, and at once.
    bad[3].x = 1e12;
    CHECK(faces::aligned(data::image(1, 8, 8), bad).samples == std::vector<std::uint8_t>(112 * 112, 0));
}

TEST_CASE("a photo is placed pixel by pixel", "[faces]") {
    data::image photo(1, 3, 3);
    for (std::size_t i = 0; i < 9; ++i)
        photo.samples[i] = static_cast<std::uint8_t>(10 * i + 10);
    CHECK(faces::warped(photo, {}, 3, 3).samples == photo.samples);
    auto const moved = faces::warped(photo, {1, 0, 1, 0}, 3, 3); // to the right
    CHECK(moved(0, 0, 0) == 0);
    CHECK(moved(0, 0, 1) == 10);
    CHECK(moved(0, 2, 2) == 80);
    auto const half = faces::warped(photo, {1, 0, 0.5, 0.5}, 3, 3);
    CHECK(half(0, 1, 1) == 30);                                   // between 10, 20, 40, 50
    CHECK(half(0, 0, 0) == 3);                                    // a quarter of 10, the rest outside
    auto const turned = faces::warped(photo, {0, 1, 2, 0}, 3, 3); // by a right angle
    CHECK(turned(0, 0, 2) == 10);
    CHECK(turned(0, 2, 2) == 30);
    CHECK(turned(0, 0, 0) == 70);
    CHECK(faces::warped(photo, {1e-300, 0, 0, 0}, 2, 2).samples.size() == 4); // far outside
}

TEST_CASE("faces are aligned as the reference has them", "[faces][photos]") {
    auto const folder = reference_data("data/krasserm10"),
               chips_file = reference_data("data/mobilefacenet/reference/chips.npy");
    if (!folder || !chips_file)
        return;
    auto const chips = io::read_npy<float>(*chips_file);
    auto const known = faces::read_landmarks(*folder / "landmarks.csv");
    REQUIRE(known.size() == 100);
    std::size_t n = 0;
    for (auto const& [file, face] : known) { // in the order of the files
        if (n == 16)
            break;
        auto const photo = data::load_image(*folder / file);
        auto const chip = faces::aligned(photo, face);
        std::vector<float> input(chip.samples.size());
        faces::align_into(photo, face, 112, input.data());
        double difference = 0, finer = 0;
        for (std::size_t i = 0; i < chip.samples.size(); ++i)
            finer += std::abs((static_cast<double>(input[i]) + 1) * 127.5 -
                              static_cast<double>(chips.values[n * chip.samples.size() + i]));
        for (std::size_t i = 0; i < chip.samples.size(); ++i)
            difference += std::abs(static_cast<double>(chip.samples[i]) -
                                   static_cast<double>(chips.values[n * chip.samples.size() + i]));
        INFO(file);
        CHECK(difference / static_cast<double>(chip.samples.size()) <
              0.5); // grey levels: rounding, and how JPEGs are decoded
        CHECK(finer / static_cast<double>(chip.samples.size()) < 0.3);
        ++n;
    }
}

TEST_CASE("landmarks are read, or said to be wrong", "[faces]") {
    temporary_folder const folder;
    auto const path = folder / "list";
    io::write_file(path, "file,p,x,y\nA/A_0001.jpg,0.9,1,2,3,4,5,6,7,8,9,10.5\n\n");
    CHECK(faces::read_landmarks(path).at("A/A_0001.jpg")[4].y == 10.5);
    io::write_file(path, "file\nA,0.9,1,2,3,4,5,6,7,8,9\n");
    CHECK_THROWS_WITH(faces::read_landmarks(path), Contains("line 2 does not hold a file and eleven numbers"));
    io::write_file(path, "file\nA,0.9,1,2,x,4,5,6,7,8,9,10\n");
    CHECK_THROWS_AS(faces::read_landmarks(path), format_error);
    CHECK_THROWS_AS(faces::read_landmarks(folder / "none"), io_error);
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(faces::read_landmarks(folder / "pipe"),
                      Contains("is a pipe, not a file")); // and waits for nobody
}
