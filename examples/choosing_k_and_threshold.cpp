// Lesson 6. Recognition by k nearest neighbours: how many vote, and from which distance on is somebody unknown?
//
//   ./build/release/examples/choosing_k_and_threshold
//   ./build/release/examples/choosing_k_and_threshold --enrolled 1
//
// Expected output: shares named rightly for several k, by majority and weighted by distance; thresholds chosen on
// people set aside for that; what they do with new photos of known people and with strangers; and where the picture of
// the distances is.

#include <cstdio>
#include <limits>

#include <trine/data/image_io.hpp>
#include <trine/evaluation/thresholds.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/neighbors/vote.hpp>
#include <trine/visual/pictures.hpp>
#include <trine/visual/embedding_map.hpp>

#include "support/lesson.hpp"

using namespace trine;

int main(int argc, char** argv) {
    lesson::program program("choosing_k_and_threshold", "How many neighbours vote, and who is unknown");
    std::size_t enrolled = 8;
    program.number("--enrolled", enrolled, lesson::range(1, 30), "photos of each known person");
    program.add_epochs(60);
    return program.run(argc, argv, [&] {
        data::synthetic_faces const draw{.seed = program.seed};
        lesson::model model(program.seed);
        lesson::train(model, draw.make(100, 12), objective(miners::all{}, losses::triplet_margin{}, lesson::distance{}),
                      {.epochs = program.epochs, .seed = program.seed});
        // Nobody below was seen in training. Some choose the threshold; others are known, by a few photos; the rest are
        // strangers.
        auto const choosing = draw.make(30, 6, 2000), people = draw.make(20, enrolled + 6, 3000),
                   strangers = draw.make(20, 6, 4000);
        auto const parts = data::split_by_photo(people, enrolled);
        auto const known = people.subset(parts.first), fresh = people.subset(parts.second);
        auto const gallery = lesson::embed(model, known), probes = lesson::embed(model, fresh),
                   others = lesson::embed(model, strangers);
        neighbors::exact::index<lesson::distance> index(lesson::network::embedding_size);
        index.add(as_matrix(gallery));

        std::printf("%zu new photos of 20 known people, %zu photos of each known:\n\n%4s %10s %10s\n", fresh.size(),
                    enrolled, "k", "majority", "weighted");
        for (std::size_t k : {1u, 3u, 5u, 9u, 15u, 40u}) {
            if (k > known.size())
                break;
            auto const found = index.search(as_matrix(probes), k);
            std::size_t majority = 0, weighted = 0;
            for (std::size_t i = 0; i < fresh.size(); ++i) {
                std::vector<neighbors::neighbor> near(found[i].begin(), found[i].end());
                std::vector<label> labels;
                for (std::size_t n = 0; n < near.size(); ++n) // votes are counted among the neighbours alone
                    labels.push_back(known.labels[near[n].index]), near[n].index = n;
                majority += neighbors::majority(near, labels).who == fresh.labels[i];
                weighted += neighbors::distance_weighted(near, labels).who == fresh.labels[i];
            }
            double const all = static_cast<double>(fresh.size());
            std::printf("%4zu %8.1f %% %8.1f %%\n", k, 100 * static_cast<double>(majority) / all,
                        100 * static_cast<double>(weighted) / all);
        }

        // Thresholds from all pairs of the people who are there for that.
        auto const distances = lesson::pairwise(lesson::embed(model, choosing));
        auto const pairs = evaluation::split_pairs(as_matrix(distances), std::span<label const>(choosing.labels));
        auto const best = evaluation::best_f1(pairs.same, pairs.different);
        struct rule {
            char const* name;
            double limit;
        };
        rule const rules[]{
            {"none", std::numeric_limits<double>::infinity()},
            {"best F1", best.distance},
            {"1 % false accepts", evaluation::for_false_accept_rate(0.01, pairs.same, pairs.different).distance},
            {"0.1 % false accepts", evaluation::for_false_accept_rate(0.001, pairs.same, pairs.different).distance}};
        auto const nearest = index.search(as_matrix(probes), 1), of_strangers = index.search(as_matrix(others), 1);
        std::printf(
            "\nthe nearest decides (k = 1), unless it is farther than a threshold:\n\n%-20s %9s   %7s %7s %8s   %s\n",
            "threshold", "distance", "right", "wrong", "unknown", "strangers taken for somebody");
        for (auto const& [name, limit] : rules) {
            std::size_t right = 0, wrong = 0, unknown = 0, taken = 0;
            for (std::size_t i = 0; i < fresh.size(); ++i)
                if (static_cast<double>(nearest[i][0].distance) > limit)
                    ++unknown;
                else
                    ++(known.labels[nearest[i][0].index] == fresh.labels[i] ? right : wrong);
            for (std::size_t i = 0; i < strangers.size(); ++i)
                taken += static_cast<double>(of_strangers[i][0].distance) <= limit;
            std::printf("%-20s %9.3f   %7zu %7zu %8zu   %zu of %zu\n", name, limit, right, wrong, unknown, taken,
                        strangers.size());
        }
        data::save_png(visual::distance_histogram("How far apart photos lie of the people set aside",
                                                  "squared distance", pairs.same, pairs.different, best.distance),
                       program.file("distances.png"));
        std::printf("\nA false-accept rate is of pairs; a stranger is compared with all %zu known photos, and one of "
                    "them is enough.\npicture: %s\n",
                    known.size(), program.file("distances.png").c_str());
    });
}
