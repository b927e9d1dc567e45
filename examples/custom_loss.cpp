// Lesson 9. A loss of your own in ten lines, with its slopes checked before anything is trained.
//
//   ./build/release/examples/custom_loss
//
// Expected output: its slopes beside central differences, then the loss of each epoch and how photos of people never
// seen are found.

#include <cmath>
#include <cstdio>

#include "support/lesson.hpp"

using namespace trine;

// The hinge, squared: violations hurt more the larger they are, and those near the margin hardly.
struct squared_hinge {
    static constexpr std::string_view name = "squared_hinge";
    double margin = 0.2;
    losses::reducer reduction = losses::reducer::mean_of_active;

    // What tells this loss from the same one with other values: in checkpoints and reports.
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("reduction", self.reduction);
    }

    template <class T>
    losses::triplet_value<T> operator()(T positive, T negative) const {
        T const x = positive - negative + static_cast<T>(margin);
        return x <= T(0) ? losses::triplet_value<T>{T(0), T(0), T(0)} : losses::triplet_value<T>{x * x, 2 * x, -2 * x};
    }
};

int main(int argc, char** argv) {
    lesson::program program("custom_loss", "A loss of one's own, checked and trained with");
    return program.run(argc, argv, [&] {
        squared_hinge const loss;
        double worst = 0;
        for (double positive : {0.1, 0.5, 1.0, 1.9})
            for (double negative : {0.05, 0.6, 1.15, 2.5}) {
                double const h = 1e-6;
                auto const v = loss(positive, negative);
                double const by_positive =
                                 (loss(positive + h, negative).value - loss(positive - h, negative).value) / (2 * h),
                             by_negative =
                                 (loss(positive, negative + h).value - loss(positive, negative - h).value) / (2 * h);
                worst = std::max({worst, std::abs(by_positive - v.by_positive), std::abs(by_negative - v.by_negative)});
            }
        std::printf("slopes differ from central differences by %.1e at most\n\n", worst);
        require<numeric_error>(worst < 1e-6, "the slopes of ", loss.name, " are wrong");

        data::synthetic_faces const draw{.seed = program.seed};
        auto const photos = draw.make(60, 12), strangers = draw.make(40, 6, 2000);
        lesson::model model(program.seed);
        lesson::train(
            model, photos, objective(miners::all{}, loss, lesson::distance{}), {.epochs = 30, .seed = program.seed},
            [&](epoch_report const& e, lesson::model& m) {
                if (e.epoch % 5 == 0)
                    std::printf(
                        "epoch %2zu  loss %.4f  active %4.1f %%  people never seen: nearest is right for %.1f %%\n",
                        e.epoch, e.loss, 100 * e.active, 100 * lesson::judge(m, strangers).precision_at_1);
                return true;
            });
    });
}
