#include "../../examples/support/pairs.hpp"

#include <cmath>
#include <set>

#include "support/catch.hpp"

TEST_CASE("all pairs of a few photos are chosen, and of many a sample that holds both kinds") {
    std::vector<std::size_t> const few{7, 7, 3, 7};
    auto const all = program::choose_pairs(few, 10, 10);
    CHECK(all.all);
    CHECK(all.same == std::vector<program::photo_pair>{{0, 1}, {0, 3}, {1, 3}});
    CHECK(all.different == std::vector<program::photo_pair>{{0, 2}, {1, 2}, {2, 3}});

    // Many people with two photos each, which no stride finds.
    std::vector<std::size_t> people;
    for (std::size_t i = 0; i < 6000; ++i)
        people.push_back(i / 2);
    auto const pairs = program::choose_pairs(people, 1000, 5000), twice = program::choose_pairs(people, 4000, 5000);
    CHECK(!pairs.all);
    CHECK((pairs.same.size() == 1000 && pairs.different.size() == 5000));
    CHECK(twice.same.size() == 3000);
    CHECK(twice.different == pairs.different); // always the same ones
    std::set<std::size_t> seen;
    for (auto const& [i, j] : pairs.same) {
        CHECK((people[i] == people[j] && i != j));
        seen.insert(people[i]);
    }
    CHECK(seen.size() > 700); // of 3000 people: 850 are to be expected
    for (auto const& [i, j] : pairs.different)
        CHECK(people[i] != people[j]);
    CHECK(program::choose_pairs(std::vector<std::size_t>{}, 10, 10).same.empty());
    CHECK(program::choose_pairs(std::vector<std::size_t>(5, 1), 4, 10).different.empty());
}

TEST_CASE("a threshold is rounded so that it accepts no more") {
    for (double value : {0.5, 0.12345678, 0.99999999, 1.0000009, 123456.78, 1e-9, 3.9999996, 0.1, 2.0}) {
        double const below = program::six_digits_below(value);
        CHECK(below <= value);
        CHECK(below >= value * (1 - 1.1e-5));
        CHECK(below == program::six_digits(below));
    }
    CHECK(program::six_digits_below(std::nextafter(0.5, 0)) < 0.5);
    CHECK(program::six_digits_below(0) == 0);
    CHECK(program::six_digits_below(-1e-300) < 0);
}
