// Lesson 5. Four miners on the same photos: which triplets teach most?
//
//   ./build/release/examples/which_triplets_matter
//   ./build/release/examples/which_triplets_matter --people-per-batch 32
//
// Expected output: for each miner how many triplets of a batch it chooses, how many of them teach at the end, and how
// photos of people never seen are found; then the curves of three of them.

#include <cstdio>

#include <trine/data/image_io.hpp>
#include <trine/visual/pictures.hpp>

#include "support/lesson.hpp"

using namespace trine;

int main(int argc, char** argv) {
    lesson::program program("which_triplets_matter", "Four miners on the same photos");
    double margin = 0.2;
    std::size_t people = 16;
    program.number("--margin", margin, lesson::above(0, 1000), "of the loss, and of semi_hard");
    program.add_epochs(40);
    program.number("--people-per-batch", people, lesson::range(2, 60), "P; K is 4");
    return program.run(argc, argv, [&] {
        data::synthetic_faces const draw{.seed = program.seed};
        auto const photos = draw.make(60, 12), strangers = draw.make(40, 6, 2000);
        std::vector<visual::series> curves;
        std::printf("%-12s %16s %14s %18s %8s %8s\n", "miner", "triplets a batch", "active at end", "nearest is right",
                    "MAP@R", "seconds");
        auto const learn = [&](auto miner) {
            lesson::model model(program.seed);
            visual::series curve{std::string(miner.name), {}};
            epoch_report last;
            auto const report = lesson::train(
                model, photos, objective(miner, losses::triplet_margin{.margin = margin}, lesson::distance{}),
                {.epochs = program.epochs, .seed = program.seed},
                [&](epoch_report const& e, lesson::model& m) {
                    last = e;
                    curve.values.push_back(100 * lesson::judge(m, strangers).mean_average_precision_at_r);
                    return true;
                },
                {.people = people});
            auto const result = lesson::judge(model, strangers);
            std::printf("%-12s %16.0f %12.1f %% %16.1f %% %6.1f %% %8.1f\n", curve.name.c_str(), last.triplets,
                        100 * last.active, 100 * result.precision_at_1, 100 * result.mean_average_precision_at_r,
                        report.seconds);
            std::fflush(stdout);
            return curve;
        };
        learn(miners::random{});
        curves.push_back(learn(miners::all{}));
        curves.push_back(learn(miners::semi_hard{.margin = margin}));
        curves.push_back(learn(miners::batch_hard{}));
        data::save_png(visual::line_chart("MAP@R of people never seen, %", "epoch", curves),
                       program.file("miners.png"));
        std::printf("\none seed: differences of a point or two may be chance (lesson 8)\npicture: %s\n",
                    program.file("miners.png").c_str());
    });
}
