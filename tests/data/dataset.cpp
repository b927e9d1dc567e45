#include <trine/data/dataset.hpp>

#include <set>

#include <trine/data/synthetic.hpp>

#include "support/catch.hpp"

using namespace trine;

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
    for (auto const& s : {data::split_by_photo(d, 2), data::split_by_photo(d, 0.5, 3), data::split_by_person(d, 2, 4),
                          data::split_off_people(d, 2, 3)}) {
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
    // People with one photo stay; others are drawn, all photos of one together.
    auto one = d.subset(std::vector<std::size_t>{0, 5, 6, 10, 11, 15, 16, 20, 21, 25, 26});
    std::set<std::set<label>> drawn;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        std::set<label> people;
        auto const s = data::split_off_people(one, 2, seed);
        for (auto i : s.second)
            people.insert(one.labels[i]);
        CHECK(s.second.size() == 4);
        CHECK(people.size() == 2);
        CHECK(!people.contains(0));
        drawn.insert(people);
    }
    CHECK(drawn.size() == 10); // of five people two
    CHECK(data::split_off_people(one, 0, 1).second.empty());
    CHECK_THROWS_WITH(data::split_off_people(one, 6, 1),
                      "5 people have two photos or more, of whom 6 were to be set apart");
}

TEST_CASE("a dataset gives back its photos, and takes none of another size", "[data]") {
    data::dataset d{1, 2, 2, {"a"}, {}, {}, {}};
    data::image photo(1, 2, 2);
    photo.samples = {0, 255, 51, 204};
    d.add(data::image(1, 2, 2), 0, "black");
    d.add(photo, 0, "other");
    CHECK(d.picture(1).samples == photo.samples);
    auto const t = d.tensors();
    CHECK((t.shape(0) == 2 && t.shape(1) == 1 && t.shape(2) == 2 && t.shape(3) == 2));
    CHECK(t(0, 0, 0, 0) == -1);
    CHECK(t(1, 0, 0, 1) == 1);
    CHECK(t(1, 0, 1, 0) == Approx(-0.6));
    CHECK_THROWS_WITH(d.add(data::image(1, 2, 3), 0, "wide"), "wide: photo of 1×2×3 in a dataset of 1×2×2");
}
