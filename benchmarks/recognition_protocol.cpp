// How well do miners and losses learn to recognise, people seen and people never seen?
//
//   recognition_protocol --data ORL            the default miner and loss beside raw pixels and the untrained network
//   recognition_protocol --data ORL --all      every loss × miner of the table in docs/benchmarks.md
//
// Seen: the first half of everybody's photos to learn and enrol, the second to test, 1-nearest neighbour. Unseen: a
// quarter of the people left out in turn; of those, one photo enrolled and the others tested, averaged over which one;
// equal error rate over all pairs of the fold.

#include <chrono>
#include <cstdio>
#include <functional>

#include <trine/data/folder.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/backbones/compact.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/training/trainer.hpp>

#include "../examples/support/options.hpp"

using namespace trine;

namespace {

using shape = nn::shape<1, 112, 92>;
using backbone = backbones::compact<shape, 128>;
using model_type = nn::model<backbone>;
constexpr distances::squared_euclidean distance{};

struct mean_and_deviation {
    std::vector<double> values;
    void add(double v) { values.push_back(v); }
    double mean() const {
        double s = 0;
        for (double v : values)
            s += v;
        return values.empty() ? NAN : s / static_cast<double>(values.size());
    }
    double deviation() const {
        double s = 0;
        for (double v : values)
            s += (v - mean()) * (v - mean());
        return values.size() < 2 ? 0 : std::sqrt(s / static_cast<double>(values.size() - 1));
    }
};

struct figures {
    mean_and_deviation seen, unseen, error_rate, seconds;
};

using embedding = std::function<tensor<float, 2>(data::dataset const&)>;

tensor<float, 2> pixels(data::dataset const& d) {
    auto const t = d.tensors();
    auto out = make_tensor<float>(d.size(), d.photo_size());
    std::copy_n(t.data(), t.size(), out.data());
    return out;
}

double rank_1_seen(embedding const& embed, data::dataset const& enrolled, data::dataset const& tested) {
    auto const e = embed(enrolled), t = embed(tested);
    return evaluation::evaluate_retrieval(distance, as_matrix(t), std::span<label const>(tested.labels), as_matrix(e),
                                          std::span<label const>(enrolled.labels))
        .precision_at_1;
}

void judge_unseen(embedding const& embed, data::dataset const& photos, double& rank_1, double& error_rate) {
    auto const e = embed(photos);
    std::size_t const n = photos.size();
    std::vector<float> memory(n * n);
    matrix_view<float> const d(memory.data(), n, n);
    distance.pairwise(as_matrix(e), d);
    error_rate = evaluation::evaluate_verification(d, photos.labels).equal_error_rate;
    std::map<label, std::vector<std::size_t>> of;
    for (std::size_t i = 0; i < n; ++i)
        of[photos.labels[i]].push_back(i);
    std::size_t const rounds = of.begin()->second.size();
    double hits = 0, tests = 0;
    for (std::size_t r = 0; r < rounds; ++r)
        for (auto const& [who, places] : of)
            for (std::size_t k = 0; k < places.size(); ++k) {
                if (k == r)
                    continue;
                label nearest = -1;
                float best = std::numeric_limits<float>::infinity();
                for (auto const& [other, theirs] : of)
                    if (r < theirs.size() && d(places[k], theirs[r]) < best)
                        best = d(places[k], theirs[r]), nearest = other;
                hits += nearest == who;
                tests += 1;
            }
    rank_1 = hits / tests;
}

struct settings {
    training_options options;
    nn::adamw optimizer;
    data::pk batches{.people = 8, .photos = 8};
    std::size_t seen_seeds = 5, unseen_seeds = 3;
};

using train_function = std::function<training_report(model_type&, data::dataset const&, settings const&)>;

// With each photo embedded alone, and together with its mirror image.
struct both {
    figures single, mirrored;
};

both run(data::dataset const& all, settings const& s, train_function const& train) {
    both f;
    auto const half = data::split_by_photo(all, all.size() / all.people.size() / 2);
    auto const learn = all.subset(half.first), test = all.subset(half.second);
    auto const people = static_cast<label>(all.people.size());
    for (std::size_t seed = 1; seed <= s.seen_seeds; ++seed) {
        auto how = s;
        how.options.seed = seed;
        model_type model(seed);
        double const seconds = train(model, learn, how).seconds;
        for (auto* which : {&f.single, &f.mirrored}) {
            which->seconds.add(seconds);
            which->seen.add(rank_1_seen(
                [&](auto const& d) {
                    return which == &f.single ? model.embed(d.tensors()) : model.embed_mirrored(d.tensors());
                },
                learn, test));
        }
    }
    for (std::size_t seed = 1; seed <= s.unseen_seeds; ++seed)
        for (label fold = 0; fold < 4; ++fold) {
            auto const parts = data::split_by_person(all, fold * people / 4, (fold + 1) * people / 4);
            auto how = s;
            how.options.seed = seed;
            model_type model(seed);
            double const seconds = train(model, all.subset(parts.first), how).seconds;
            for (auto* which : {&f.single, &f.mirrored}) {
                double rank_1 = 0, error_rate = 0;
                judge_unseen(
                    [&](auto const& d) {
                        return which == &f.single ? model.embed(d.tensors()) : model.embed_mirrored(d.tensors());
                    },
                    all.subset(parts.second), rank_1, error_rate);
                which->seconds.add(seconds);
                which->unseen.add(rank_1);
                which->error_rate.add(error_rate);
            }
        }
    return f;
}

void print(std::string const& name, figures const& f) {
    std::printf("| %-36s | %5.1f ± %3.1f | %5.1f ± %3.1f | %5.1f ± %3.1f | %5.1f |\n", name.c_str(),
                100 * f.seen.mean(), 100 * f.seen.deviation(), 100 * f.unseen.mean(), 100 * f.unseen.deviation(),
                100 * f.error_rate.mean(), 100 * f.error_rate.deviation(), f.seconds.mean());
    std::fflush(stdout);
}

template <class Miner, class Loss>
train_function trains(Miner miner = {}, Loss loss = {}) {
    return [=](model_type& model, data::dataset const& photos, settings const& s) {
        return trainer<backbone>{.objective = objective(miner, loss, distances::squared_euclidean{}),
                                 .options = s.options,
                                 .optimizer = s.optimizer,
                                 .sampler = s.batches}
            .fit(model, photos);
    };
}

} // namespace

int main(int argc, char** argv) {
    program::options app(
        "recognition_protocol",
        "Recognition of seen and unseen people: miners and losses beside raw pixels and the untrained network");
    std::filesystem::path folder;
    settings s;
    s.options.epochs = 80;
    bool all_pairs = false;
    app.path("--data", folder, "folder with one sub-folder of photos for each person").required();
    app.flag("--all", all_pairs, "every loss with every miner");
    app.number("--epochs", s.options.epochs, program::range(1, 1'000'000), "epochs of each training");
    app.number("--people", s.batches.people, program::range(2, 10'000), "P, people in a batch");
    app.number("--photos", s.batches.photos, program::range(2, 1000), "K, photos of each");
    app.number("--learning-rate", s.options.learning_rate, program::above(0, 10), "learning rate");
    app.number("--weight-decay", s.optimizer.weight_decay, program::range(0.0, 10.0), "weight decay");
    double strength = 1;
    app.number("--augmentation", strength, program::range(0.0, 10.0),
               "strength of shifts, turns, scales and lights, in the library's defaults");
    app.number("--seen-seeds", s.seen_seeds, program::range(1, 1000), "seeds for people seen");
    app.number("--unseen-seeds", s.unseen_seeds, program::range(1, 1000), "seeds for people never seen");
    app.check([&] {
        program::require_product("--people", s.batches.people, "--photos", s.batches.photos, 16'384, "photos a batch");
    });
    return app.run(argc, argv, [&]() -> int {
        for (double* v :
             {&s.options.augmentation.shift, &s.options.augmentation.rotation, &s.options.augmentation.scale,
              &s.options.augmentation.brightness, &s.options.augmentation.contrast})
            *v *= strength;

        auto const all = data::load_folder(folder, shape::channels, shape::height, shape::width, {.strict = true});
        require<data_error>(all.people.size() >= 8, folder.string(), ": ", all.people.size(),
                            " people; the protocol needs at least 8");
        std::printf("%zu photos of %zu people; mean ± standard deviation over seeds (and folds)\n\n", all.size(),
                    all.people.size());
        std::printf("| %-36s | %-11s | %-11s | %-11s | %-5s |\n", "", "seen: r-1 %", "uns.: r-1 %", "uns.: EER %",
                    "s/run");
        std::printf("|--------------------------------------|-------------|-------------|-------------|-------|\n");
        auto const half = data::split_by_photo(all, all.size() / all.people.size() / 2);
        figures raw;
        raw.seen.add(rank_1_seen(pixels, all.subset(half.first), all.subset(half.second)));
        raw.seconds.add(0);
        for (label fold = 0; fold < 4; ++fold) {
            auto const people = static_cast<label>(all.people.size());
            double rank_1 = 0, error_rate = 0;
            judge_unseen(pixels,
                         all.subset(data::split_by_person(all, fold * people / 4, (fold + 1) * people / 4).second),
                         rank_1, error_rate);
            raw.unseen.add(rank_1), raw.error_rate.add(error_rate);
        }
        print("raw pixels", raw);
        auto const print_both = [](std::string const& name, both const& f) {
            print(name, f.single);
            print(name + ", mirrored", f.mirrored);
        };
        print_both("untrained network", run(all, s, [](auto&, auto const&, auto const&) { return training_report{}; }));
        auto const one = [&](auto miner, auto loss) {
            print_both(std::string(decltype(loss)::name) + " x " + std::string(decltype(miner)::name),
                       run(all, s, trains(miner, loss)));
        };
        if (!all_pairs) {
            one(miners::all{}, losses::triplet_margin{});
            return 0;
        }
        auto const with_loss = [&](auto loss) {
            one(miners::random{}, loss);
            one(miners::all{}, loss);
            one(miners::batch_hard{}, loss);
            one(miners::semi_hard{}, loss);
        };
        with_loss(losses::no_margin{});
        with_loss(losses::triplet_margin{});
        with_loss(losses::soft_margin{});
        return 0;
    });
}
