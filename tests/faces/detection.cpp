#include <trine/nn/parameters_file.hpp>
#include <trine/nn/model.hpp>
#include <trine/io/safetensors.hpp>
#include <trine/io/file.hpp>
#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/faces/mtcnn.hpp>

#include <trine/data/dataset.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/reference_data.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

// A photo on a larger canvas of one grey.
data::image placed(data::image const& photo, std::size_t height, std::size_t width, std::size_t top, std::size_t left) {
    data::image out(photo.channels, height, width);
    std::fill(out.samples.begin(), out.samples.end(), std::uint8_t{120});
    for (std::size_t c = 0; c < photo.channels; ++c)
        for (std::size_t y = 0; y < photo.height; ++y)
            for (std::size_t x = 0; x < photo.width; ++x)
                out(c, top + y, left + x) = photo(c, y, x);
    return out;
}

double distance(faces::landmarks const& a, faces::landmarks const& b, double dx = 0, double dy = 0) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += std::hypot(a[i].x - b[i].x - dx, a[i].y - b[i].y - dy) / static_cast<double>(a.size());
    return sum;
}

} // namespace

TEST_CASE("of overlapping detections the most probable is kept", "[faces]") {
    auto const at = [](double left, double top, double size, double probability) {
        return faces::detection{{left, top, left + size, top + size}, probability, {}};
    };
    using faces::mtcnn_parts::overlap;
    using faces::mtcnn_parts::shared;
    CHECK(shared({0, 0, 2, 2}, {1, 0, 3, 2}, overlap::of_both) == Approx(1.0 / 3));
    CHECK(shared({0, 0, 2, 2}, {1, 0, 3, 2}, overlap::of_smaller) == Approx(0.5));
    CHECK(shared({0, 0, 2, 2}, {0, 0, 1, 1}, overlap::of_smaller) == 1);
    CHECK(shared({0, 0, 2, 2}, {2, 0, 3, 2}, overlap::of_both) == 0);
    auto const kept = faces::suppress_overlapping(
        {at(0, 0, 10, 0.8), at(1, 1, 10, 0.9), at(30, 0, 10, 0.7), at(31, 0, 10, 0.7)}, 0.5);
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].probability == 0.9);
    CHECK(kept[1].box.left == 30); // of equals the first
    CHECK(faces::suppress_overlapping({}, 0.5).empty());

    data::image const photo(3, 100, 100);
    std::vector<faces::detection> const two{at(0, 0, 30, 0.9), at(40, 40, 20, 0.99)};
    CHECK(faces::choose_face(two, photo, faces::which_face::largest) == 0);
    CHECK(faces::choose_face(two, photo, faces::which_face::central) == 1);
    CHECK(faces::choose_face({}, photo, faces::which_face::central) == 0);
}

TEST_CASE("a detector without its weights, or with others, says so", "[faces]") {
    temporary_folder const folder;
    CHECK_THROWS_WITH(faces::mtcnn(folder.path()), Contains("pnet.safetensors: cannot be opened: No such file"));
    io::safetensors other;
    std::vector<float> const values(4);
    other.add<float>("conv1.weight", {1, 1, 2, 2}, values);
    other.save(folder / "pnet.safetensors");
    CHECK_THROWS_WITH(faces::mtcnn(folder.path()),
                      Contains("tensor \"conv1.weight\" is 1×1×2×2, the network's \"0.0.weight\" 10×3×3×3"));
}

TEST_CASE("MTCNN finds the faces of real photos, and their landmarks", "[faces][photos]") {
    auto const weights = reference_data("data/mtcnn"), photos = reference_data("data/krasserm10");
    if (!weights || !photos)
        return;
    faces::mtcnn detector(*weights);
    auto const known = faces::read_landmarks(*photos / "landmarks.csv");
    REQUIRE(known.size() == 100);
    double sum = 0, worst = 0;
    for (auto const& [name, points] : known) {
        auto const photo = data::load_image(*photos / name);
        auto const found = detector.detect(photo);
        CAPTURE(name);
        REQUIRE(!found.empty());
        auto const& face = found[faces::choose_face(found, photo, faces::which_face::central)];
        // The file counts pixels from their corners, and its points were found from another box.
        double const d = distance(face.points, points, -0.5, -0.5);
        sum += d, worst = std::max(worst, d);
    }
    INFO("mean distance " << sum / 100 << " pixels, largest " << worst);
    CHECK(sum / 100 < 2.5);
    CHECK(worst < 12);

    auto const name = known.begin()->first;
    auto const photo = data::load_image(*photos / name);
    auto const alone = detector.detect(photo);
    REQUIRE(alone.size() == 1);

    SECTION("wherever it lies, on photos that take one tile or many") {
        for (auto const& [top, left] : {std::pair<std::size_t, std::size_t>{0, 0}, {37, 151}, {333, 90}, {250, 450}}) {
            auto const found = detector.detect(placed(photo, 600, 700, top, left));
            CAPTURE(top, left);
            REQUIRE(found.size() == 1);
            CHECK(distance(found[0].points, alone[0].points, static_cast<double>(left), static_cast<double>(top)) < 2);
        }
    }
    SECTION("on a huge photo, and on a small one") {
        auto const found = detector.detect(placed(photo, 2400, 3200, 1100, 2000));
        REQUIRE(found.size() == 1);
        CHECK(distance(found[0].points, alone[0].points, 2000, 1100) < 3);
        auto const small = detector.detect(data::resized(photo, 60, 60, data::fit::stretch));
        REQUIRE(small.size() == 1);
        for (std::size_t i = 0; i < 5; ++i)
            CHECK(std::hypot((small[0].points[i].x + 0.5) * 250 / 60 - alone[0].points[i].x - 0.5,
                             (small[0].points[i].y + 0.5) * 250 / 60 - alone[0].points[i].y - 0.5) < 10);
    }
    SECTION("all of several") {
        auto both = placed(photo, 250, 500, 0, 0);
        auto const other = data::load_image(*photos / known.rbegin()->first);
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t y = 0; y < 250; ++y)
                for (std::size_t x = 0; x < 250; ++x)
                    both(c, y, 250 + x) = other(c, y, x);
        CHECK(detector.detect(both).size() == 2);
    }
    SECTION("in grey") {
        auto const found = detector.detect(data::with_channels(photo, 1));
        REQUIRE(!found.empty());
        CHECK(distance(found[0].points, alone[0].points) < 4);
    }
    SECTION("the same for any number of threads") {
        auto const before = thread_count();
        for (std::size_t threads : {1, 3}) {
            set_thread_count(threads);
            auto const again = detector.detect(photo);
            REQUIRE(again.size() == 1);
            CHECK(again[0].probability == alone[0].probability);
            CHECK(distance(again[0].points, alone[0].points) == 0);
        }
        set_thread_count(before);
    }
    SECTION("and none where there is none") {
        CHECK(detector.detect(data::image(3, 5, 7)).empty());
        CHECK(detector.detect(data::image(3, 12, 12)).empty());
        CHECK(detector.detect(data::image(3, 1, 4000)).empty());
        CHECK(detector.detect(data::image()).empty());
        data::image noise(3, 200, 150);
        auto const values = random_values<float>(noise.samples.size(), 3);
        for (std::size_t i = 0; i < values.size(); ++i)
            noise.samples[i] = static_cast<std::uint8_t>(std::clamp(128 + 100 * values[i], 0.0f, 255.0f));
        CHECK(detector.detect(noise).empty());
        faces::face_aligner aligner(*weights);
        CHECK_THROWS_WITH(aligner(noise), "no face was found on a photo of 150×200 pixels");
        CHECK(aligner(photo).height == 112);
        CHECK_THROWS_WITH(faces::mtcnn(*weights, {.smallest_face = 5}),
                          Contains("a smallest face of 5 pixels: at least 12"));
    }
    SECTION("as a step of loading a folder") {
        temporary_folder const folder;
        std::filesystem::create_directories(folder / "somebody");
        std::filesystem::copy_file(*photos / name, folder / "somebody" / "face.jpg");
        data::save_png(data::image(3, 40, 40), folder / "somebody" / "wall.png");
        data::load_report report;
        auto const set =
            data::load_folder(folder.path(), 3, 112, 112, {.prepare = faces::face_aligner(*weights)}, &report);
        CHECK(set.size() == 1);
        REQUIRE(report.skipped.size() == 1);
        CHECK_THAT(report.skipped[0], Contains("wall.png: no face was found on a photo of 40×40 pixels"));
    }
}
