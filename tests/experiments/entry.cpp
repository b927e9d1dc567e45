#include <trine/experiments/entry.hpp>

#include <cmath>
#include <set>

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/adaptive_margins.hpp>
#include <trine/losses/class.hpp>
#include <trine/losses/decoupled_contrastive.hpp>
#include <trine/losses/dynamic_soft_margin.hpp>
#include <trine/losses/face_margins.hpp>
#include <trine/losses/histogram.hpp>
#include <trine/losses/instance.hpp>
#include <trine/losses/large_margin.hpp>
#include <trine/losses/multi_label.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/quality.hpp>
#include <trine/losses/ranking.hpp>
#include <trine/losses/threshold_consistent.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/at_most.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/uniform_histogram.hpp>

#include "support/catch.hpp"

using namespace trine;
using namespace trine::experiments;

namespace {

// What a policy offers is among its values, and both ends of every range make sense to it.
template <class P>
void check_tunables() {
    CAPTURE(P::name);
    std::set<std::string> keys;
    for (auto const& t : tunables_of<P>()) {
        CAPTURE(t.key);
        CHECK(keys.insert(std::string(t.key)).second);
        CHECK(t.low < t.high);
        CHECK((t.how == spacing::linear || t.low > 0));
        CHECK(std::isfinite(value_of(P{}, t.key)));
        for (double end : {t.low, t.high}) {
            P changed{};
            set_value(changed, t.key, end);
            CHECK(value_of(changed, t.key) == end);
            CHECK_NOTHROW(check_values(changed));
        }
    }
    CHECK(!keys.empty());
}
template <class... P>
void check_all_tunables() {
    (check_tunables<P>(), ...);
}

std::string with(entry const& e, std::vector<double> const& values) { return e.make(values, 100).identity_of().text(); }

} // namespace

TEST_CASE("what the catalogue offers for tuning is there, and makes sense", "[experiments]") {
    using namespace losses;
    check_all_tunables<triplet_margin, soft_margin, selectively_contrastive, margin_based, swapped<triplet_margin>,
                       contrastive, nt_xent, n_pair, supervised_contrastive, multi_similarity, circle,
                       generalized_lifted_structure, tuplet_margin, nca, intra_pair_variance, lifted_structure,
                       losses::angular, curricular_face, mv_softmax, combined_margin, elastic_arcface, elastic_cosface,
                       dynamic_arcface, losses::histogram, instance, dynamic_soft_margin, large_margin_softmax,
                       multi_supervised_contrastive, decoupled_contrastive, normalized_softmax, sphereface, cosface,
                       arcface, sub_center_arcface, proxy_nca, proxy_anchor, soft_triple, adaface, magface, fast_ap,
                       ranked_list, smooth_ap, pnp, threshold_consistent>();
    using namespace miners;
    check_all_tunables<miners::random, semi_hard, within_margin, easy, facenet_semi_hard, distance_weighted,
                       miners::angular, curriculum, miners::multi_similarity, pair_margin, hard_aware,
                       uniform_histogram, at_most<>, at_most<semi_hard>>();
}

TEST_CASE("an entry tunes what its policies name, and the rates", "[experiments]") {
    auto const e =
        make_entry("mine", miners::semi_hard{}, losses::triplet_margin{.margin = 0.3}, distances::squared_euclidean{});
    REQUIRE(e.parameters.size() == 3);
    CHECK(e.parameters[0].name == "miner.margin");
    CHECK(e.parameters[1].name == "loss.margin");
    CHECK(e.parameters[1].given == 0.3);
    CHECK(e.parameters[2].name == "training.learning_rate");
    CHECK(!e.uniform);
    auto const text = with(e, {0.125, 0.5, 1e-3});
    CHECK(text.find("semi_hard (margin 0.125)") != std::string::npos);
    CHECK(text.find("triplet_margin (margin 0.5") != std::string::npos);
    CHECK(e.value(std::vector<double>{1, 2, 3}, "training.learning_rate", 9) == 3);
    CHECK(e.value(std::vector<double>{1, 2, 3}, "training.objective_rate", 9) == 9);
}

TEST_CASE("what a loss learns has a rate of its own", "[experiments]") {
    auto const proxies = make_entry("proxies", miners::none{}, losses::arcface{}, distances::cosine{});
    CHECK(proxies.uniform);
    CHECK(proxies.parameters.back().name == "training.objective_rate");
    CHECK(proxies.parameters.back().given == 10);
    auto const margin = make_entry("beta", miners::all{}, losses::margin_based{}, distances::euclidean{});
    CHECK(margin.parameters.back().name == "training.objective_rate");
    auto const constant =
        make_entry("beta", miners::all{}, losses::margin_based{.learn_beta = false}, distances::euclidean{});
    CHECK(constant.parameters.back().name == "training.learning_rate");
}

TEST_CASE("ranges that are given count before those of policies", "[experiments]") {
    auto const e =
        make_entry("mine", miners::semi_hard{}, losses::triplet_margin{}, distances::squared_euclidean{},
                   {{"loss.margin", 0.5, 0.5}, {"training.learning_rate", 1e-5, 1e-4, spacing::logarithmic}});
    REQUIRE(e.parameters.size() == 3);
    CHECK(e.parameters[1].low == 0.5);
    CHECK(e.parameters[1].given == 0.5); // fixed there
    CHECK(e.parameters[2].high == 1e-4);
    CHECK(e.parameters[2].given == 1e-3);
    CHECK_THROWS_WITH(
        make_entry("mine", miners::all{}, losses::triplet_margin{}, distances::euclidean{}, {{"margin", 0.1, 1}}),
        "mine: nothing of it is called margin; ranges are of miner., loss., distance. and training.");
    CHECK_THROWS_WITH(make_entry("mine", miners::all{}, losses::triplet_margin{}, distances::euclidean{},
                                 {{"loss.temperature", 0.1, 1}}),
                      "triplet_margin has no number that is called temperature");
    CHECK_THROWS_WITH(make_entry("mine", miners::all{}, losses::triplet_margin{}, distances::euclidean{},
                                 {{"loss.margin", 0.1, 1}, {"loss.margin", 0.1, 2}}),
                      "mine: loss.margin is given two ranges");
    // What a policy does not offer can be tuned as well.
    auto const more = make_entry("mine", miners::none{}, losses::large_margin_softmax{}, distances::cosine{},
                                 {{"loss.margin", 2, 4, spacing::linear, true}});
    CHECK(more.parameters[1].name == "loss.margin");
    CHECK(more.parameters[1].given == 4);
}

TEST_CASE("a miner that changes with the training is told how long it is", "[experiments]") {
    auto const e = make_entry("later", miners::curriculum{}, losses::triplet_margin{}, distances::squared_euclidean{});
    CHECK(with(e, {0, 1, 0.2, 1e-3}).find("steps 100") != std::string::npos);
    auto const memory =
        make_entry_with_memory("memory", 64, miners::all{}, losses::contrastive{}, distances::euclidean{});
    CHECK(with(memory, {0, 1, 1e-3}).find("cross_batch_memory (size 64") != std::string::npos);
}
