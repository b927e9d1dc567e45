#include <algorithm>

#include "exercise.hpp"

namespace exercises {

double squared_distance(std::span<double const> a, std::span<double const> b) {
    double sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

double triplet_loss(matrix_view<double const> embeddings, std::span<triplet const> triplets, double margin,
                    matrix_view<double> gradient) {
    for (std::size_t i = 0; i < gradient.rows(); ++i)
        std::fill(gradient.row(i).begin(), gradient.row(i).end(), 0.0);
    double loss = 0;
    std::size_t active = 0;
    for (auto const& t : triplets) {
        auto const a = embeddings.row(t.anchor), p = embeddings.row(t.positive), n = embeddings.row(t.negative);
        double const value = squared_distance(a, p) - squared_distance(a, n) + margin;
        if (value <= 0)
            continue;
        loss += value;
        ++active;
        for (std::size_t k = 0; k < embeddings.cols(); ++k) {
            gradient(t.anchor, k) += 2 * (n[k] - p[k]);
            gradient(t.positive, k) += 2 * (p[k] - a[k]);
            gradient(t.negative, k) += 2 * (a[k] - n[k]);
        }
    }
    if (active == 0)
        return 0;
    for (std::size_t i = 0; i < gradient.rows(); ++i)
        for (double& value : gradient.row(i))
            value /= static_cast<double>(active);
    return loss / static_cast<double>(active);
}

} // namespace exercises

EXERCISE(4, exercises::triplet_loss)
