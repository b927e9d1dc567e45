// Lesson 8. Is one miner better than another, or was it luck? Seeds, pairs, and intervals.
//
//   ./build/release/examples/honest_experiments
//   ./build/release/examples/honest_experiments --seeds 20
//
// Expected output: the figure of two miners for every seed, their means with 95 % confidence intervals, the mean of
// their differences seed by seed with its own, and what other people might have given; then what may be concluded.

#include <cstdio>

#include <trine/data/image_io.hpp>
#include <trine/evaluation/bootstrap.hpp>
#include <trine/evaluation/statistics.hpp>
#include <trine/visual/pictures.hpp>

#include "support/lesson.hpp"

using namespace trine;

int main(int argc, char** argv) {
    lesson::program program("honest_experiments", "Two miners, many seeds, and what may be concluded");
    std::size_t seeds = 5;
    program.number("--seeds", seeds, lesson::range(2, 1000), "trainings of each");
    program.add_epochs(20);
    return program.run(argc, argv, [&] {
        data::synthetic_faces const draw{.seed = 1};
        auto const photos = draw.make(50, 10), strangers = draw.make(40, 6, 2000);
        std::vector<double> first, second, difference;
        evaluation::bootstrap_interval over_people;
        std::printf("MAP@R of people never seen, %%\n\n%6s %10s %12s %12s\n", "seed", "all", "semi_hard", "difference");
        for (std::size_t seed = program.seed; seed < program.seed + seeds; ++seed) {
            auto const result = [&](any_objective const& how) {
                lesson::model model(seed);
                lesson::train(model, photos, how, {.epochs = program.epochs, .seed = seed});
                return model;
            };
            auto a = result(objective(miners::all{}, losses::triplet_margin{}, lesson::distance{}));
            auto b = result(objective(miners::semi_hard{.margin = 0.2}, losses::triplet_margin{}, lesson::distance{}));
            double const x = 100 * lesson::judge(a, strangers).mean_average_precision_at_r,
                         y = 100 * lesson::judge(b, strangers).mean_average_precision_at_r;
            first.push_back(x), second.push_back(y), difference.push_back(y - x);
            std::printf("%6zu %10.1f %12.1f %+12.1f\n", seed, x, y, y - x);
            std::fflush(stdout);
            if (seed == program.seed) // had other people been photographed: the first network's share of right nearest,
                                      // people drawn again
                over_people = evaluation::bootstrap_mean(lesson::nearest_right(a, strangers), strangers.labels);
        }
        auto const x = evaluation::confidence_interval(first), y = evaluation::confidence_interval(second),
                   z = evaluation::confidence_interval(difference);
        std::printf(
            "\n%6s %5.1f ± %.1f %5.1f ± %.1f  %+.1f ± %.1f   mean and 95 %% interval over seeds (Student's t)\n", "",
            x.mean, x.half_width, y.mean, y.half_width, z.mean, z.half_width);
        std::printf("\nOf one network (all, seed %zu) the nearest is right for %.1f %%; had other people been "
                    "photographed, 95 times of 100 between %.1f and %.1f.\n\n",
                    program.seed, 100 * over_people.estimate, 100 * over_people.low, 100 * over_people.high);
        if (std::abs(z.mean) > z.half_width)
            std::printf(
                "The interval of the difference, %+.1f to %+.1f, does not hold 0: on these people, %s is better.\n",
                z.mean - z.half_width, z.mean + z.half_width, z.mean > 0 ? "semi_hard" : "all");
        else
            std::printf("The interval of the difference, %+.1f to %+.1f, holds 0: from these %zu seeds nothing can be "
                        "said about which is better.\n",
                        z.mean - z.half_width, z.mean + z.half_width, seeds);
        data::save_png(visual::interval_chart("MAP@R of people never seen, %", "mean and 95 % interval over seeds",
                                              {{"all", x.mean, x.half_width}, {"semi_hard", y.mean, y.half_width}}, 0),
                       program.file("intervals.png"));
        std::printf("picture: %s\n", program.file("intervals.png").c_str());
    });
}
