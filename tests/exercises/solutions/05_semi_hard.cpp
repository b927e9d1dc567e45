#include "exercise.hpp"

namespace exercises {

std::vector<triplet> semi_hard(matrix_view<double const> distances, std::span<label const> labels, double margin) {
    std::vector<triplet> chosen;
    for (std::size_t a = 0; a < labels.size(); ++a)
        for (std::size_t p = 0; p < labels.size(); ++p) {
            if (p == a || labels[p] != labels[a])
                continue;
            std::size_t best = labels.size(); // nobody yet
            for (std::size_t n = 0; n < labels.size(); ++n)
                if (labels[n] != labels[a] && distances(a, n) > distances(a, p) &&
                    distances(a, n) <= distances(a, p) + margin &&
                    (best == labels.size() || distances(a, n) < distances(a, best)))
                    best = n;
            if (best < labels.size())
                chosen.push_back({a, p, best});
        }
    return chosen;
}

} // namespace exercises

EXERCISE(5, exercises::semi_hard)
