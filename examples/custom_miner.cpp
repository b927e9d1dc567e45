// A miner of your own in twenty lines: for every positive, the nearest negative that is farther than it.
//
//   ./build/release/examples/custom_miner
//
// Expected output: the loss of each epoch, falling, and how many triplets the miner chose a batch.

#include <cstdio>

#include <trine/trine.hpp>

struct nearest_farther {
    static constexpr std::string_view name = "nearest_farther";

    template <class T, class Visit>
    void mine(trine::miners::anchor_view<T> const& a, trine::random_stream&, Visit&& visit) const {
        for (std::size_t p = 0; p < a.positives.size(); ++p) {
            std::size_t best = a.negatives.size();
            for (std::size_t n = 0; n < a.negatives.size(); ++n)
                if (a.negative_distances[n] > a.positive_distances[p] &&
                    (best == a.negatives.size() || a.negative_distances[n] < a.negative_distances[best]))
                    best = n;
            if (best < a.negatives.size())
                visit(p, best);
        }
    }
};

int main() {
    using backbone = trine::backbones::compact<trine::nn::shape<1, 64, 64>, 64, 16>;
    trine::trainer<backbone> const trainer{
        .objective =
            trine::objective(nearest_farther{}, trine::losses::triplet_margin{}, trine::distances::squared_euclidean{}),
        .options = {.epochs = 10}};
    auto const photos = trine::data::synthetic_faces{}.make(40, 10);
    trine::nn::model<backbone> model;
    trainer.fit(model, photos, [](trine::epoch_report const& e, auto&) {
        std::printf("epoch %2zu  loss %.4f  %.0f triplets a batch\n", e.epoch, e.loss, e.triplets);
        return true;
    });
}
