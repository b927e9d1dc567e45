// Lesson 3. What a network has learnt to look for, and what in two photos makes them match.
//
//   ./build/release/examples/what_f_sees
//   ./build/release/examples/what_f_sees --patch 10
//
// Expected output: how photos of people never seen are found before and after training, and where the pictures are: the
// first kernels, untrained and trained; the maps behind the first convolution for one photo; and four pairs of photos
// with what makes them match in orange.

#include <cmath>
#include <cstdio>

#include <trine/visual/pictures.hpp>
#include <trine/data/image_io.hpp>
#include <trine/nn/feature_maps.hpp>
#include <trine/visual/network_pictures.hpp>
#include <trine/visual/saliency.hpp>

#include "support/lesson.hpp"

using namespace trine;

int main(int argc, char** argv) {
    lesson::program program("what_f_sees", "What a network looks for, and what makes two photos match");
    std::size_t patch = 16;
    program.number("--patch", patch, lesson::range(2, 48),
                   "side of the square that covers parts of a photo, in pixels");
    program.add_epochs(40);
    return program.run(argc, argv, [&] {
        data::synthetic_faces const draw{.seed = program.seed};
        auto const photos = draw.make(80, 12), strangers = draw.make(20, 4, 2000);
        lesson::model model(program.seed);
        data::save_png(visual::filters("First kernels, untrained", model), program.file("kernels_before.png"));
        auto const before = lesson::judge(model, strangers);
        lesson::train(model, photos, objective(miners::all{}, losses::triplet_margin{}, lesson::distance{}),
                      {.epochs = program.epochs, .seed = program.seed});
        auto const after = lesson::judge(model, strangers);
        std::printf(
            "Of 20 people never seen, the nearest photo is the same person: %.0f %% untrained, %.0f %% trained.\n\n",
            100 * before.precision_at_1, 100 * after.precision_at_1);

        data::save_png(visual::filters("First kernels, trained", model), program.file("kernels_after.png"));
        auto const photo = strangers.picture(0);
        data::save_png(visual::activations("What the first convolution sees, rectified", photo,
                                           nn::feature_maps<3>(model, data::to_tensor(photo))),
                       program.file("maps.png"));

        // Two photos of one person: which parts of the first keep it near the second?
        std::vector<visual::montage_row> rows;
        for (std::size_t i = 0; i + 1 < strangers.size() && rows.size() < 4; i += 8) {
            auto const other = lesson::embed(model, strangers.subset(std::vector{i + 1}));
            auto const embed = [&](tensor<float, 4> const& some) { return lesson::embed(model, some); };
            auto const saliency = visual::occlusion_saliency(
                embed, lesson::distance{}, data::to_tensor(strangers.picture(i)),
                std::span<float const>(other.data(), other.shape(1)), {.patch = patch, .step = (patch + 3) / 4});
            double most = 0, mean = 0;
            for (double v : saliency)
                most = std::max(most, std::abs(v)), mean += v / static_cast<double>(saliency.size());
            rows.push_back({strangers.picture(i),
                            strangers.people[static_cast<std::size_t>(strangers.labels[i])],
                            {{visual::saliency_overlay(strangers.picture(i), saliency, most), "what matters", true},
                             {strangers.picture(i + 1), "matched with", true}}});
            std::printf("%s: covering a part moves the two apart by %+.3f on average, by %.3f at most\n",
                        rows.back().caption.c_str(), mean, most);
        }
        data::save_png(visual::montage("What makes photos match, in orange", rows), program.file("saliency.png"));
        std::printf("\npictures: %s, %s, %s, %s\n", program.file("kernels_before.png").c_str(),
                    program.file("kernels_after.png").c_str(), program.file("maps.png").c_str(),
                    program.file("saliency.png").c_str());
    });
}
