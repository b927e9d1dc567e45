#include <trine/data/augmentation.hpp>

#include <cmath>

#include <trine/core/identity.hpp>
#include <trine/data/synthetic.hpp>

#include "support/catch.hpp"

using namespace trine;

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

TEST_CASE("augmentation says every strength", "[data]") {
    CHECK(identity_of(data::augmentation{}).text() == "augmentation (flip 0.5, shift 0.06, rotation 8, scale 0.1, "
                                                      "brightness 0.15, contrast 0.25, erase 0.3, erase_area 0.12)");
    auto const other = identity_of(data::augmentation{.erase_area = 0.2});
    CHECK(identity_of(data::augmentation{}).difference(other, "here", "there") == "erase_area is 0.12 here, 0.2 there");
}

TEST_CASE("a strength that is out of range is refused by name", "[data]") {
    std::vector<std::uint8_t> const photo(16 * 16, 100);
    std::vector<float> out(photo.size());
    random_stream random(1, purpose::augmentation);
    auto const change = [&](data::augmentation const& a) { a(photo.data(), 1, 16, 16, random, out.data()); };
    std::size_t number = 0;
    data::augmentation a;
    data::augmentation::values(a, [&](char const* name, double& value) {
        double const before = value;
        for (double wild : {-0.1, std::nan(""), HUGE_VAL, 1e300}) {
            value = wild;
            CHECK_THROWS_WITH(change(a), Catch::Matchers::Contains("an augmentation's " + std::string(name)));
        }
        value =
            name == std::string("flip") || name == std::string("erase") || name == std::string("erase_area") ? 1 : 1e6;
        change(a);
        for (float v : out)
            CHECK((v >= -1 && v <= 1));
        value = before, ++number;
    });
    CHECK(number == 8);
}
