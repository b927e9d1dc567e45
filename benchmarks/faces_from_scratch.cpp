// How far does a small network get that learns from some thousand faces, beside one that others taught with millions?
//
//   align_faces --detector mtcnn --which central lfw lfw_aligned
//   faces_from_scratch --data lfw_aligned --weights mobilefacenet.safetensors
//
// Learns from the people with ten or more photos and judges on those with five to nine, none of whom it has seen.
// Expected output: a table with a row for each miner and loss, beside raw pixels, the untrained network and, where its
// weights are given, MobileFaceNet.

#include <cstdio>
#include <functional>

#include <trine/backbones/compact.hpp>
#include <trine/backbones/mobile_face_net.hpp>
#include <trine/data/folder.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/statistics.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/objectives/any_objective.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/training/trainer.hpp>

#include "../examples/support/options.hpp"

using namespace trine;

namespace {

using backbone = backbones::compact<nn::shape<3, 112, 112>, 128, 32>;

// Figures of one training, or of several seeds.
struct figures {
    std::vector<double> rank_1, map_at_r, error_rate, accepted, seconds;
};

template <class T>
void judge(matrix_view<T const> points, std::vector<label> const& labels, figures& f) {
    auto const r =
        evaluation::evaluate_retrieval(distances::squared_euclidean{}, points, std::span<label const>(labels), points,
                                       std::span<label const>(labels), true);
    f.rank_1.push_back(100 * r.precision_at_1), f.map_at_r.push_back(100 * r.mean_average_precision_at_r);
    evaluation::verification_curve const curve(distances::squared_euclidean{}, points, std::span<label const>(labels));
    f.accepted.push_back(100 * curve.at_false_accept_rate(0.001).true_accept_rate);
    f.error_rate.push_back(100 * curve.equal_error().false_accept_rate);
}

void print(std::string const& name, figures const& f) {
    auto const cell = [](std::vector<double> const& values) {
        auto const i = evaluation::confidence_interval(values);
        char text[48];
        std::snprintf(text, sizeof text, values.size() > 1 ? "%.1f ± %.1f" : "%.1f", i.mean, i.half_width);
        return std::string(text);
    };
    std::printf("| %s | %s | %s | %s | %s | %.0f |\n", name.c_str(), cell(f.rank_1).c_str(), cell(f.map_at_r).c_str(),
                cell(f.error_rate).c_str(), cell(f.accepted).c_str(),
                f.seconds.empty() ? 0 : evaluation::confidence_interval(f.seconds).mean);
    std::fflush(stdout);
}

struct combination {
    std::string name;
    std::function<any_objective()> make;
    bool uniform = false;
};
std::vector<combination> combinations() {
    distances::squared_euclidean const squared;
    distances::cosine const cosine;
    auto const of = [](std::string name, auto miner, auto loss, auto distance, bool uniform = false) {
        return combination{std::move(name), [=] { return any_objective(objective(miner, loss, distance)); }, uniform};
    };
    return {
        of("all x triplet_margin", miners::all{}, losses::triplet_margin{.margin = 0.2}, squared),
        of("semi_hard x triplet_margin", miners::semi_hard{}, losses::triplet_margin{.margin = 0.2}, squared),
        of("all x nt_xent", miners::all{}, losses::nt_xent{}, cosine),
        of("multi_similarity x multi_similarity", miners::multi_similarity{}, losses::multi_similarity{}, cosine),
        of("none x cosface", miners::none{}, losses::cosface{.scale = 24}, cosine, true),
    };
}

} // namespace

int main(int argc, char** argv) {
    program::options app(
        "faces_from_scratch",
        "A small network learns from people with many photos and is judged on people with fewer whom it has not seen");
    std::filesystem::path folder, weights;
    std::string only;
    std::size_t seeds = 2, many = 10, few = 5;
    training_options options{.epochs = 40};
    data::pk const batches{.people = 24, .photos = 4};
    app.path("--data", folder, "folder of aligned faces, one sub-folder for each person").required();
    app.path("--weights", weights, "MobileFaceNet's published weights, to stand beside");
    app.text("--only", only, "part of the names of the combinations to try (default: all)");
    app.number("--seeds", seeds, program::range(1, 1000), "trainings of each");
    app.number("--epochs", options.epochs, program::range(1, 1'000'000), "times that all photos are shown");
    app.number("--many", many, program::range(3, 100'000), "photos of a person to learn from, at least");
    app.number("--few", few, program::range(2, 99999), "photos of a person to judge on, at least; below --many");
    app.number("--learning-rate", options.learning_rate, program::above(0, 10), "largest step");
    return app.run(argc, argv, [&]() -> int {
        require<argument_error>(few >= 2 && few < many, "--few ", few, " and --many ", many,
                                ": it has to be at least 2, and below the other");

        data::load_report report;
        auto const all = data::load_folder(folder, 3, 112, 112, {}, &report);
        for (auto const& message : report.skipped)
            std::fprintf(stderr, "skipped: %s\n", message.c_str());
        auto const learn = data::with_photos(all, many), unseen = data::with_photos(all, few, many - 1);
        require<data_error>(learn.people.size() >= 2 && unseen.people.size() >= 2, folder.string(), ": ",
                            learn.people.size(), " people with ", many, " photos or more, ", unseen.people.size(),
                            " with ", few, " to ", many - 1, ": two of each are needed");
        std::printf(
            "learns from %zu photos of %zu people, judged on %zu of %zu others; mean and 95 %% confidence interval "
            "of %zu seeds\n\n",
            learn.size(), learn.people.size(), unseen.size(), unseen.people.size(), seeds);
        std::printf(
            "| | rank-1, %% | MAP@R, %% | EER, %% | accepted at FAR 0.1 %%, %% | s |\n|---|---|---|---|---|---|\n");
        auto const photos = unseen.tensors();
        figures f;
        judge(matrix_view<float const>(photos.data(), unseen.size(), unseen.photo_size()), unseen.labels, f);
        print("raw pixels", f);
        f = {};
        {
            nn::model<backbone> model(1);
            auto const points = model.embed(photos);
            judge(as_matrix(points), unseen.labels, f);
            print("untrained network", f);
        }
        for (auto const& c : combinations()) {
            if (c.name.find(only) == std::string::npos)
                continue;
            f = {};
            for (std::size_t seed = 1; seed <= seeds; ++seed) {
                auto o = options;
                o.seed = seed;
                o.objective_rate = c.uniform ? 10 : 1;
                nn::model<backbone> model(seed);
                auto const pk = batches(learn.labels, seed);
                trainer<backbone, nn::adamw, nn::warm_up<>, data::any_sampler> const how{
                    .objective = c.make(),
                    .options = o,
                    .sampler =
                        c.uniform ? data::any_sampler(data::uniform_sampler(learn.labels, pk.batch_size(), seed)) : pk};
                f.seconds.push_back(how.fit(model, learn).seconds);
                auto const points = model.embed_mirrored(photos);
                judge(as_matrix(points), unseen.labels, f);
            }
            print(c.name, f);
        }
        if (!weights.empty()) {
            using network = backbones::mobile_face_net<>;
            nn::model<network> model;
            load_weights(model, io::safetensors::load(weights), backbones::mobile_face_net_sources<network>());
            auto const points = model.embed(photos);
            f = {};
            judge(as_matrix(points), unseen.labels, f);
            print("MobileFaceNet, taught by millions", f);
        }
        return 0;
    });
}
