#include "../../examples/support/any_policies.hpp"

#include <vector>

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/miners/uniform_histogram.hpp>
#include <trine/objectives/objective.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

namespace {

/// Both give the same bits.
template <class A, class B>
void check_same(A typed, B erased) {
    constexpr std::size_t batch = 48, dimensions = 16;
    auto const e = random_values<float>(batch * dimensions, 3);
    std::vector<label> labels(batch);
    for (std::size_t i = 0; i < batch; ++i)
        labels[i] = static_cast<label>(i / 4);
    std::vector<float> first(e.size()), second(e.size());
    typed.start(batch / 4, dimensions, 5), erased.start(batch / 4, dimensions, 5);
    auto const a = typed({e.data(), batch, dimensions}, labels, {first.data(), batch, dimensions}, 9, 2),
               b = erased({e.data(), batch, dimensions}, labels, {second.data(), batch, dimensions}, 9, 2);
    CHECK(a.loss == b.loss);
    CHECK(a.loss != 0);
    CHECK((a.triplets == b.triplets && a.active == b.active));
    CHECK(first == second);
}

} // namespace

TEST_CASE("objectives of policies whose types are forgotten give the same bits") {
    using program::any_distance, program::any_pair_miner, program::any_triplet_miner;
    distances::squared_euclidean const squared;
    distances::cosine const cosine;
    losses::triplet_margin const margin{.margin = 3};
    SECTION("all triplets") {
        check_same(objective(miners::all{}, margin, squared),
                   objective(any_triplet_miner(miners::all{}), margin, any_distance(squared)));
    }
    SECTION("triplet by triplet, and drawn at random") {
        check_same(objective(miners::semi_hard{.margin = 9}, margin, squared),
                   objective(any_triplet_miner(miners::semi_hard{.margin = 9}), margin, any_distance(squared)));
        check_same(objective(miners::random{}, losses::soft_margin{}, squared),
                   objective(any_triplet_miner(miners::random{}), losses::soft_margin{}, any_distance(squared)));
    }
    SECTION("triplets of pairs") {
        check_same(objective(miners::batch_easy_hard<>{}, margin, squared),
                   objective(any_pair_miner(miners::batch_easy_hard<>{}), margin, any_distance(squared)));
    }
    SECTION("pairs, also of a miner that looks at the whole batch first") {
        using loss = losses::multi_similarity;
        using erased = program::any_pair_loss<losses::term_sum>;
        check_same(objective(miners::multi_similarity{}, loss{}, cosine),
                   objective(any_pair_miner(miners::multi_similarity{}), erased(loss{}), cosine));
        check_same(objective(miners::hard_aware{}, loss{}, cosine),
                   objective(any_pair_miner(miners::hard_aware{}), erased(loss{}), cosine));
        check_same(objective(miners::uniform_histogram{}, loss{}, cosine),
                   objective(any_pair_miner(miners::uniform_histogram{}), erased(loss{}), cosine));
    }
    SECTION("pairs whose sums are two") {
        using loss = losses::contrastive;
        check_same(objective(miners::all{}, loss{.negative_margin = 5}, squared),
                   objective(any_pair_miner(miners::all{}),
                             program::any_pair_loss<losses::split_sums>(loss{.negative_margin = 5}),
                             any_distance(squared)));
    }
    SECTION("class weights") {
        check_same(objective(miners::none{}, losses::arcface{}, cosine),
                   objective(miners::none{}, program::any_proxy_loss(losses::arcface{}), cosine));
    }
}

TEST_CASE("policies whose types are forgotten say who they were") {
    auto const o = objective(program::any_triplet_miner(miners::semi_hard{}), losses::triplet_margin{},
                             program::any_distance(distances::euclidean{}));
    CHECK(o.identity_of().text() ==
          objective(miners::semi_hard{}, losses::triplet_margin{}, distances::euclidean{}).identity_of().text());
}
