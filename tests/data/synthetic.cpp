#include <trine/data/synthetic.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("drawn faces repeat, and differ by person, photo and seed", "[data]") {
    data::synthetic_faces const draw{.height = 16, .width = 20, .seed = 3};
    auto const face = draw.draw(4, 2);
    CHECK((face.channels == 1 && face.height == 16 && face.width == 20));
    CHECK(draw.draw(4, 2).samples == face.samples);
    CHECK(draw.draw(5, 2).samples != face.samples);
    CHECK(draw.draw(4, 3).samples != face.samples);
    CHECK(data::synthetic_faces{.height = 16, .width = 20, .seed = 4}.draw(4, 2).samples != face.samples);
    auto const all = draw.make(2, 3, 4);
    CHECK(all.people == std::vector<std::string>{"person 5", "person 6"});
    CHECK(all.labels == std::vector<label>{0, 0, 0, 1, 1, 1});
    CHECK(all.sources[5] == "person 6, photo 3");
    CHECK(all.picture(2).samples == face.samples);
    CHECK_THROWS_AS((data::synthetic_faces{.height = 15}.draw(0, 0)), shape_error);
    CHECK_THROWS_AS((data::synthetic_faces{.channels = 2}.draw(0, 0)), shape_error);
}

TEST_CASE("more drawn faces than there are, or than memory holds, are refused", "[data]") {
    data::synthetic_faces const faces;
    auto const minus = [](std::size_t n) { return static_cast<std::size_t>(0) - n; };
    CHECK_THROWS_AS(faces.make(minus(1), 4), argument_error);
    CHECK_THROWS_AS(faces.make(4, minus(3)), argument_error);
    CHECK_THROWS_AS(faces.make(minus(1), minus(1)), argument_error);
    CHECK_THROWS_AS(faces.make(std::size_t{1} << 32, std::size_t{1} << 31), argument_error); // would be 2⁶³
    CHECK_THROWS_AS(faces.make(3, 1, (std::size_t{1} << 32) - 2), argument_error);
    CHECK_THROWS_AS((data::synthetic_faces{.height = std::size_t{1} << 40, .width = std::size_t{1} << 40}.make(1, 1)),
                    shape_error);
    CHECK(faces.make(0, 4).size() == 0);
    CHECK(faces.make(1, 1, (std::size_t{1} << 32) - 1).size() == 1);
}
