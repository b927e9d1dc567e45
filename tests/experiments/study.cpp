#include <trine/experiments/findings.hpp>
#include <trine/experiments/head_subject.hpp>
#include <trine/experiments/study.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <trine/core/random.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/io/file.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using namespace trine::experiments;

namespace {

std::vector<label> labels_of(std::size_t people, std::size_t photos) {
    std::vector<label> all;
    for (std::size_t i = 0; i < people * photos; ++i)
        all.push_back(static_cast<label>(i / photos));
    return all;
}

// Learns nothing, and is judged by a formula of what it was asked for: near a margin of 0.1 and a rate of 10⁻³ it is
// best. Remembers who was learnt from and judged by.
class formula final : public subject {
public:
    explicit formula(std::size_t people = 16, std::size_t photos = 3) : labels_(labels_of(people, photos)) {}
    identity identity_of() const override { return identity("formula").with("photos", labels_.size()); }
    std::span<label const> labels() const override { return labels_; }
    std::optional<outcome> run(training const& how) const override {
        if (how.stop && how.stop())
            return {};
        ++runs;
        auto const text = how.objective(10).identity_of().text();
        auto const at = text.find("(margin ");
        double const margin = at == std::string::npos ? 1 : std::stod(text.substr(at + 8));
        require<numeric_error>(how.learning_rate < 5e-3, "the loss became nan");
        outcome o;
        double const x = std::log10(margin) + 1, y = std::log10(how.learning_rate) + 3;
        random_stream luck(how.seed, purpose::user);
        double const value = 0.8 - 0.1 * (x * x + y * y) + 0.01 * luck.normal();
        o.measures = {value, value + 0.01, value + 0.02, value - 0.1, value - 0.05};
        o.loss = {1, 0.5}, o.active = {0.5, 0.25};
        o.steps = 20, o.seconds = 0.25;
        std::set<label> learnt, judged;
        for (std::size_t i : how.learn)
            learnt.insert(labels_[i]);
        for (std::size_t i : how.judge)
            judged.insert(labels_[i]);
        for (label l : judged)
            disjoint = disjoint && !learnt.contains(l);
        return o;
    }
    mutable std::atomic<std::size_t> runs{0};
    mutable std::atomic<bool> disjoint{true};

private:
    std::vector<label> labels_;
};

study_options const small{.tries = 10, .folds = 3, .seeds = 2};

study two_entries(subject const& who, study_options const& how = small) {
    study s(who, how);
    s.add("triplets", miners::all{}, losses::triplet_margin{.margin = 0.9}, distances::squared_euclidean{});
    s.add("plain", miners::all{}, losses::no_margin{}, distances::squared_euclidean{});
    return s;
}

} // namespace

TEST_CASE("people are in one fold each, and tries see nobody of it", "[experiments]") {
    formula const who(17, 3);
    study const s(who, {.folds = 4});
    REQUIRE(s.folds().size() == 4);
    CHECK(s.people() == 17);
    std::map<label, std::size_t> tested;
    for (auto const& f : s.folds()) {
        std::set<label> learn, validation, outside, test;
        auto const people = [&](std::vector<std::size_t> const& places, std::set<label>& to) {
            for (std::size_t i : places)
                to.insert(who.labels()[i]);
        };
        people(f.learn, learn), people(f.validation, validation), people(f.outside, outside), people(f.test, test);
        for (label l : test)
            ++tested[l];
        CHECK(learn.size() + validation.size() == outside.size());
        CHECK(outside.size() + test.size() == 17);
        CHECK(validation.size() == 3); // a quarter of 12 or 13
        CHECK(f.learn.size() + f.validation.size() + f.test.size() == 17 * 3);
        CHECK(std::none_of(test.begin(), test.end(), [&](label l) { return outside.contains(l); }));
        CHECK(std::none_of(learn.begin(), learn.end(), [&](label l) { return validation.contains(l); }));
    }
    CHECK(tested.size() == 17);
    CHECK(std::all_of(tested.begin(), tested.end(), [](auto const& t) { return t.second == 1; }));
    CHECK(study(who, {.folds = 4, .seed = 2}).folds()[0].test != s.folds()[0].test);
}

TEST_CASE("a study tunes, and says what that was worth", "[experiments]") {
    formula const who;
    temporary_folder const folder;
    auto const s = two_entries(who);
    std::vector<study_progress> seen;
    CHECK(s.run(folder.path(), {.after_run = [&](study_progress const& p) { seen.push_back(p); }}));
    CHECK(who.disjoint);
    auto const all = s.results(folder.path());
    REQUIRE(all.size() == 2);
    REQUIRE(all[0].folds.size() == 3);
    for (auto const& f : all[0].folds) {
        REQUIRE(f.trials.size() == 10);
        CHECK(f.trials[0].values == std::vector<double>{0.9, 1e-3});
        CHECK(std::all_of(f.trials.begin(), f.trials.end(),
                          [&](trial const& t) { return std::isnan(t.score) || t.score <= f.trials[f.chosen].score; }));
        CHECK(f.values == f.trials[f.chosen].values);
        CHECK(f.tuned.size() == 2);
        CHECK(f.given.size() == 2);
    }
    auto const found = conclude(all);
    CHECK(found.entries[0].tuning.mean > 0.03);
    CHECK(found.entries[0].measures[0].mean - found.entries[0].given.mean == Approx(found.entries[0].tuning.mean));
    CHECK(found.entries[0].active == Approx(0.375));
    CHECK(found.entries[0].seconds_per_step == Approx(0.0125));
    REQUIRE(found.pairs.size() == 1);
    CHECK(found.pairs[0].difference.mean ==
          Approx(found.entries[0].measures[0].mean - found.entries[1].measures[0].mean));
    CHECK(found.entries[0].rank + found.entries[1].rank == Approx(3));
    REQUIRE(!seen.empty());
    CHECK(seen.size() == who.runs);
    CHECK(seen.back().done == seen.back().total);
    CHECK(seen.back().total == who.runs);
    CHECK(seen.back().seconds_left == 0);
    CHECK(std::is_sorted(seen.begin(), seen.end(), [](auto const& a, auto const& b) { return a.done < b.done; }));
    CHECK(seen.front().run == "triplets, fold 1, try 1");
}

TEST_CASE("no run is made twice, and more tries and seeds go on from those that are there", "[experiments]") {
    formula const who;
    temporary_folder const folder;
    CHECK(two_entries(who).run(folder.path()));
    auto const first = who.runs.load();
    CHECK(two_entries(who).run(folder.path()));
    CHECK(who.runs == first);
    auto more = small;
    more.seeds = 3;
    CHECK(two_entries(who, more).run(folder.path()));
    CHECK(who.runs <= first + 12); // a seed more of tuned and given values, in three folds of two entries
    CHECK(who.runs >= first + 6);
    auto const before = who.runs.load();
    more.tries = 12;
    CHECK(two_entries(who, more).run(folder.path()));
    CHECK(who.runs >= before + 12); // and trainings only where the new tries were better
    CHECK(who.runs <= before + 12 + 18);
    // The files are whole, and nobody else's to read; no lock is left.
    for (auto const& file : std::filesystem::directory_iterator(folder / "runs")) {
        CHECK(file.path().extension() == ".json");
        CHECK((file.status().permissions() & std::filesystem::perms(077)) == std::filesystem::perms::none);
    }
}

TEST_CASE("a study that is interrupted or shared gives the same bits", "[experiments]") {
    formula const who;
    temporary_folder const whole, parts, shared;
    auto const s = two_entries(who);
    CHECK(s.run(whole.path()));
    auto const runs = who.runs.load();
    auto const expected = results_csv(s.results(whole.path())) + tries_csv(s.results(whole.path()));

    who.runs = 0;
    std::size_t pieces = 0;
    for (bool done = false; !done; ++pieces) {
        std::size_t steps = 0;
        done = two_entries(who).run(parts.path(), {.stop = [&] { return ++steps > 7; }});
        REQUIRE(pieces < 100);
    }
    CHECK(pieces > 5);
    CHECK(who.runs == runs);
    CHECK(results_csv(s.results(parts.path())) + tries_csv(s.results(parts.path())) == expected);

    who.runs = 0;
    std::vector<std::thread> workers;
    std::atomic<std::size_t> complete{0};
    for (int i = 0; i < 3; ++i)
        workers.emplace_back([&] { complete += two_entries(who).run(shared.path()); });
    for (auto& w : workers)
        w.join();
    CHECK(complete == 3);
    CHECK(who.runs == runs);
    CHECK(results_csv(s.results(shared.path())) + tries_csv(s.results(shared.path())) == expected);
    CHECK(s.runs_as_json_lines(shared.path()) == s.runs_as_json_lines(whole.path()));
}

TEST_CASE("a study out of time stops between runs", "[experiments]") {
    formula const who;
    temporary_folder const folder;
    CHECK(!two_entries(who).run(folder.path(), {.seconds = -1}));
    CHECK(who.runs == 0);
    CHECK(two_entries(who).results(folder.path()).empty());
    CHECK_THROWS_WITH(conclude({}), "no entry has all its runs yet: there is nothing to conclude from");
}

TEST_CASE("a run that another process has in hand is left to it, and made when that is killed", "[experiments]") {
    formula const who;
    temporary_folder const folder;
    auto const s = two_entries(who);
    CHECK(!s.run(folder.path(), {.seconds = -1}));
    // The lock of the first run, as a process holds it that makes it; nobody knows its name but from a run.
    temporary_folder const other;
    std::size_t steps = 0;
    CHECK(!s.run(other.path(), {.stop = [&] { return ++steps > 2; }}));
    std::vector<std::filesystem::path> first;
    for (auto const& file : std::filesystem::directory_iterator(other / "runs"))
        if (file.path().extension() == ".json")
            first.push_back(file.path().filename());
    REQUIRE(first.size() == 1);
    auto const lock = (folder.path() / "runs" / first[0]).replace_extension(".lock");
    int const held = ::open(lock.c_str(), O_RDWR | O_CREAT, 0600);
    REQUIRE(::flock(held, LOCK_EX | LOCK_NB) == 0);
    std::size_t const before = who.runs;
    bool released = false;
    // All that does not depend on it is made; then it is asked for until its lock is free.
    CHECK(s.run(folder.path(), {.after_run = [&](study_progress const& p) {
                    if (p.run == "plain, fold 3, tuned 2")
                        released = true, ::close(held);
                }}));
    CHECK(released);
    CHECK(!std::filesystem::exists(lock));
    CHECK(who.runs > before);
}

TEST_CASE("a run that fails is the worst, is said, and is not made again", "[experiments]") {
    formula const who;
    temporary_folder const folder;
    study s(who, {.tries = 3, .folds = 2, .seeds = 1});
    s.add("too fast", miners::all{}, losses::no_margin{}, distances::squared_euclidean{},
          {{"training.learning_rate", 1, 1}});
    CHECK(s.run(folder.path()));
    auto const all = s.results(folder.path());
    REQUIRE(all.size() == 1);
    CHECK(all[0].folds[0].tuned[0].failure == "the loss became nan");
    CHECK(all[0].folds[0].tuned[0][measure::map_at_r] == 0);
    CHECK(conclude(all).entries[0].failures == 2 * (3 + 1 + 1));
    CHECK(results_csv(all).find("the loss became nan") != std::string::npos);
    CHECK(tries_csv(all).find(",1,training.learning_rate=1,,yes\n") != std::string::npos);
}

TEST_CASE("a folder of another study, and damaged runs, are refused", "[experiments]") {
    formula const who, more(20, 3);
    temporary_folder const folder;
    CHECK(two_entries(who).run(folder.path()));
    auto other = small;
    other.folds = 4;
    CHECK_THROWS_WITH(two_entries(who, other).run(folder.path()),
                      folder.path().string() +
                          ": holds runs of another study: folds is 4 in this study, 3 in the folder");
    CHECK_THROWS_AS(two_entries(more).run(folder.path()), format_error);
    auto const file = std::filesystem::directory_iterator(folder / "runs")->path();
    auto const text = io::read_file(file);
    for (auto const& bad : {text.substr(0, text.size() / 2), std::string("{}"), std::string()}) {
        std::ofstream(file) << bad;
        CHECK_THROWS_AS(two_entries(who).results(folder.path()), format_error);
    }
    std::ofstream(file) << text;
    CHECK(two_entries(who).results(folder.path()).size() == 2);
    std::filesystem::remove(file);
    auto const before = who.runs.load();
    CHECK(two_entries(who).run(folder.path()));
    CHECK(who.runs == before + 1);
}

TEST_CASE("a study says what it cannot do", "[experiments]") {
    formula const who, few(5, 3), alone(16, 1);
    CHECK_THROWS_AS(study(who, {.tries = 0}), argument_error);
    CHECK_THROWS_AS(study(who, {.seeds = 0}), argument_error);
    CHECK_THROWS_AS(study(who, {.folds = 1}), argument_error);
    CHECK_THROWS_AS(study(who, {.validation = 1}), argument_error);
    CHECK_THROWS_WITH(study(few, {.folds = 4, .words = {"character", "characters", "drawing", "drawings"}}),
                      "5 characters with two drawings or more are too few for 4 folds: 2 have to be in each, 2 others "
                      "to judge tries by, and 2 to learn from");
    CHECK_THROWS_AS(study(alone), data_error);
    temporary_folder const folder;
    study s(who, small);
    CHECK_THROWS_WITH(s.run(folder.path()), "a study without entries");
    s.add("a", miners::all{}, losses::no_margin{}, distances::squared_euclidean{});
    CHECK_THROWS_WITH(s.add("a", miners::all{}, losses::no_margin{}, distances::squared_euclidean{}),
                      "there are two entries that are called a");
    CHECK_THROWS_AS(s.add("", miners::all{}, losses::no_margin{}, distances::squared_euclidean{}), argument_error);
    CHECK_THROWS_AS(s.add("a\nb", miners::all{}, losses::no_margin{}, distances::squared_euclidean{}), argument_error);
}

namespace {

// Embeddings in which people differ in few of many directions, the others being noise.
struct drawn_embeddings {
    std::vector<float> values;
    std::vector<label> labels;
    matrix_view<float const> view() const { return {values.data(), labels.size(), 16}; }
    explicit drawn_embeddings(std::size_t people, std::size_t photos, std::uint64_t seed) {
        for (std::size_t p = 0; p < people; ++p) {
            random_stream who(seed, purpose::synthesis, 1, static_cast<std::uint32_t>(p));
            double center[4];
            for (double& c : center)
                c = who.normal();
            for (std::size_t i = 0; i < photos; ++i) {
                labels.push_back(static_cast<label>(p));
                for (std::size_t k = 0; k < 16; ++k)
                    values.push_back(static_cast<float>(k < 4 ? center[k] + 0.4 * who.normal() : who.normal()));
            }
        }
    }
};

head_options const quick{.dimensions = 8, .budget = {.epochs = 8, .batches = {.people = 6, .photos = 3}}};

} // namespace

TEST_CASE("a head learns from embeddings, the same bits for the same seed", "[experiments]") {
    drawn_embeddings const e(40, 6, 1);
    head_subject const who(e.view(), e.labels, quick);
    std::vector<std::size_t> learn, judge;
    for (std::size_t i = 0; i < e.labels.size(); ++i)
        (e.labels[i] < 30 ? learn : judge).push_back(i);
    auto const trained = [&](any_objective const& o, bool uniform, double rate, std::uint64_t seed = 1) {
        return *who.run({.objective = [&](std::size_t) { return o; },
                         .uniform = uniform,
                         .learning_rate = rate,
                         .objective_rate = uniform ? 10.0 : 1.0,
                         .seed = seed,
                         .learn = learn,
                         .judge = judge});
    };
    any_objective const triplets = objective(miners::all{}, losses::triplet_margin{}, distances::squared_euclidean{});
    auto const before = trained(triplets, false, 1e-9), after = trained(triplets, false, 3e-2);
    CHECK(after[measure::map_at_r] > before[measure::map_at_r] + 0.1);
    CHECK(after[measure::rank_1] > before[measure::rank_1]);
    CHECK(after.loss.size() == 8);
    CHECK(after.active.back() < after.active.front());
    CHECK(after.steps == 8 * 10);
    double same = 0, different = 0, nearer = 0, farther = 0;
    for (std::size_t b = 0; b < outcome::bins; ++b) {
        same += after.same[b], different += after.different[b];
        nearer += after.same[b] * static_cast<double>(b), farther += after.different[b] * static_cast<double>(b);
    }
    CHECK(same == Approx(1));
    CHECK(different == Approx(1));
    CHECK(nearer < farther);
    auto const again = trained(triplets, false, 3e-2), other = trained(triplets, false, 3e-2, 2);
    CHECK(again.measures == after.measures);
    CHECK(again.loss == after.loss);
    CHECK(other.loss != after.loss);
    any_objective const proxies = objective(miners::none{}, losses::normalized_softmax{}, distances::cosine{});
    CHECK(trained(proxies, true, 3e-2)[measure::map_at_r] > before[measure::map_at_r] + 0.1);
    any_objective const margin = objective(miners::all{}, losses::margin_based{}, distances::euclidean{});
    CHECK(trained(margin, false, 3e-2)[measure::map_at_r] > before[measure::map_at_r] + 0.1);
    CHECK_THROWS_AS(head_subject(e.view(), {1, 2}, quick), shape_error);
    CHECK_THROWS_AS(head_subject(e.view(), e.labels, {.dimensions = 0}), argument_error);
    auto bad = e;
    bad.values[20] = NAN;
    CHECK_THROWS_WITH(head_subject(bad.view(), bad.labels, quick), "embedding 1 is not finite");
}

TEST_CASE("outcomes come back from JSON, and others are refused", "[experiments]") {
    outcome o;
    o.measures = {0.1, 0.25, 1.0 / 3, 0, 1};
    o.loss = {1, 1e-17}, o.active = {}, o.same = {0.5}, o.different = {0.125}, o.steps = 7, o.seconds = 0.1;
    o.failure = "the loss became \"nan\"\n";
    auto const back = outcome::from_json(io::json::parse(o.to_json().dump()));
    CHECK(back.measures == o.measures);
    CHECK(back.loss == o.loss);
    CHECK(back.failure == o.failure);
    CHECK(back.steps == 7);
    CHECK_THROWS_WITH(outcome::from_json(io::json::parse("{}")), "a run has no \"map_at_r\"");
    CHECK_THROWS_AS(outcome::from_json(io::json::parse("[1]")), format_error);
}

// The same entry under two names, twenty times, by real trainings: whatever is found between the two is false.
TEST_CASE("equal entries are found to differ in at most one of twenty pairs", "[experiments]") {
    drawn_embeddings const e(32, 5, 7);
    head_subject const who(e.view(), e.labels,
                           {.dimensions = 4, .budget = {.epochs = 2, .batches = {.people = 6, .photos = 3}}});
    temporary_folder const folder;
    study s(who, {.tries = 1, .folds = 4, .seeds = 2});
    for (int i = 0; i < 20; ++i)
        for (char const* which : {"one", "other"})
            s.add(which + std::string(" ") + std::to_string(i), miners::all{}, losses::triplet_margin{},
                  distances::squared_euclidean{}, {{"training.learning_rate", 3e-3, 3e-3}});
    REQUIRE(s.run(folder.path()));
    auto const found = conclude(s.results(folder.path()));
    std::size_t uncorrected = 0;
    for (auto const& pair : found.pairs)
        uncorrected += pair.second == pair.first + 1 && pair.first % 2 == 0 && pair.difference.p < 0.05;
    CHECK(uncorrected <= 1); // of twenty
    CHECK(std::none_of(found.pairs.begin(), found.pairs.end(), [](auto const& pair) { return pair.p < 0.05; }));
    CHECK(found.ranks.p > 0.05);
    // They do differ, by luck.
    CHECK(std::any_of(found.pairs.begin(), found.pairs.end(),
                      [](auto const& pair) { return std::abs(pair.difference.mean) > 0.005; }));
}
