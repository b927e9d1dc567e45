#include "exercise.hpp"

namespace exercises {

std::size_t sample_triplets(std::span<label const> labels, random_stream& random, std::span<triplet> out) {
    std::vector<std::size_t> anchors;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        std::size_t own = 0;
        for (label const other : labels)
            own += other == labels[i];
        if (own >= 2 && own < labels.size())
            anchors.push_back(i);
    }
    if (anchors.empty())
        return 0;

    std::vector<std::size_t> positives, negatives;
    for (triplet& t : out) {
        std::size_t const a = anchors[random.below(anchors.size())];
        positives.clear(), negatives.clear();
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (labels[i] != labels[a])
                negatives.push_back(i);
            else if (i != a)
                positives.push_back(i);
        t = {a, positives[random.below(positives.size())], negatives[random.below(negatives.size())]};
    }
    return out.size();
}

} // namespace exercises

EXERCISE(2, exercises::sample_triplets)
