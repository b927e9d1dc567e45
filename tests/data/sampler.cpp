#include <trine/data/sampler.hpp>

#include <trine/data/pk.hpp>

#include <map>
#include <set>

#include "support/catch.hpp"

using namespace trine;
using Catch::Matchers::Contains;

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

TEST_CASE("batches of triplets are anchors, positives and negatives by turns", "[data]") {
    std::vector<label> const labels{7, 3, 7, 9, 3, 7, 9, 5}; // the last is never an anchor
    data::triplet_sampler const triplets(labels, 4, 3);
    CHECK(triplets.batch_size() == 12);
    CHECK(triplets.batches_per_epoch() == 1);
    std::map<std::size_t, std::size_t> anchors, negatives;
    for (std::size_t step = 0; step < 100; ++step) {
        auto const batch = triplets.batch(step);
        REQUIRE(batch.size() == 12);
        for (std::size_t i = 0; i < batch.size(); i += 3) {
            CHECK(batch[i] != batch[i + 1]);
            CHECK(labels[batch[i]] == labels[batch[i + 1]]);
            CHECK(labels[batch[i]] != labels[batch[i + 2]]);
            ++anchors[batch[i]], ++negatives[batch[i + 2]];
        }
        CHECK(batch == triplets.batch(step));
    }
    CHECK(anchors.size() == 7);
    CHECK(negatives.size() == 8);
    CHECK(data::any_sampler(triplets).name() == "triplet_sampler (triplets 4, seed 3)");
    CHECK_THROWS_WITH(data::triplet_sampler(labels, 0, 1), Contains("a batch of 0 photos"));
    CHECK_THROWS_WITH(data::triplet_sampler(labels, data::most_in_batch, 1), Contains("at most 1048576 photos"));
    std::vector<label> const nobody{1, 2, 3}, alone{1, 1, 1};
    CHECK_THROWS_WITH(data::triplet_sampler(nobody, 2, 1), Contains("of 3 people 0 have two photos"));
    CHECK_THROWS_WITH(data::triplet_sampler(alone, 2, 1), Contains("of 1 people 1 have two photos"));
}

TEST_CASE("counts that were misread make no batch", "[data]") {
    std::vector<label> const labels{1, 1, 2, 2, 3, 3};
    auto const minus = [](std::size_t n) { return static_cast<std::size_t>(0) - n; };
    for (std::size_t wild : {minus(3), minus(1), std::size_t{1} << 62, data::most_in_batch + 1}) {
        CAPTURE(wild);
        CHECK_THROWS_AS(data::uniform_sampler(labels, wild, 1), error);
        CHECK_THROWS_WITH(data::class_balanced_sampler(labels, wild, 1), Contains("it has at most 1048576 photos"));
        CHECK_THROWS_AS(data::pk_sampler(labels, wild, 2, 1), argument_error);
        CHECK_THROWS_AS(data::pk_sampler(labels, 2, wild, 1), argument_error);
        CHECK_THROWS_AS((data::pk{wild, 4}(labels, 1)), argument_error);
        CHECK_THROWS_AS(data::hierarchical_sampler(labels, labels, wild, 1, 1, 1), argument_error);
        CHECK_THROWS_AS(data::hierarchical_sampler(labels, labels, 1, wild, 1, 1), argument_error);
        CHECK_THROWS_AS(data::hierarchical_sampler(labels, labels, 1, 1, wild, 1), argument_error);
    }
    // Products that would overflow, or come out small.
    CHECK_THROWS_AS(data::hierarchical_sampler(labels, labels, 1, 1 << 20, 1 << 20, 1), argument_error);
    CHECK_THROWS_AS(data::pk_sampler(labels, 3, 1 << 20, 1), argument_error);
    CHECK(data::pk_sampler(labels, 1 << 20, 2, 1).batch(0).size() == 6); // everybody there is
    CHECK(data::class_balanced_sampler(labels, data::most_in_batch, 1).batch_size() == data::most_in_batch);
}

TEST_CASE("a sampler says all that its batches depend on, also when its type is forgotten", "[data]") {
    std::vector<label> const labels{1, 1, 1, 2, 2, 2}, groups(6, 4);
    auto const text = [](auto const& sampler) {
        CHECK(identity_of(data::any_sampler(sampler)) == identity_of(sampler));
        return identity_of(sampler).text();
    };
    CHECK(text(data::pk_sampler(labels, 2, 3, 7)) == "pk_sampler (people 2, photos 3, seed 7)");
    CHECK(text(data::uniform_sampler(labels, 5, 7)) == "uniform_sampler (batch 5, seed 7)");
    CHECK(text(data::class_balanced_sampler(labels, 4, 1)) == "class_balanced_sampler (batch 4, seed 1)");
    CHECK(text(data::hierarchical_sampler(labels, groups, 1, 2, 2, 3)) ==
          "hierarchical_sampler (groups 1, people 2, photos 2, seed 3)");
    data::any_sampler const copy = data::any_sampler(data::pk_sampler(labels, 2, 3, 7));
    CHECK(copy.batch(3) == data::pk_sampler(labels, 2, 3, 7).batch(3));
}
