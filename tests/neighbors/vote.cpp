#include <trine/neighbors/vote.hpp>

#include <limits>
#include <span>
#include <vector>

#include "support/catch.hpp"

using namespace trine;
using neighbors::neighbor;

TEST_CASE("the majority wins, and of equals the nearest", "[neighbors]") {
    std::vector<label> const labels{5, 5, 9, 9, 7};
    std::vector<neighbor> const nearest{{0.1f, 4}, {0.2f, 2}, {0.3f, 0}, {0.4f, 3}, {0.5f, 1}};
    auto const v = neighbors::majority(nearest, labels);
    CHECK(v.who == 9);
    CHECK(v.votes == 2);
    CHECK(v.distance == 0.2f);
    CHECK(v.margin == Approx(-0.1f)); // somebody else is nearer
    CHECK(v.confidence == Approx(0.4));
    auto const one = neighbors::majority(std::span(nearest).first(1), labels);
    CHECK(one.who == 7);
    CHECK(one.margin == std::numeric_limits<float>::infinity());
    CHECK(one.confidence == 1.0);
    CHECK_THROWS_WITH(neighbors::majority({}, labels),
                      "no neighbours to vote: the gallery is empty, or its points are not finite");
}

TEST_CASE("near neighbours weigh more where distances weigh", "[neighbors]") {
    std::vector<label> const labels{1, 2, 2, 2};
    std::vector<neighbor> const nearest{{0.1f, 0}, {0.9f, 1}, {1.0f, 2}, {1.1f, 3}}; // weights 1, 0.2, 0.1, 0
    CHECK(neighbors::majority(nearest, labels).who == 2);
    auto const v = neighbors::distance_weighted(nearest, labels);
    CHECK(v.who == 1);
    CHECK(v.votes == 1);
    CHECK(v.confidence == Approx(1 / 1.3).epsilon(1e-5));
    CHECK(v.margin == Approx(0.8f));
    std::vector<neighbor> const equal{{0.5f, 1}, {0.5f, 0}, {0.5f, 2}}; // all weigh alike
    CHECK(neighbors::distance_weighted(equal, labels).who == 2);
    std::vector<neighbor> const products{{-9.f, 3}, {-8.f, 0}, {-1.f, 1}}; // distances below zero
    CHECK(neighbors::distance_weighted(products, labels).who == 2);
}
