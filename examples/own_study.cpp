// A miner of your own in a study: tuned as much as the others, and judged on people seen in no choice.
//
//   ./build/release/examples/own_study
//
// Expected output: MAP@R of three miners with intervals, what tuning was worth, and how the differences stand. What was
// made lies in output/own_study, and is not made again.

#include <cstdio>

#include <trine/trine.hpp>

using namespace trine;

// Triplets whose negative is less than some times as far as the positive; how often is tuned.
struct within_ratio {
    static constexpr std::string_view name = "within_ratio";
    static constexpr std::array tunables{tunable{"ratio", 1, 3, spacing::logarithmic}};
    double ratio = 1.5;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("ratio", self.ratio);
    }
    template <class T, class Visit>
    void mine(miners::anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            for (std::size_t n = 0; n < a.negatives.size(); ++n)
                if (a.negative_distances[n] < static_cast<T>(ratio) * a.positive_distances[p])
                    visit(p, n);
    }
};

int main() {
    using backbone = backbones::compact<nn::shape<1, 64, 64>, 32, 8>;
    experiments::photo_subject<backbone> const faces(data::synthetic_faces{}.make(24, 6), {.epochs = 4});
    experiments::study study(faces, {.tries = 3, .folds = 3, .seeds = 2});
    losses::triplet_margin const hinge{.margin = 0.2};
    distances::squared_euclidean const distance;
    study.add("all", miners::all{}, hinge, distance);
    study.add("batch_hard", miners::batch_hard{}, hinge, distance);
    study.add("mine", within_ratio{}, hinge, distance, {{"loss.margin", 0.05, 0.5, spacing::logarithmic}});
    study.run("output/own_study");

    auto const found = experiments::conclude(study.results("output/own_study"));
    for (auto const& e : found.entries)
        std::printf("%-12s MAP@R %4.1f ± %4.1f %%, tuning was worth %+.1f\n", e.name.c_str(), 100 * e.measures[0].mean,
                    100 * e.measures[0].half_width, 100 * e.tuning.mean);
    for (auto const& p : found.pairs)
        std::printf("%s less %s: %+.1f ± %.1f, p = %.2f after Holm\n", found.entries[p.first].name.c_str(),
                    found.entries[p.second].name.c_str(), 100 * p.difference.mean, 100 * p.difference.half_width, p.p);
}
