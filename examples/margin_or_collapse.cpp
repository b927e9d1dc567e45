// Lesson 4. Without a margin the plain idea, "positives near, negatives far", collapses; a margin keeps people apart.
//
//   ./build/release/examples/margin_or_collapse
//   ./build/release/examples/margin_or_collapse --margin 0.05
//
// Expected output: for both losses, epoch by epoch, how far apart photos of one person and of two lie on average, how
// flat all of them lie, and how photos of people never seen are found; then curves, and a map of the same people for
// each.

#include <cstdio>

#include <trine/visual/pictures.hpp>
#include <trine/data/image_io.hpp>
#include <trine/evaluation/projection.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/visual/embedding_map.hpp>

#include "support/lesson.hpp"

using namespace trine;

int main(int argc, char** argv) {
    lesson::program program("margin_or_collapse", "The same training without a margin and with one");
    double margin = 0.2;
    program.number("--margin", margin, lesson::above(0, 1000), "how much farther a negative has to be");
    program.add_epochs(40);
    return program.run(argc, argv, [&] {
        data::synthetic_faces const draw{.seed = program.seed};
        auto const photos = draw.make(60, 12), strangers = draw.make(12, 8, 2000);
        visual::series found_without{"without a margin", {}}, found_with{"with a margin", {}},
            flat_without{"without a margin", {}}, flat_with{"with a margin", {}};
        auto const learn = [&](char const* name, any_objective const& how, visual::series& found,
                               visual::series& flat) {
            lesson::model model(program.seed);
            std::printf("%s\n%8s %12s %12s %18s %18s\n", name, "epoch", "one person", "two people", "within a plane",
                        "nearest is right");
            lesson::train(model, photos, how, {.epochs = program.epochs, .seed = program.seed},
                          [&](epoch_report const& e, lesson::model& m) {
                              // Of people never seen: mean squared distances, and how much of the spread of their
                              // points lies in one plane of the 64 dimensions.
                              auto const points = lesson::embed(m, strangers);
                              auto const distances = lesson::pairwise(points);
                              double const share = 100 * evaluation::principal_plane(as_matrix(points)).share();
                              auto const pairs = evaluation::split_pairs(as_matrix(distances),
                                                                         std::span<label const>(strangers.labels));
                              auto const mean = [](std::vector<float> const& values) {
                                  double sum = 0;
                                  for (float v : values)
                                      sum += static_cast<double>(v);
                                  return sum / static_cast<double>(values.size());
                              };
                              double const right = 100 * lesson::judge(m, strangers).precision_at_1;
                              found.values.push_back(right), flat.values.push_back(share);
                              if (e.epoch == 1 || e.epoch % 10 == 0 || e.epoch == e.epochs)
                                  std::printf("%8zu %12.4f %12.4f %16.0f %% %16.0f %%\n", e.epoch, mean(pairs.same),
                                              mean(pairs.different), share, right);
                              return true;
                          });
            std::printf("\n");
            return lesson::embed(model, strangers);
        };
        auto const without =
            learn("mean of d(a,p) - d(a,n), no margin",
                  objective(miners::all{}, losses::no_margin{}, lesson::distance{}), found_without, flat_without);
        auto const with = learn("mean of [d(a,p) - d(a,n) + margin] over those above 0",
                                objective(miners::all{}, losses::triplet_margin{.margin = margin}, lesson::distance{}),
                                found_with, flat_with);
        data::save_png(visual::line_chart("Nearest photo is the same person, people never seen", "epoch",
                                          {found_without, found_with}),
                       program.file("accuracy.png"));
        data::save_png(visual::line_chart("How much of the points' spread lies in one plane, %", "epoch",
                                          {flat_without, flat_with}),
                       program.file("collapse.png"));
        // The plane in which points spread most; distances on the two maps are not to one scale.
        data::save_png(
            visual::embedding_map("Without a margin", evaluation::principal_components(as_matrix(without)), strangers),
            program.file("map_without.png"));
        data::save_png(
            visual::embedding_map("With a margin", evaluation::principal_components(as_matrix(with)), strangers),
            program.file("map_with.png"));
        std::printf("pictures: %s, collapse.png, map_without.png, map_with.png\n",
                    program.file("accuracy.png").c_str());
    });
}
