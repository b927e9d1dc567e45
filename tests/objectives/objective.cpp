#include <trine/objectives/objective.hpp>

#include <cmath>

#include <trine/distances/cosine.hpp>
#include <trine/losses/triplet.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

namespace {

template <class Miner, class Loss, class Distance>
void check_central_differences(Miner miner, Loss loss, Distance distance, bool awkward) {
    std::size_t const n = 9, d = 4;
    auto e = random_values<double>(n * d, 3);
    std::vector<label> labels{5, 5, 5, -2, -2, 7, 7, 7, 100}; // one person with a single photo
    if (awkward)
        std::copy_n(e.begin(), d, e.begin() + 3 * d); // two people in one place
    objective<Miner, Loss, Distance, double> o(miner, loss, distance);
    std::vector<double> gradient(n * d);
    o({e.data(), n, d}, labels, {gradient.data(), n, d}, 1, 2);
    for (std::size_t i = awkward ? 4 * d : 0; i < e.size(); ++i) { // the distance has a corner between equal embeddings
        double const h = 1e-6, before = e[i];
        e[i] = before + h;
        double const above = o({e.data(), n, d}, labels, {}, 1, 2).loss;
        e[i] = before - h;
        double const below = o({e.data(), n, d}, labels, {}, 1, 2).loss;
        e[i] = before;
        REQUIRE(gradient[i] == Approx((above - below) / (2 * h)).epsilon(1e-5).margin(1e-8));
    }
}

} // namespace

TEMPLATE_TEST_CASE("gradients of every loss, distance and miner agree with central differences", "[objective]",
                   distances::squared_euclidean, distances::euclidean, distances::cosine,
                   distances::normalized<distances::euclidean>) {
    for (bool awkward : {false, true}) {
        auto const with_loss = [&](auto loss) {
            check_central_differences(miners::all{}, loss, TestType{}, awkward);
            check_central_differences(miners::random{2}, loss, TestType{}, awkward);
            check_central_differences(miners::batch_hard{}, loss, TestType{}, awkward);
            check_central_differences(miners::semi_hard{0.5}, loss, TestType{}, awkward);
        };
        with_loss(losses::no_margin{});
        with_loss(losses::triplet_margin{});
        with_loss(losses::triplet_margin{.margin = 1.0, .reduction = losses::reducer::sum});
        with_loss(losses::soft_margin{});
    }
}

TEST_CASE("batches without a triplet cost nothing and move nothing", "[objective]") {
    auto const e = random_values<float>(6 * 3, 1);
    objective<miners::all, losses::triplet_margin, distances::euclidean> o;
    for (auto const& labels : {std::vector<label>(6, 4), std::vector<label>{1, 2, 3, 4, 5, 6}}) {
        std::vector<float> gradient(18, NAN);
        auto const r = o({e.data(), 6, 3}, labels, {gradient.data(), 6, 3});
        CHECK(r.loss == 0);
        CHECK(r.triplets == 0);
        CHECK(gradient == std::vector<float>(18));
    }
    CHECK_THROWS_WITH(o({e.data(), 6, 3}, std::vector<label>(5), {}), "6 embeddings but 5 labels");
}

TEST_CASE("the objective gives the same bits with any number of threads, and NaN is not hidden", "[objective]") {
    auto e = random_values<float>(64 * 8, 2);
    std::vector<label> labels(64);
    for (std::size_t i = 0; i < 64; ++i)
        labels[i] = static_cast<label>(i / 4);
    std::vector<float> first;
    double loss = 0;
    for (std::size_t threads : {1, 2, 4}) {
        with_threads const scope(threads);
        objective<miners::all, losses::soft_margin, distances::euclidean> o;
        std::vector<float> gradient(e.size());
        auto const r = o({e.data(), 64, 8}, labels, {gradient.data(), 64, 8});
        if (threads == 1)
            first = gradient, loss = r.loss;
        CHECK(gradient == first);
        CHECK(r.loss == loss);
        CHECK(r.triplets == 64 * 3 * 60);
    }
    objective<miners::all, losses::triplet_margin, distances::euclidean> o;
    for (float bad : {NAN, INFINITY}) {
        e[3 * 8 + 3] = bad;
        CHECK_THROWS_WITH(o({e.data(), 64, 8}, labels, {}), "embedding 3 of the batch (label 0) is not finite");
    }
}
