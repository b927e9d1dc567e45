// What a run is told beside its objective: clipped gradients, averaged parameters, and an end when nothing gets better.

#include <trine/training/trainer.hpp>

#include <algorithm>
#include <cmath>

#include <trine/data/synthetic.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/losses/quality.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/nn/convolution.hpp>
#include <trine/nn/layers.hpp>
#include <trine/objectives/objective.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

using backbone =
    nn::network<nn::shape<1, 32, 32>, nn::sequential<nn::conv2d<8, 3, nn::stride<2>>, nn::batch_norm, nn::relu,
                                                     nn::max_pool<2>, nn::flatten, nn::linear<16>, nn::l2_normalize>>;
using model = nn::model<backbone>;

data::dataset const& photos() {
    static auto const d = data::synthetic_faces{.height = 32, .width = 32}.make(10, 6);
    return d;
}

template <class Optimizer = nn::adamw>
trainer<backbone, Optimizer, nn::constant> plain(training_options options = {}) {
    options.seed = 7;
    return {.objective = objective(miners::all{}, losses::soft_margin{}, distances::squared_euclidean{}),
            .options = options,
            .sampler = {.people = 5, .photos = 4}};
}

std::vector<float> parameters_of(model& m) { return {m.parameters().begin(), m.parameters().end()}; }
std::vector<float> all_values(model& m) {
    auto v = parameters_of(m);
    v.insert(v.end(), m.state().begin(), m.state().end());
    return v;
}

// Values before every step, and in the end.
template <class Trainer>
std::vector<std::vector<float>> path_of(Trainer how, model& m) {
    std::vector<std::vector<float>> all;
    how.stop = [&] {
        all.push_back(all_values(m));
        return false;
    };
    how.fit(m, photos());
    all.push_back(all_values(m));
    return all;
}

} // namespace

TEST_CASE("a gradient that is too long is shortened, and any other is left as it is", "[training]") {
    // Plain descent goes as far as rate times gradient.
    auto how = plain<nn::sgd>({.epochs = 2, .learning_rate = 0.5});
    how.optimizer = {.momentum = 0, .weight_decay = 0};
    auto const step_lengths = [&](double clip) {
        how.options.clip_norm = clip;
        model m(3);
        auto const path = path_of(how, m);
        std::vector<double> lengths;
        for (std::size_t i = 1; i < path.size(); ++i) {
            double squares = 0;
            for (std::size_t k = 0; k < m.parameters().size(); ++k)
                squares += std::pow(static_cast<double>(path[i][k]) - static_cast<double>(path[i - 1][k]), 2);
            lengths.push_back(std::sqrt(squares) / 0.5);
        }
        return std::pair{lengths, path.back()};
    };
    auto const [free, end] = step_lengths(0);
    double const longest = *std::max_element(free.begin(), free.end());
    REQUIRE(longest > 0.01);
    for (double length : step_lengths(longest / 100).first)
        CHECK(length == Approx(longest / 100).epsilon(1e-3));
    CHECK((step_lengths(longest * 2).second == end));
    // With an objective that learns, its gradient counts as well.
    trainer<nn::network<nn::shape<1, 32, 32>, nn::sequential<nn::flatten, nn::linear<4>>>, nn::sgd, nn::constant> const
        both{.objective = objective(miners::none{}, losses::magface{.shortest = 0.5}, distances::cosine{}),
             .options = {.epochs = 1, .learning_rate = 1, .clip_norm = 0.25},
             .optimizer = {.momentum = 0, .weight_decay = 0},
             .sampler = {.people = 10, .photos = 6}};
    nn::model<nn::network<nn::shape<1, 32, 32>, nn::sequential<nn::flatten, nn::linear<4>>>> m(1);
    std::vector<double> before, after;
    auto const look = [&](std::vector<double>& to) {
        to.assign(m.parameters().begin(), m.parameters().end());
        both.objective.each_parameter(
            [&](std::span<float> v, std::span<float const>) { to.insert(to.end(), v.begin(), v.end()); });
    };
    auto once = both;
    once.stop = [&] {
        look(before.empty() ? before : after);
        return !after.empty();
    };
    once.options.epochs = 2;
    once.fit(m, photos());
    REQUIRE(before.size() == after.size());
    double squares = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
        squares += std::pow(after[i] - before[i], 2);
    CHECK(std::sqrt(squares) == Approx(0.25).epsilon(1e-3));
}

TEST_CASE("the average follows every step, is what a callback sees, and stays in the end", "[training]") {
    auto how = plain({.epochs = 3, .learning_rate = 3e-3});
    model raw(3);
    auto const path = path_of(how, raw);
    // By the plainest loop, from the same values in the same order of arithmetic.
    double const decay = 0.8;
    auto expected = path.front();
    for (std::size_t s = 1; s < path.size(); ++s) {
        auto const n = static_cast<double>(s);
        auto const share = static_cast<float>(1 - std::min(decay, (1 + n) / (10 + n)));
        for (std::size_t i = 0; i < expected.size(); ++i)
            expected[i] += share * (path[s][i] - expected[i]);
    }
    how.options.average = decay;
    model m(3);
    std::vector<float> seen;
    how.fit(m, photos(), [&](epoch_report const&, model& now) {
        seen = all_values(now);
        return true;
    });
    CHECK((seen == all_values(m)));
    double worst = 0;
    for (std::size_t i = 0; i < seen.size(); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(seen[i]) - static_cast<double>(expected[i])));
    CHECK(worst < 1e-6);
    CHECK((seen != path.back()));
}

TEST_CASE("a run that nobody finds better any more ends, with the best epoch's model", "[training]") {
    std::vector<double> const grades{0.1, 0.5, 0.5, 0.4, 0.9};
    auto how = plain({.epochs = 5, .learning_rate = 3e-3, .patience = 2});
    std::size_t judged = 0;
    how.judge = [&](model&) { return grades[judged++]; };
    std::vector<std::vector<float>> after;
    auto const note = [&](epoch_report const& e, model& m) {
        CHECK(e.validation == grades[e.epoch - 1]);
        after.push_back(all_values(m));
        return true;
    };
    model m(3);
    auto const report = how.fit(m, photos(), note);
    CHECK(report.stopped_early);
    CHECK(report.epochs.size() == 4); // two after the second, of which one is as good
    CHECK(report.best_epoch == 2);
    CHECK((all_values(m) == after[1]));
    // With more patience all are made, and the last is the best.
    how.options.patience = 3;
    judged = 0;
    after.clear();
    model other(3);
    auto const all = how.fit(other, photos(), note);
    CHECK(!all.stopped_early);
    CHECK(all.best_epoch == 5);
    CHECK((all_values(other) == after[4]));
}

TEST_CASE("clipped, averaged and judged runs are resumed to the same bits, within an epoch too", "[training]") {
    temporary_folder const folder;
    auto how = plain({.epochs = 6, .learning_rate = 3e-3, .clip_norm = 0.1, .average = 0.9, .patience = 2});
    // A judge who depends on the model alone, and likes it after the third epoch.
    auto probe = how;
    probe.options.patience = 0;
    float liked = 0;
    model first_look(3);
    probe.fit(first_look, photos(), [&](epoch_report const& e, model& m) {
        liked = m.parameters()[5];
        return e.epoch < 3;
    });
    how.judge = [liked](model& m) { return -std::abs(static_cast<double>(m.parameters()[5]) - liked); };
    model whole(3);
    auto const expected = how.fit(whole, photos());
    REQUIRE(expected.best_epoch == 3);
    REQUIRE(expected.epochs.size() == 5);
    REQUIRE(expected.stopped_early);
    for (std::size_t stop_after : {std::size_t{4}, std::size_t{7}, std::size_t{11}}) {
        auto stopped = how;
        stopped.files = {.checkpoint = folder / "checkpoint.safetensors",
                         .log = folder / "log.csv",
                         .json_log = folder / "log.jsonl"};
        std::size_t steps = 0;
        stopped.stop = [&] { return steps++ == stop_after; };
        model part(3), rest(99);
        auto const first = stopped.fit(part, photos());
        CHECK(first.interrupted);
        stopped.stop = {};
        stopped.files.resume = true;
        auto const report = stopped.fit(rest, photos());
        CHECK((all_values(rest) == all_values(whole)));
        CHECK(report.best_epoch == expected.best_epoch);
        CHECK(report.stopped_early == expected.stopped_early);
        REQUIRE(report.epochs.size() == expected.epochs.size());
        for (std::size_t i = 0; i < report.epochs.size(); ++i)
            CHECK(report.epochs[i].validation == expected.epochs[i].validation);
        // A run that has ended goes no further, and gives its best again.
        model again(98);
        auto const ended = stopped.fit(again, photos());
        CHECK((all_values(again) == all_values(whole)));
        CHECK(ended.epochs.size() == expected.epochs.size());
    }
    auto const log = io::read_file(folder / "log.csv");
    CHECK_THAT(log, Contains(",photos_per_second,validation\n"));
    CHECK_THAT(io::read_file(folder / "log.jsonl"), Contains("\"validation\":-"));
    // A checkpoint whose best epoch is none of its own is refused.
    auto file = io::safetensors::load(folder / "checkpoint.safetensors");
    io::safetensors broken;
    broken.metadata = file.metadata;
    for (auto const& [name, entry] : file.entries()) {
        if (entry.dtype == "F32")
            broken.add<float>(name, entry.shape, file.get<float>(name, entry.shape));
        else
            broken.add<double>(name, entry.shape,
                               name == "best" ? std::vector<double>{77} : file.get<double>(name, entry.shape));
    }
    broken.save(folder / "checkpoint.safetensors");
    auto resumed = how;
    resumed.files = {.checkpoint = folder / "checkpoint.safetensors", .resume = true};
    model m(3);
    CHECK_THROWS_WITH(resumed.fit(m, photos()), Contains("epochs is number 77"));
}

TEST_CASE("the trained average does not depend on the number of threads", "[training]") {
    auto const how = plain({.epochs = 2, .learning_rate = 3e-3, .clip_norm = 0.1, .average = 0.9});
    std::vector<float> first;
    for (std::size_t threads : {1, 2, 4}) {
        with_threads const scope(threads);
        model m(3);
        how.fit(m, photos());
        if (threads == 1)
            first = all_values(m);
        CHECK((all_values(m) == first));
    }
}

TEST_CASE("options of training that make no sense are refused", "[training]") {
    auto const refused = [](training_options options, std::string const& says) {
        model m;
        CHECK_THROWS_WITH(plain(options).fit(m, photos()), says);
    };
    refused({.clip_norm = -1}, "clip norm -1: it has to be above 0, or 0 for none");
    refused({.clip_norm = NAN}, "clip norm nan: it has to be above 0, or 0 for none");
    refused({.average = 1}, "average 1: it is from above 0 to below 1, or 0 for none");
    refused({.patience = 3}, "a patience of 3 epochs where nobody judges them: give the trainer a judge");
    auto how = plain({.epochs = 1});
    how.judge = [](model&) { return NAN; };
    model m;
    CHECK_THROWS_WITH(how.fit(m, photos()),
                      "epoch 1 was judged nan, by which it is neither better nor worse than others");
    // A checkpoint of a run without these is no run with them.
    temporary_folder const folder;
    how = plain({.epochs = 1});
    how.files.checkpoint = folder / "checkpoint.safetensors";
    how.fit(m, photos());
    how.files.resume = true;
    auto other = how;
    other.options.clip_norm = 1;
    CHECK_THROWS_WITH(other.fit(m, photos()), Contains("training.clip_norm is 1 in this run, 0 in the checkpoint"));
    other = how;
    other.options.average = 0.5;
    CHECK_THROWS_WITH(other.fit(m, photos()), Contains("training.average is 0.5 in this run, 0 in the checkpoint"));
    other = how;
    other.judge = [](model&) { return 1; };
    CHECK_THROWS_WITH(other.fit(m, photos()), Contains("judged is yes in this run, no in the checkpoint"));
}

TEST_CASE("what AdaFace and MagFace need and remember is trained, and resumed to the same bits", "[training]") {
    using free = nn::network<nn::shape<1, 32, 32>, nn::sequential<nn::conv2d<8, 3, nn::stride<2>>, nn::batch_norm,
                                                                  nn::relu, nn::flatten, nn::linear<16>>>;
    temporary_folder const folder;
    auto const check = [&](auto loss, std::size_t remembered) {
        auto const make = [&] {
            return trainer<free>{.objective = objective(miners::none{}, loss, distances::cosine{}),
                                 .options = {.epochs = 4, .learning_rate = 3e-3, .seed = 7},
                                 .sampler = {.people = 5, .photos = 4}};
        };
        nn::model<free> whole(7), part(7), rest(99);
        auto uninterrupted = make(), stopped = make(), resumed = make();
        auto const report = uninterrupted.fit(whole, photos());
        CHECK(report.epochs.back().loss < report.epochs.front().loss);
        stopped.files.checkpoint = resumed.files.checkpoint = folder / "checkpoint.safetensors";
        stopped.fit(part, photos(), [](epoch_report const& e, auto&) { return e.epoch < 2; });
        resumed.files.resume = true;
        resumed.fit(rest, photos());
        CHECK(std::equal(rest.parameters().begin(), rest.parameters().end(), whole.parameters().begin()));
        auto const state = resumed.objective.state();
        CHECK((state.arrays() == uninterrupted.objective.state().arrays()));
        CHECK(
            (remembered == 0 ? !state.contains("memory") : state.template get<double>("memory").size() == remembered));
    };
    check(losses::adaface{.scale = 16}, 2);
    check(losses::magface{.shortest = 1, .longest = 50, .length_weight = 5, .scale = 16}, 0);
}
