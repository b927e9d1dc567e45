// Lesson 2. How many triplets are there, and how many of them still teach?
//
//   ./build/release/examples/sampling_triplets
//   ./build/release/examples/sampling_triplets --margin 0.5 --epochs 40
//
// Expected output: how the number of triplets grows with a batch; then, of all triplets of one batch, which are hard,
// semi-hard and easy while the network learns; and pictures of the hardest ones before and after, and of the shares.

#include <array>
#include <cstdio>
#include <utility>

#include <trine/visual/pictures.hpp>
#include <trine/data/image_io.hpp>
#include <trine/visual/evaluation_pictures.hpp>

#include "support/lesson.hpp"

using namespace trine;

int main(int argc, char** argv) {
    lesson::program program("sampling_triplets", "How many triplets there are, and how many still teach");
    double margin = 0.2;
    program.number("--margin", margin, lesson::range(0.0, 1000.0), "how much farther a negative has to be");
    program.add_epochs(30);
    return program.run(argc, argv, [&] {
        std::printf("A batch of P people with K photos each has P·K anchors, K − 1 positives for each, and (P − 1)·K "
                    "negatives:\n\n");
        std::printf("%6s %4s %8s %14s\n", "P", "K", "photos", "triplets");
        for (auto [p, k] : {std::array<std::size_t, 2>{8, 4}, {16, 4}, {32, 4}, {32, 8}, {128, 8}, {1024, 8}})
            std::printf("%6zu %4zu %8zu %14zu\n", p, k, p * k, p * k * (k - 1) * (p - 1) * k);

        auto const photos = data::synthetic_faces{.seed = program.seed}.make(60, 12);
        auto const batch =
            data::synthetic_faces{.seed = program.seed}.make(16, 4, 2000); // people it will not learn from
        std::size_t const n = batch.size();
        tensor<float, 2> distances;
        struct shares {
            double hard = 0, semi_hard = 0, easy = 0;
        };
        // Every triplet of the batch, by where its negative is: nearer than the positive, within the margin behind it,
        // or beyond.
        auto const look = [&](lesson::model& model) {
            distances = lesson::pairwise(lesson::embed(model, batch));
            std::array<double, 3> count{};
            for (std::size_t a = 0; a < n; ++a)
                for (std::size_t p = 0; p < n; ++p)
                    for (std::size_t o = 0; o < n; ++o)
                        if (p != a && batch.labels[p] == batch.labels[a] && batch.labels[o] != batch.labels[a]) {
                            double const gap =
                                static_cast<double>(distances(a, o)) - static_cast<double>(distances(a, p));
                            ++count[gap < 0 ? 0 : gap < margin ? 1 : 2];
                        }
            double const all = count[0] + count[1] + count[2];
            return shares{100 * count[0] / all, 100 * count[1] / all, 100 * count[2] / all};
        };
        auto const draw = [&](char const* title, char const* name) {
            data::save_png(visual::hardest_triplets(title, as_matrix(std::as_const(distances)), batch),
                           program.file(name));
        };

        lesson::model model(program.seed);
        std::printf("\nAll %zu triplets of 16 people the network does not learn from, with 4 photos each:\n\n%10s %8s "
                    "%12s %8s\n",
                    n * 3 * (n - 4), "", "hard", "semi-hard", "easy");
        auto const print = [](char const* when, shares const& s) {
            std::printf("%10s %6.1f %% %10.1f %% %6.1f %%\n", when, s.hard, s.semi_hard, s.easy);
        };
        print("untrained", look(model));
        draw("The hardest triplets of the untrained network", "before.png");
        visual::series hard{"hard", {}}, semi_hard{"semi-hard", {}}, easy{"easy", {}};
        lesson::train(
            model, photos, objective(miners::all{}, losses::triplet_margin{.margin = margin}, lesson::distance{}),
            {.epochs = program.epochs, .seed = program.seed}, [&](epoch_report const& e, lesson::model& m) {
                auto const s = look(m);
                hard.values.push_back(s.hard), semi_hard.values.push_back(s.semi_hard), easy.values.push_back(s.easy);
                if (e.epoch % 5 == 0 || e.epoch == e.epochs)
                    print(("epoch " + std::to_string(e.epoch)).c_str(), s);
                return true;
            });
        draw("The hardest triplets of the trained network", "after.png");
        data::save_png(visual::line_chart("Which triplets are left", "epoch", {hard, semi_hard, easy}),
                       program.file("shares.png"));
        std::printf("\nA triplet drawn at random teaches nothing when it is easy: in the end that is %.0f of "
                    "100.\npictures: %s, %s, %s\n",
                    easy.values.back(), program.file("before.png").c_str(), program.file("after.png").c_str(),
                    program.file("shares.png").c_str());
    });
}
