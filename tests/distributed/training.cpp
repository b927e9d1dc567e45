#include <trine/training/trainer.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distributed/thread_ranks.hpp>
#include <trine/io/file.hpp>
#include <trine/losses/class.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/nn/frozen.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/objectives/weighted_sum.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/small_training.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

using small_training::backbone, small_training::photos;

using make_objective = any_objective (*)();
any_objective triplets() {
    return objective(miners::random{}, losses::triplet_margin{}, distances::squared_euclidean{});
}

// One for each kind of loss, and for what remembers or learns something.
std::map<std::string, make_objective> const objectives{
    {"triplet", triplets},
    {"pair", [] { return any_objective(objective(miners::all{}, losses::contrastive{}, distances::euclidean{})); }},
    {"class",
     [] { return any_objective(objective(miners::all{}, losses::lifted_structure{}, distances::euclidean{})); }},
    {"proxy", [] { return any_objective(objective(miners::none{}, losses::cosface{}, distances::cosine{})); }},
    {"memory and proxy", [] {
         using memory = cross_batch_memory<miners::all, losses::contrastive, distances::euclidean>;
         return any_objective(
             sum_of({1, 0.5}, memory(50), objective(miners::none{}, losses::cosface{}, distances::cosine{})));
     }}};

trainer<backbone> with(any_objective chosen, std::size_t chunks) {
    return {
        .objective = std::move(chosen),
        .options = {.epochs = 3, .learning_rate = 3e-3, .seed = 7, .clip_norm = 1, .average = 0.9, .chunks = chunks},
        .sampler = {.people = 5, .photos = 4}};
}

struct outcome {
    std::vector<float> values;
    std::vector<double> losses;
    state learnt;
    bool operator==(outcome const& other) const {
        return values == other.values && losses == other.losses && learnt.arrays() == other.learnt.arrays();
    }
};

// What a run ends with on each of some ranks.
std::vector<outcome> run(std::size_t ranks, std::size_t chunks, make_objective make, training_files const& files = {},
                         std::size_t epochs = 99) {
    std::vector<outcome> all(ranks);
    distributed::run_on_threads(ranks, [&](communicator& own) {
        nn::model<backbone> m(7);
        auto how = with(make(), chunks);
        how.files = files;
        how.ranks = &own;
        auto const report = how.fit(m, photos(), [&](epoch_report const& e, auto&) { return e.epoch < epochs; });
        auto& mine = all[own.rank()];
        mine.values.assign(m.parameters().begin(), m.parameters().end());
        mine.values.insert(mine.values.end(), m.state().begin(), m.state().end());
        for (auto const& e : report.epochs)
            mine.losses.push_back(e.loss);
        mine.learnt = how.objective.state();
    });
    return all;
}

// A checkpoint without what clocks said.
std::map<std::string, std::vector<float>> tensors_of(std::filesystem::path const& path) {
    auto const file = io::safetensors::load(path);
    std::map<std::string, std::vector<float>> all;
    for (auto const& [name, entry] : file.entries())
        if (entry.dtype == "F32")
            all[name] = file.get<float>(name, entry.shape);
        else if (entry.dtype == "F64") {
            auto values = file.get<double>(name, entry.shape);
            if (name == "history")
                for (std::size_t i = 0; i < values.size(); ++i)
                    values[i] = i % 8 < 6 ? values[i] : 0; // seconds, photos a second
            all[name].assign(values.begin(), values.end());
        }
    return all;
}

} // namespace

TEST_CASE("a run has the same bits on one rank and on several, with any number of threads", "[distributed]") {
    for (auto const& [name, make] : objectives) {
        outcome expected;
        for (std::size_t threads : {1, 2})
            for (std::size_t ranks : {1, 2, 3, 4, 8}) {
                if (threads == 2 && ranks == 8)
                    continue; // eight ranks are for one thread each
                INFO(name << ": " << ranks << " ranks, " << threads << " threads");
                with_threads const scope(threads);
                auto const all = run(ranks, 8, make);
                if (expected.values.empty())
                    expected = all[0];
                for (auto const& one : all)
                    CHECK((one == expected));
            }
    }
}

TEST_CASE("a run on one rank needs no ranks", "[distributed]") {
    nn::model<backbone> m(7);
    with(triplets(), 4).fit(m, photos());
    auto const expected = run(2, 4, triplets)[0].values;
    CHECK(std::equal(m.parameters().begin(), m.parameters().end(), expected.begin()));
    nn::model<backbone> whole(7);
    with(triplets(), 1).fit(whole, photos()); // whose normalisations see the whole batch
    CHECK(!std::equal(whole.parameters().begin(), whole.parameters().end(), expected.begin()));
}

TEST_CASE("chunks change nothing but rounding where no layer looks at other photos", "[distributed]") {
    using net = nn::network<nn::shape<1, 32, 32>,
                            nn::sequential<nn::conv2d<8, 3, nn::stride<2>>, nn::relu, nn::max_pool<4>, nn::flatten,
                                           nn::dropout<20>, nn::linear<16>, nn::l2_normalize>>;
    auto const trained = [](std::size_t chunks) {
        nn::model<net> m(3);
        trainer<net>{.objective = triplets(),
                     .options = {.epochs = 1, .seed = 3, .chunks = chunks},
                     .sampler = {.people = 5, .photos = 4}}
            .fit(m, photos());
        return std::vector<float>(m.parameters().begin(), m.parameters().end());
    };
    auto const whole = trained(1), chunked = trained(6);
    for (std::size_t i = 0; i < whole.size(); ++i)
        CHECK(chunked[i] == Approx(whole[i]).epsilon(1e-3).margin(1e-3));
}

TEST_CASE("running statistics move by the mean over chunks, and what is frozen not at all", "[distributed]") {
    using front = backbones::convolution_block<8, 3, nn::stride<2>>;
    using net =
        nn::network<nn::shape<1, 32, 32>, nn::sequential<nn::frozen<front>, front, nn::flatten, nn::linear<16>>>;
    nn::model<net> m(3), other(3);
    std::vector<float> const before(m.state().begin(), m.state().end());
    // No parameter moves, so each batch's chunks can be passed by hand.
    m.freeze(""), other.freeze("");
    trainer<net> how{.objective = triplets(), .options = {.epochs = 1, .seed = 3, .chunks = 3}, .sampler = {5, 4}};
    how.options.augmentation = data::augmentation::none();
    how.fit(m, photos());
    data::pk_sampler const sampler(photos().labels, 5, 4, 3);
    auto const images = photos().tensors();
    std::size_t const size = photos().photo_size();
    std::vector<double> state(before.begin(), before.end());
    for (std::size_t step = 0; step < sampler.batches_per_epoch(); ++step) {
        auto const places = sampler.batch(step);
        std::vector<double> next(state.size());
        for (std::size_t first : {0, 6, 13}) {
            std::size_t const last = first == 0 ? 6 : first == 6 ? 13 : 20;
            std::vector<float> chunk;
            for (std::size_t i = first; i < last; ++i)
                chunk.insert(chunk.end(), images.data() + places[i] * size, images.data() + (places[i] + 1) * size);
            std::transform(state.begin(), state.end(), other.state().begin(),
                           [](double v) { return static_cast<float>(v); });
            other.forward(chunk.data(), last - first, 0);
            for (std::size_t i = 0; i < state.size(); ++i)
                next[i] += static_cast<double>(last - first) / 20 * static_cast<double>(other.state()[i]);
        }
        state = next;
    }
    CHECK(std::equal(before.begin(), before.begin() + 16, m.state().begin()));
    CHECK(!std::equal(before.begin() + 16, before.end(), m.state().begin() + 16));
    for (std::size_t i = 0; i < state.size(); ++i)
        CHECK(static_cast<double>(m.state()[i]) == Approx(state[i]).epsilon(1e-4).margin(1e-6));
}

TEST_CASE("a run goes on with another number of ranks, and its checkpoints are the same", "[distributed]") {
    temporary_folder const folder;
    auto const make = objectives.at("memory and proxy");
    auto const expected = run(1, 4, make, {.checkpoint = folder / "whole"});
    for (auto const& [first, second] : {std::pair{4, 2}, {1, 4}, {2, 1}}) {
        INFO(first << " ranks, then " << second);
        auto const path = folder / ("checkpoint" + std::to_string(first));
        run(static_cast<std::size_t>(first), 4, make, {.checkpoint = path}, 2);
        auto const got = run(static_cast<std::size_t>(second), 4, make, {.checkpoint = path, .resume = true});
        for (auto const& one : got)
            CHECK((one == expected[0]));
        CHECK((tensors_of(path) == tensors_of(folder / "whole")));
    }
    CHECK_THROWS_WITH(run(2, 8, make, {.checkpoint = folder / "whole", .resume = true}),
                      Contains("a checkpoint of another run: training.chunks is 8 in this run, 4 in the checkpoint"));
    CHECK_THROWS_WITH(run(2, 4, make, {.checkpoint = folder / "none", .resume = true}),
                      Contains("rank 0 of 2: ") && Contains("none: cannot be opened"));
}

TEST_CASE("rank 0 alone writes files, and all stop where one is asked to", "[distributed]") {
    temporary_folder const folder;
    std::vector<training_report> reports(3);
    std::vector<std::size_t> epochs(3);
    distributed::run_on_threads(3, [&](communicator& own) {
        nn::model<backbone> m(7);
        auto how = with(triplets(), 4);
        how.ranks = &own;
        how.files.log = folder / ("log" + std::to_string(own.rank()));
        how.stop = [&] { return own.rank() == 2 && epochs[2] == 2; };
        reports[own.rank()] = how.fit(m, photos(), [&](epoch_report const& e, auto&) {
            epochs[own.rank()] = e.epoch;
            return true;
        });
    });
    for (auto const& report : reports) {
        CHECK(report.interrupted);
        CHECK(report.epochs.size() == 2);
        CHECK(report.bytes_sent > 0);
        CHECK(report.exchange_seconds > 0);
    }
    CHECK(io::read_file(folder / "log0").starts_with("epoch,"));
    CHECK(!std::filesystem::exists(folder / "log1"));
    CHECK(!std::filesystem::exists(folder / "log2"));
}

TEST_CASE("what goes wrong on one rank ends the run on all, and says where", "[distributed]") {
    temporary_folder const folder;
    std::vector<std::string> said(3);
    auto const check = [&](std::string const& expected, auto const& change, auto const& after_epoch) {
        distributed::run_on_threads(3, [&](communicator& own) {
            nn::model<backbone> m(7);
            auto how = with(triplets(), 3);
            how.ranks = &own;
            how.files.checkpoint = folder / "checkpoint";
            change(how, m, own.rank());
            try {
                how.fit(m, photos(), [&](epoch_report const& e, auto& model) {
                    after_epoch(e, model, own.rank());
                    return true;
                });
            } catch (error const& e) {
                said[own.rank()] = e.what();
            }
        });
        for (auto const& text : said)
            CHECK_THAT(text, Contains(expected));
    };
    auto const nothing = [](auto&&...) {};
    check(
        "the ranks do not have the same run: training.learning_rate is 0.003 on rank 0, 1 on rank 2",
        [](auto& how, auto&, std::size_t rank) { how.options.learning_rate = rank == 2 ? 1 : 3e-3; }, nothing);
    check(
        "on rank 1 the network begins with other parameters than on rank 0",
        [](auto&, auto& m, std::size_t rank) { m.parameters()[3] += rank == 1 ? 1 : 0; }, nothing);
    CHECK(!std::filesystem::exists(folder / "checkpoint"));
    check("rank 2 of 3: had enough", nothing, [](epoch_report const&, auto&, std::size_t rank) {
        if (rank == 2)
            fail<data_error>("had enough");
    });
    check(
        "rank 1 of 3: embeddings of chunk 2 of 3 became NaN or infinite in step 7 (epoch 3)",
        [](auto& how, auto&, std::size_t) { how.options.average = 0; },
        [](epoch_report const& e, auto& m, std::size_t rank) {
            if (e.epoch == 2 && rank == 1)
                for (float& value : m.parameters())
                    value = std::numeric_limits<float>::quiet_NaN();
        });
    CHECK(io::safetensors::load(folder / "checkpoint").find("history").shape[0] == 2); // the last one stands
    check(
        "after epoch 2 rank 1 has other parameters than rank 0",
        [](auto& how, auto&, std::size_t) { how.options.average = 0; },
        [](epoch_report const& e, auto& m, std::size_t rank) {
            if (e.epoch == 1 && rank == 1)
                m.parameters()[0] += 1e-3f;
        });
    check(
        "rank 0 of 3: ",
        [&](auto& how, auto&, std::size_t) { how.files.checkpoint = folder / "no folder" / "checkpoint"; }, nothing);
}

namespace {

thread_local std::size_t backward_passes_left = 0; // of this rank's; 0: as many as there are

// Fails on its way back.
struct fragile {
    template <class In>
    struct at : nn::layer_shapes<In> {
        template <class T>
        static void forward(nn::layer_context<T> const& context, T const* x, T* y) {
            std::copy_n(x, context.batch * In::size, y);
        }
        template <class T>
        static void backward(nn::layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            if (backward_passes_left > 0 && --backward_passes_left == 0)
                fail<data_error>("no way back");
            std::copy_n(dy, context.batch * In::size, dx);
        }
    };
};

} // namespace

TEST_CASE("a rank that fails while others send gradients ends all of them", "[distributed]") {
    // With layers before and behind it, of more parameters than are sent in one piece.
    using network =
        nn::network<nn::shape<1, 32, 32>, nn::sequential<nn::conv2d<4, 3>, fragile, nn::flatten, nn::linear<24>>>;
    static_assert(network::parameters > (1 << 16));
    for (std::size_t failing : {0, 1, 2}) {
        std::vector<std::string> said(3);
        distributed::run_on_threads(3, [&](communicator& own) {
            backward_passes_left = own.rank() == failing ? 5 : 0;
            nn::model<network> m(7);
            trainer<network> how{.objective = triplets(),
                                 .options = {.epochs = 3, .chunks = 4},
                                 .sampler = {.people = 5, .photos = 4},
                                 .ranks = &own};
            try {
                how.fit(m, photos());
            } catch (data_error const& e) {
                said[own.rank()] = e.what();
            }
            backward_passes_left = 0;
        });
        for (auto const& text : said)
            CHECK(text == "rank " + std::to_string(failing) + " of 3: no way back");
    }
}

TEST_CASE("a batch has a photo for each chunk, and a chunk for each rank", "[distributed]") {
    CHECK_THROWS_WITH(run(1, 21, triplets), "a batch of 20 photos in 21 chunks: each needs a photo at least");
    CHECK_THROWS_WITH(run(1, 0, triplets), Contains("0 chunks"));
    CHECK_THROWS_WITH(run(3, 2, triplets), "3 ranks for a batch in 2 chunks: each rank needs a chunk at least");
}

TEST_CASE("a learning rate is found with chunks and on ranks as well", "[distributed]") {
    std::vector<rate_curve> curves(3);
    distributed::run_on_threads(2, [&](communicator& own) {
        nn::model<backbone> m(7);
        auto how = with(triplets(), 4);
        how.ranks = &own;
        curves[own.rank()] = how.find_learning_rate(m, photos(), {.steps = 20});
    });
    nn::model<backbone> m(7);
    curves[2] = with(triplets(), 4).find_learning_rate(m, photos(), {.steps = 20});
    CHECK((curves[0].losses == curves[2].losses));
    CHECK((curves[1].losses == curves[2].losses));
}
