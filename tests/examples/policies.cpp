#include "../../examples/support/policies.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/class.hpp>
#include <trine/losses/face_margins.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/partial.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/quality.hpp>
#include <trine/losses/reducers.hpp>
#include <trine/losses/regularized.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/at_most.hpp>
#include <trine/miners/batch_triplets.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
#include <trine/objectives/manifold.hpp>
#include <trine/objectives/norm_penalty.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/objectives/regularizers.hpp>
#include <trine/objectives/vicreg.hpp>
#include <trine/objectives/weighted_sum.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

constexpr std::size_t batch = 48, dimensions = 16, people = 12;

std::vector<label> labels_of_four() {
    std::vector<label> labels(batch);
    for (std::size_t i = 0; i < batch; ++i)
        labels[i] = static_cast<label>(i / 4);
    return labels;
}

/// "miner, loss, distance" as choices, with a memory's size and penalties.
program::objective_choice choice(std::string const& miner, std::string const& loss, std::string const& distance,
                                 std::size_t memory = 0, std::vector<std::string> const& regularizers = {}) {
    program::objective_choice c{
        program::parse_choice(miner), program::parse_choice(loss), program::parse_choice(distance), memory, {}};
    for (auto const& r : regularizers)
        c.regularizers.push_back(program::parse_choice(r));
    return c;
}

/// What is named computes what the compiler was told, says that it is the same, and takes up its state. Not to the bit,
/// for one of them is optimised.
void check_same(any_objective const& typed, program::objective_choice const& c) {
    auto const named = program::make_objective(c);
    CAPTURE(c.miner.name, c.loss.name, c.distance.name);
    auto const labels = labels_of_four();
    std::vector<float> first(batch * dimensions), second(first.size());
    typed.start(people, dimensions, 5), named.start(people, dimensions, 5);
    CHECK(typed.identity_of().lines() == named.identity_of().lines());
    for (std::uint32_t step = 0; step < 3; ++step) { // the last with what the first two left behind
        auto const e = random_values<float>(batch * dimensions, 3 + step);
        auto const a = typed({e.data(), batch, dimensions}, labels, {first.data(), batch, dimensions}, 9, step),
                   b = named({e.data(), batch, dimensions}, labels, {second.data(), batch, dimensions}, 9, step);
        CHECK(a.loss == Approx(b.loss).epsilon(1e-5));
        CHECK(a.loss != 0);
        CHECK(a.triplets == b.triplets);
        double off = 0, all = 0;
        for (std::size_t i = 0; i < first.size(); ++i) {
            off += std::pow(first[i] - second[i], 2);
            all += std::pow(first[i], 2);
        }
        CHECK(all > 0);
        CHECK(off <= 1e-8 * all);
        if (step == 1)
            named.restore(typed.state());
    }
}

std::string refusal(program::objective_choice const& c) {
    try {
        program::make_objective(c);
    } catch (argument_error const& e) {
        return e.what();
    }
    return "was made";
}

distances::squared_euclidean const squared;
distances::euclidean const euclidean;
distances::cosine const cosine;
using losses::triplet_margin, losses::contrastive, losses::arcface;

} // namespace

TEST_CASE("miners by name are those of the catalogue") {
    triplet_margin const margin{.margin = 3};
    check_same(objective(miners::angular{.degrees = 30}, margin, euclidean),
               choice("angular degrees=30", "triplet_margin margin=3", "euclidean"));
    check_same(objective(miners::batch_triplets{}, margin, squared),
               choice("batch_triplets", "triplet_margin margin=3", "squared_euclidean"));
    check_same(objective(miners::at_most<miners::hard>{{}, 7}, margin, squared),
               choice("hard at_most=7", "triplet_margin margin=3", "squared_euclidean"));
    using miners::strategy;
    check_same(objective(miners::batch_easy_hard<strategy::hard, strategy::semi_hard>{}, contrastive{}, euclidean),
               choice("batch_easy_hard positive=hard", "contrastive", "euclidean"));
    check_same(objective(miners::batch_easy_hard<strategy::all, strategy::easy>{}, margin, squared),
               choice("batch_easy_hard positive=all negative=easy", "triplet_margin margin=3", "squared_euclidean"));
    check_same(objective(miners::all{}, margin, distances::normalized<distances::euclidean>{}),
               choice("all", "triplet_margin margin=3", "euclidean normalized=yes"));
}

TEST_CASE("variations of losses by name are those of the catalogue") {
    std::vector<double> weights;
    std::string list;
    for (std::size_t i = 0; i < people; ++i)
        weights.push_back(static_cast<double>(i) / 2), list += (i == 0 ? "" : ",") + std::to_string(weights.back());
    SECTION("of triplets") {
        losses::swapped<triplet_margin> swapped;
        swapped.margin = 3;
        check_same(objective(miners::all{}, swapped, squared),
                   choice("all", "triplet_margin margin=3 swaps=yes", "squared_euclidean"));
        check_same(objective(miners::multi_similarity{}, losses::swapped<losses::soft_margin>{}, cosine),
                   choice("multi_similarity", "soft_margin swaps=yes", "cosine"));
        losses::class_weighted<triplet_margin> weighted;
        weighted.margin = 3, weighted.weights = weights;
        check_same(objective(miners::semi_hard{.margin = 9}, weighted, squared),
                   choice("semi_hard margin=9", "triplet_margin margin=3 class_weights=" + list, "squared_euclidean"));
        losses::thresholded<losses::soft_margin> some;
        some.low = 0.2, some.high = 4;
        check_same(objective(miners::all{}, some, squared),
                   choice("all", "soft_margin low=0.2 high=4", "squared_euclidean"));
    }
    SECTION("of pairs") {
        check_same(objective(miners::all{}, losses::per_anchor<losses::multi_similarity>{}, cosine),
                   choice("all", "multi_similarity per_anchor=yes", "cosine"));
        losses::class_weighted<losses::nt_xent> weighted;
        weighted.weights = weights;
        check_same(objective(miners::all{}, weighted, cosine),
                   choice("all", "nt_xent class_weights=" + list, "cosine"));
        losses::thresholded<contrastive> some;
        some.negative_margin = 7, some.low = 0.5;
        check_same(objective(miners::all{}, some, euclidean),
                   choice("all", "contrastive low=0.5 negative_margin=7", "euclidean"));
    }
    SECTION("of class weights") {
        losses::partial<arcface> part;
        part.margin = 0.2, part.draw.share = 0.9;
        check_same(objective(miners::none{}, part, cosine), choice("none", "arcface margin=0.2 share=0.9", "cosine"));
    }
}

TEST_CASE("losses by name that need more than distances") {
    check_same(objective(miners::none{}, losses::adaface{.scale = 16}, cosine),
               choice("none", "adaface scale=16", "cosine"));
    check_same(objective(miners::none{}, losses::magface{.shortest = 2, .longest = 6}, cosine),
               choice("none", "magface shortest=2 longest=6", "cosine"));
    CHECK(program::needs_length("adaface"));
    CHECK(program::needs_length("vicreg"));
    CHECK_FALSE(program::needs_length("arcface"));
    losses::dynamic_arcface counted;
    counted.photos = losses::photos_of_classes(labels_of_four());
    check_same(objective(miners::none{}, counted, cosine),
               choice("none", "dynamic_arcface photos=4,4,4,4,4,4,4,4,4,4,4,4", "cosine"));
    check_same(vicreg<float>{.invariance = 10}, choice("none", "vicreg invariance=10", "squared_euclidean"));
    manifold<float>::settings few;
    few.proxies = 5;
    check_same(manifold<float>(few), choice("none", "manifold proxies=5", "cosine"));
    CHECK(program::learns_weights("manifold"));
}

TEST_CASE("a memory across batches by its size") {
    triplet_margin const margin{.margin = 3};
    check_same(cross_batch_memory(100, miners::semi_hard{.margin = 9}, margin, squared),
               choice("semi_hard margin=9", "triplet_margin margin=3", "squared_euclidean", 100));
    check_same(cross_batch_memory(60, miners::batch_easy_hard<>{}, losses::margin_based{}, euclidean),
               choice("batch_easy_hard", "margin_based", "euclidean", 60));
    check_same(cross_batch_memory(100, miners::multi_similarity{}, losses::multi_similarity{}, cosine),
               choice("multi_similarity", "multi_similarity", "cosine", 100));
    check_same(cross_batch_memory(100, miners::all{}, losses::intra_pair_variance{}, cosine),
               choice("all", "intra_pair_variance", "cosine", 100));
    check_same(cross_batch_memory(100, miners::all{}, contrastive{}, euclidean),
               choice("all", "contrastive", "euclidean", 100));
}

TEST_CASE("penalties by name, on embeddings and on class weights") {
    any_objective const margin = objective(miners::all{}, triplet_margin{.margin = 3}, squared);
    auto const zero = penalty<regularizers::zero_mean>{};
    check_same(sum_of({1, 0.1}, margin, zero),
               choice("all", "triplet_margin margin=3", "squared_euclidean", 0, {"zero_mean weight=0.1"}));
    check_same(sum_of({1, 2}, sum_of({1, 0.1}, margin, zero), norm_penalty<float>{.target = 3}),
               choice("all", "triplet_margin margin=3", "squared_euclidean", 0,
                      {"zero_mean weight=0.1", "norm_penalty weight=2 target=3"}));
    losses::regularized<arcface, regularizers::regular_face> apart;
    apart.regularizer_weight = 0.5;
    check_same(objective(miners::none{}, apart, cosine),
               choice("none", "arcface", "cosine", 0, {"regular_face weight=0.5 on=class_weights"}));
    losses::regularized<losses::soft_triple, regularizers::sparse_centers> together;
    together.regularizer.centers = together.centers, together.regularizer_weight = 0.2;
    check_same(objective(miners::none{}, together, cosine),
               choice("none", "soft_triple", "cosine", 0, {"sparse_centers weight=0.2"}));
    losses::regularized<losses::softmax, regularizers::center_invariant> even;
    check_same(objective(miners::none{}, even, distances::dot_product{}),
               choice("none", "softmax", "dot_product", 0, {"center_invariant on=class_weights"}));
    CHECK(program::draws_lengths(program::parse_choice("norm_penalty")));
    CHECK(program::draws_lengths(program::parse_choice("lp")));
    CHECK_FALSE(program::draws_lengths(program::parse_choice("lp p=1")));
    CHECK_FALSE(program::draws_lengths(program::parse_choice("center_invariant on=class_weights")));
}

TEST_CASE("every loss is made with the miner and the distance that it is made for, and listed") {
    auto const list = program::list_policies();
    for (auto const& loss : program::loss_names()) {
        CAPTURE(loss);
        program::objective_choice const c{
            {program::natural_miner(loss), {}}, {loss, {}}, {program::natural_distance(loss), {}}, 0, {}};
        CHECK(program::make_objective(c).identity_of().text().find(loss) != std::string::npos);
        CHECK(list.find("    " + loss) != std::string::npos);
    }
    for (auto const& names : {program::miner_names(), program::distance_names(), program::regularizer_names()})
        for (auto const& name : names)
            CHECK((name == "none" || list.find("    " + name) != std::string::npos));
}

TEST_CASE("what makes no sense by name is refused in the compiler's words") {
    auto const hinge = [](std::string const& values) { return choice("all", "triplet_margin " + values, "euclidean"); };
    CHECK(refusal(choice("angular", "triplet_margin", "cosine")) ==
          "miner: angular measures angles, in Euclidean distances: use euclidean with it, not cosine");
    CHECK(refusal(choice("angular", "triplet_margin", "euclidean", 100)) ==
          "memory: a cross-batch memory knows no distances between the photos it holds, which the miner angular needs");
    CHECK_THAT(refusal(choice("batch_triplets", "nt_xent", "cosine")), Contains("chooses triplets, and this loss"));
    CHECK_THAT(refusal(choice("batch_triplets", "no_margin", "cosine", 100)),
               Contains("memory: batch_triplets chooses among the batch's own photos"));
    CHECK_THAT(refusal(choice("hard_aware", "nt_xent", "cosine", 100)),
               Contains("memory: hard_aware chooses among the batch's own pairs, and a cross-batch memory has others"));
    CHECK_THAT(refusal(choice("all", "triplet_margin swaps=yes", "cosine", 100)),
               Contains("which triplet_margin needs: use a triplet or pair loss without swap"));
    CHECK_THAT(refusal(choice("all", "histogram", "cosine", 100)), Contains("use a triplet or pair loss without swap"));
    CHECK_THAT(refusal(choice("none", "arcface", "cosine", 100)),
               Contains("memory: arcface compares photos with class weights, not with photos"));
    CHECK_THAT(refusal(choice("batch_easy_hard positive=semi_hard", "nt_xent", "cosine")),
               Contains("a semi-hard positive is measured against one negative"));
    CHECK_THAT(refusal(choice("batch_easy_hard positive=all", "nt_xent", "cosine")),
               Contains("a semi-hard negative is measured against one positive"));
    CHECK_THAT(refusal(choice("batch_easy_hard positive=soft", "nt_xent", "cosine")),
               Contains("batch_easy_hard: positive cannot be \"soft\""));
    CHECK_THAT(refusal(choice("batch_hard at_most=0", "no_margin", "cosine")), Contains("0 triplets an anchor"));

    CHECK_THAT(refusal(hinge("swaps=yes class_weights=1,2")),
               Contains("class_weights weigh an anchor's terms, and swapped ones are of another"));
    CHECK_THAT(refusal(hinge("swaps=yes low=1")), Contains("swaps goes with no low or high"));
    CHECK(refusal(hinge("swaps=no")) == "was made");
    CHECK_THAT(refusal(hinge("low=2 high=1")), Contains("terms above 2 and below 1"));
    CHECK_THAT(refusal(hinge("class_weights=1,-1")), Contains("a weight of -1"));
    CHECK_THAT(refusal(hinge("class_weights=heavy")), Contains("class_weights is a list of numbers, not a text"));
    CHECK_THAT(refusal(hinge("margin=1,2")), Contains("margin is a number, not a list of numbers"));
    CHECK_THAT(refusal(hinge("share=0.1")), Contains("share draws some of a loss's class weights"));
    CHECK_THAT(refusal(hinge("per_anchor=yes")), Contains("per_anchor is for losses of one anchor's pairs"));
    CHECK_THAT(refusal(hinge("margen=1")),
               Contains("there is no value \"margen\", but margin, reduction, class_weights, swaps, low or high"));
    CHECK_THAT(refusal(choice("all", "margin_based low=1", "euclidean")), Contains("not for losses that learn"));
    CHECK_THAT(refusal(choice("all", "nt_xent low=1", "cosine")), Contains("each of which is a term of its own"));
    CHECK_THAT(refusal(choice("all", "nt_xent swaps=yes", "cosine")), Contains("swaps is for losses of triplets"));
    CHECK_THAT(refusal(choice("all", "contrastive low=1 per_anchor=yes", "cosine")), Contains("with no low or high"));
    CHECK_THAT(refusal(choice("all", "intra_pair_variance per_anchor=yes", "cosine")),
               Contains("each anchor by itself"));
    CHECK_THAT(refusal(choice("all", "histogram class_weights=1,1", "cosine")),
               Contains("use them with a loss of triplets or of pairs"));
    CHECK_THAT(refusal(choice("none", "arcface share=0", "cosine")), Contains("share 0, which is from above 0 to 1"));
    CHECK_THAT(refusal(choice("none", "softmax share=0.5", "dot_product")), Contains("biases is not known to draw"));
    CHECK_THAT(refusal(choice("none", "adaface concentration=0", "cosine")), Contains("concentration 0"));
    CHECK_THAT(refusal(choice("none", "dynamic_arcface photos=1.5,2", "cosine")), Contains("1.5 is none"));
    CHECK_THAT(refusal(choice("all", "vicreg", "squared_euclidean")),
               Contains("miner: vicreg takes two photos of a person as they come, so nothing is mined: use none"));
    CHECK_THAT(refusal(choice("none", "vicreg", "cosine")), Contains("vicreg works on squared_euclidean, not on"));
    CHECK_THAT(refusal(choice("none", "manifold alpha=2", "cosine")), Contains("alpha 2"));
    CHECK_THAT(refusal(choice("all", "no_margin", "cosine normalized=yes")), Contains("no value \"normalized\""));

    auto const penalized = [](std::string const& loss, std::string const& penalty) {
        return choice(program::natural_miner(loss), loss, program::natural_distance(loss), 0, {penalty});
    };
    CHECK_THAT(refusal(penalized("nca", "zero_men")), Contains("regularizer: there is no \"zero_men\", but center_"));
    CHECK_THAT(refusal(penalized("nca", "zero_mean weight=-1")), Contains("weight -1, which may not be below 0"));
    CHECK_THAT(refusal(penalized("nca", "zero_mean wait=1")), Contains("no value \"wait\", but weight or on"));
    CHECK_THAT(refusal(penalized("nca", "zero_mean on=photos")), Contains("on is embeddings or class_weights"));
    CHECK_THAT(refusal(penalized("nca", "lp on=class_weights")), Contains("class weights, of which nca has none"));
    CHECK_THAT(refusal(penalized("manifold", "lp on=class_weights")), Contains("of which manifold has none"));
    CHECK_THAT(refusal(penalized("nca", "lp p=0.5")), Contains("p = 0.5 where 1 or more is needed"));
    CHECK_THAT(refusal(penalized("arcface", "norm_penalty on=class_weights")), Contains("is for embeddings"));
    CHECK_THAT(refusal(penalized("soft_triple", "sparse_centers on=embeddings")), Contains("embeddings have not"));
    CHECK_THAT(refusal(penalized("soft_triple", "sparse_centers centers=4")), Contains("of 4 centers a class"));
}
