#include <trine/training/trainer.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <trine/data/folder.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/lp.hpp>
#include <trine/io/file.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/nn/frozen.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/objectives/norm_penalty.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/objectives/weighted_sum.hpp>
#include <trine/training/log.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/reference_data.hpp"
#include "support/small_training.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

using small_training::backbone, small_training::photos;

training_options const options{.epochs = 4, .learning_rate = 3e-3, .seed = 7};
data::pk const batches{.people = 5, .photos = 4};

trainer<backbone> with(any_objective objective) {
    return {.objective = std::move(objective), .options = options, .sampler = batches};
}
trainer<backbone> usual() {
    return with(objective(miners::random{}, losses::triplet_margin{}, distances::squared_euclidean{}));
}

std::vector<float> all_values(nn::model<backbone>& m) {
    std::vector<float> v(m.parameters().begin(), m.parameters().end());
    v.insert(v.end(), m.state().begin(), m.state().end());
    return v;
}

// Framed records: a length of eight bytes, four of its sum, the bytes, four of theirs.
std::size_t records_in(std::filesystem::path const& file) {
    auto const bytes = io::read_file(file);
    std::size_t count = 0;
    for (std::size_t at = 0; at + 16 <= bytes.size(); ++count) {
        std::uint64_t size;
        std::memcpy(&size, bytes.data() + at, sizeof size);
        at += 16 + size;
    }
    return count;
}

} // namespace

TEST_CASE("trained parameters are the same bits with 1, 2 and 4 threads", "[training]") {
    std::vector<float> first;
    for (std::size_t threads : {1, 2, 4}) {
        with_threads const scope(threads);
        nn::model<backbone> m(7);
        auto const before = all_values(m);
        usual().fit(m, photos());
        auto const after = all_values(m);
        CHECK((after != before));
        if (threads == 1)
            first = after;
        CHECK((after == first));
    }
}

TEST_CASE("what is frozen stays as it was while the rest learns", "[training]") {
    using front = backbones::convolution_block<8, 3, nn::stride<2>>;
    using whole = nn::network<nn::shape<1, 32, 32>,
                              nn::sequential<front, nn::max_pool<2>, nn::flatten, nn::linear<16>, nn::l2_normalize>>;
    using tuned =
        nn::network<nn::shape<1, 32, 32>,
                    nn::sequential<nn::frozen<front>, nn::max_pool<2>, nn::flatten, nn::linear<16>, nn::l2_normalize>>;
    CHECK(network_signature<whole>() == network_signature<tuned>());
    std::size_t const frozen = 8 * 9 + 16;
    auto const check = [&](auto& m) {
        std::vector<float> const before(m.parameters().begin(), m.parameters().end());
        using network = typename std::remove_reference_t<decltype(m)>::network_type;
        trainer<network> const how{
            .objective = objective(miners::all{}, losses::triplet_margin{}, distances::squared_euclidean{}),
            .options = options,
            .sampler = batches};
        how.fit(m, photos());
        CHECK(std::equal(before.begin(), before.begin() + frozen, m.parameters().begin()));
        CHECK(!std::equal(before.begin() + frozen, before.end(), m.parameters().begin() + frozen));
    };
    SECTION("by its type: statistics too") {
        nn::model<tuned> m(3);
        std::vector<float> const state(m.state().begin(), m.state().end());
        check(m);
        CHECK(std::equal(state.begin(), state.end(), m.state().begin()));
    }
    SECTION("by its name: statistics follow") {
        nn::model<whole> m(3);
        CHECK(m.freeze("0.") == 3);
        std::vector<float> const state(m.state().begin(), m.state().end());
        check(m);
        CHECK(!std::equal(state.begin(), state.end(), m.state().begin()));
        CHECK_THROWS_WITH(m.freeze("7."), "no parameter of the network has a name that begins with \"7.\"");
    }
}

TEST_CASE("what an objective learns or remembers is resumed too", "[training]") {
    temporary_folder const folder;
    auto const check = [&](auto const& make) {
        nn::model<backbone> whole(7), part(7), rest(99);
        trainer<backbone> uninterrupted = with(make()), stopped = with(make()), resumed = with(make());
        uninterrupted.fit(whole, photos());
        stopped.files.checkpoint = resumed.files.checkpoint = folder / "checkpoint.safetensors";
        stopped.fit(part, photos(), [](epoch_report const& e, auto&) { return e.epoch < 2; });
        CHECK((all_values(part) != all_values(whole)));
        resumed.files.resume = true;
        resumed.fit(rest, photos());
        CHECK((all_values(rest) == all_values(whole)));
        auto const expected = uninterrupted.objective.state(), got = resumed.objective.state();
        CHECK((got.arrays() == expected.arrays()));
        std::size_t size = 0;
        for (auto const& [name, values] : expected.arrays())
            size += std::visit([](auto const& v) { return v.size(); }, values);
        return size;
    };
    using memory = cross_batch_memory<miners::all, losses::contrastive, distances::euclidean>;
    CHECK(check([] { return objective(miners::none{}, losses::cosface{}, distances::cosine{}); }) == 10 * 16);
    CHECK(check([] { return objective(miners::all{}, losses::margin_based{.classes = 10}, distances::euclidean{}); }) ==
          10);
    CHECK(check([] { return memory(50); }) == 1 + 50 * 17);
    CHECK(check([] {
              return sum_of({1, 0.5}, memory(50), objective(miners::none{}, losses::cosface{}, distances::cosine{}));
          }) == 1 + 50 * 17 + 10 * 16);
    using thresholds = cross_batch_memory<miners::all, losses::margin_based, distances::euclidean>;
    CHECK(check([] { return thresholds(50); }) == 1 + 50 * 17 + 1);
}

TEST_CASE("a run that was stopped and resumed equals the one that was not", "[training]") {
    temporary_folder const folder;
    nn::model<backbone> whole(7);
    auto const expected = usual().fit(whole, photos());
    for (bool within_an_epoch : {false, true}) {
        nn::model<backbone> part(7), rest(99);
        auto how = usual();
        how.files = {.checkpoint = folder / "checkpoint.safetensors", .log = folder / "log.csv"};
        bool asked = false;
        how.stop = [&] { return asked; };
        auto const stopped = how.fit(part, photos(), [&](epoch_report const& e, auto&) {
            asked = within_an_epoch && e.epoch == 2;
            return within_an_epoch || e.epoch < 2;
        });
        CHECK(stopped.epochs.size() == 2);
        CHECK(stopped.interrupted == within_an_epoch);
        how.files.resume = true;
        how.stop = {};
        auto const resumed = how.fit(rest, photos());
        CHECK((all_values(rest) == all_values(whole)));
        REQUIRE(resumed.epochs.size() == expected.epochs.size());
        for (std::size_t i = 0; i < expected.epochs.size(); ++i)
            CHECK(resumed.epochs[i].loss == expected.epochs[i].loss);
        auto const log = io::read_file(folder / "log.csv");
        CHECK(std::count(log.begin(), log.end(), '\n') == 5);
        CHECK_THAT(log, Catch::Matchers::StartsWith("epoch,loss,active,"));
    }
}

namespace {

template <kernels::convolution_algorithm A>
std::vector<double> losses_with(data::dataset const& faces) {
    using nn::algorithm;
    using net = nn::network<nn::shape<1, 56, 46>,
                            nn::sequential<backbones::convolution_block<16, 3>, nn::max_pool<2>,
                                           backbones::convolution_block<32, 3, algorithm<A>>, nn::max_pool<2>,
                                           backbones::convolution_block<32, 3, algorithm<A>>, nn::global_average_pool,
                                           nn::linear<32>, nn::l2_normalize>>;
    nn::model<net> m(3);
    auto const r =
        trainer<net>{.objective = objective(miners::all{}, losses::triplet_margin{}, distances::squared_euclidean{}),
                     .options = {.epochs = 6, .seed = 3},
                     .sampler = {.people = 8, .photos = 4}}
            .fit(m, faces);
    std::vector<double> curve;
    for (auto const& e : r.epochs)
        curve.push_back(e.loss);
    return curve;
}

} // namespace

static void check_that_curves_agree(data::dataset const& faces) {
    using enum kernels::convolution_algorithm;
    auto const fast = losses_with<winograd_4>(faces), plain = losses_with<direct>(faces);
    CHECK(fast != plain); // or it was not tried
    for (std::size_t i = 0; i < fast.size(); ++i)
        CHECK(fast[i] == Approx(plain[i]).epsilon(0.02));
    CHECK(fast.back() < fast.front());
}

TEST_CASE("training curves with Winograd's transforms and without agree", "[training]") {
    check_that_curves_agree(data::synthetic_faces{.height = 56, .width = 46}.make(16, 6));
}

TEST_CASE("and on the photos of ORL", "[training][photos]") {
    if (auto const orl = reference_data("data/orl"))
        check_that_curves_agree(data::load_folder(*orl, 1, 56, 46));
}

TEST_CASE("a checkpoint of another network or run is refused, and nothing changes", "[training]") {
    temporary_folder const folder;
    auto how = usual();
    how.files.checkpoint = folder / "checkpoint.safetensors";
    how.options.epochs = 1;
    nn::model<backbone> m(7);
    how.fit(m, photos());
    how.files.resume = true;
    auto const before = all_values(m);
    using larger = nn::network<nn::shape<1, 32, 32>, nn::sequential<nn::flatten, nn::linear<16>>>;
    nn::model<larger> l;
    trainer<larger> const other{
        .objective = how.objective, .options = how.options, .sampler = how.sampler, .files = how.files};
    CHECK_THROWS_WITH(other.fit(l, photos()), Contains("is a checkpoint of another network: it"));
    auto const bytes = io::read_file(how.files.checkpoint);
    io::write_file(how.files.checkpoint, std::string_view(bytes).substr(0, bytes.size() - 100));
    CHECK_THROWS_AS(how.fit(m, photos()), format_error);
    std::filesystem::remove(how.files.checkpoint);
    CHECK_THROWS_WITH(how.fit(m, photos()), Contains("cannot be opened"));
    CHECK((all_values(m) == before));
}

TEST_CASE("a run with another value anywhere is refused by a message that names both", "[training]") {
    temporary_folder const folder;
    using hinge = losses::triplet_margin;
    auto const given = [](auto miner, auto loss, auto distance) {
        return with(objective(std::move(miner), std::move(loss), std::move(distance)));
    };
    auto const refused = [&](auto first, auto second, std::string const& says) {
        nn::model<backbone> m(7);
        first.options.epochs = second.options.epochs = 1;
        first.files.checkpoint = second.files.checkpoint = folder / "checkpoint.safetensors";
        first.fit(m, photos());
        second.files.resume = true;
        CHECK_THROWS_WITH(second.fit(m, photos()), Contains("is a checkpoint of another run: " + says));
    };
    auto const plain = given(miners::all{}, hinge{}, distances::euclidean{});
    refused(plain, given(miners::all{}, hinge{.margin = 0.3}, distances::euclidean{}),
            "objective.loss.margin is 0.3 in this run, 0.2 in the checkpoint");
    refused(plain, given(miners::all{}, hinge{.reduction = losses::reducer::mean}, distances::euclidean{}),
            "objective.loss.reduction is mean in this run, mean_of_active in the checkpoint");
    refused(plain, given(miners::all{}, losses::swapped<hinge>{}, distances::euclidean{}),
            "objective.loss.swaps is yes in this run, not given in the checkpoint");
    refused(plain, given(miners::semi_hard{}, hinge{}, distances::euclidean{}),
            "objective.miner is semi_hard in this run, all in the checkpoint");
    refused(given(miners::semi_hard{}, hinge{}, distances::euclidean{}),
            given(miners::semi_hard{.margin = 0.4}, hinge{}, distances::euclidean{}),
            "objective.miner.margin is 0.4 in this run, 0.2 in the checkpoint");
    refused(given(miners::all{}, hinge{}, distances::lp{.p = 3}), given(miners::all{}, hinge{}, distances::lp{.p = 4}),
            "objective.distance.p is 4 in this run, 3 in the checkpoint");
    refused(given(miners::all{}, losses::margin_based{}, distances::euclidean{}),
            given(miners::all{}, losses::margin_based{.beta = 1}, distances::euclidean{}),
            "objective.loss.beta is 1 in this run, 1.2 in the checkpoint");
    using memory = cross_batch_memory<miners::all, losses::contrastive, distances::euclidean>;
    refused(with(memory(50)), with(memory(60)), "objective.size is 60 in this run, 50 in the checkpoint");
    refused(with(sum_of({1, 0.5}, memory(50), norm_penalty<>{})), with(sum_of({1, 0.25}, memory(50), norm_penalty<>{})),
            "objective.weight_1 is 0.25 in this run, 0.5 in the checkpoint");

    auto other = plain;
    other.optimizer.weight_decay = 0.01;
    refused(plain, other, "optimizer.weight_decay is 0.01 in this run, 1e-04 in the checkpoint");
    other = plain;
    other.schedule.share = 0.5;
    refused(plain, other, "schedule.share is 0.5 in this run, 0.05 in the checkpoint");
    other = plain;
    other.schedule.then.floor = 0.1;
    refused(plain, other, "schedule.then.floor is 0.1 in this run, 0 in the checkpoint");
    trainer<backbone, nn::adamw, nn::constant> const constant{
        .objective = plain.objective, .options = options, .sampler = batches};
    refused(plain, constant, "schedule is constant in this run, warm_up in the checkpoint");
    other = plain;
    other.sampler.people = 6;
    refused(plain, other, "sampler.people is 6 in this run, 5 in the checkpoint");
    other = plain;
    other.options.augmentation.flip = 0;
    refused(plain, other, "training.augmentation.flip is 0 in this run, 0.5 in the checkpoint");
    other = plain;
    other.options.learning_rate = 1e-2;
    refused(plain, other, "training.learning_rate is 0.01 in this run, 0.003 in the checkpoint");
}

TEST_CASE("bad photos, options and a loss that runs away end with a clear message", "[training]") {
    nn::model<backbone> m;
    auto const one = data::synthetic_faces{.height = 32, .width = 32}.make(1, 4),
               single = data::synthetic_faces{.height = 32, .width = 32}.make(4, 1),
               large = data::synthetic_faces{.height = 40, .width = 32}.make(4, 2);
    CHECK_THROWS_WITH(usual().fit(m, one), Contains("there are photos of 1 person(s)"));
    CHECK_THROWS_WITH(usual().fit(m, single), Contains("0 of 4 people have two photos or more"));
    CHECK_THROWS_WITH(usual().fit(m, large), Contains("images of 1×40×32 given to a network for 1×32×32"));
    auto how = usual();
    how.options.learning_rate = 0;
    CHECK_THROWS_WITH(how.fit(m, photos()), Contains("learning rate 0"));
    m.parameters()[0] = NAN;
    CHECK_THROWS_WITH(usual().fit(m, photos()), Contains("is not finite in step 1 (epoch 1) at learning rate"));
}

TEST_CASE("an event file has a record for each epoch, also those before a run was resumed", "[training]") {
    temporary_folder const folder;
    auto how = usual();
    how.files = {.checkpoint = folder / "checkpoint.safetensors", .events = folder / "events.out.tfevents.1"};
    nn::model<backbone> first(7), rest(7);
    how.fit(first, photos(), [](epoch_report const& e, auto&) { return e.epoch < 2; });
    CHECK(records_in(how.files.events) == 1 + 2); // the first is the version
    how.files.resume = true;
    how.fit(rest, photos());
    CHECK(records_in(how.files.events) == 1 + 4);
    auto const scalars = training_scalars({.epoch = 3, .loss = 0.5, .active = 0.25});
    CHECK(scalars.front() == std::pair<std::string, double>("loss", 0.5));
    how.files = {.events = folder / "none/events"};
    CHECK_THROWS_AS(how.fit(rest, photos()), io_error);
}
