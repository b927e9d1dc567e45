#include <algorithm>
#include <cmath>

#include "exercise.hpp"

namespace exercises {

double softmax_loss(matrix_view<double const> logits, std::span<std::size_t const> people,
                    matrix_view<double> gradient) {
    double const n = static_cast<double>(logits.rows());
    double loss = 0;
    for (std::size_t i = 0; i < logits.rows(); ++i) {
        auto const z = logits.row(i);
        double const largest = *std::max_element(z.begin(), z.end());
        double sum = 0;
        for (double const one : z)
            sum += std::exp(one - largest);
        loss += std::log(sum) - (z[people[i]] - largest);
        for (std::size_t j = 0; j < z.size(); ++j) {
            double const p = std::exp(z[j] - largest) / sum;
            gradient(i, j) = (p - (j == people[i] ? 1 : 0)) / n;
        }
    }
    return loss / n;
}

head_cost cost(std::size_t people, std::size_t features, std::size_t batch) {
    double const p = static_cast<double>(people), f = static_cast<double>(features), b = static_cast<double>(batch);
    double const weights = (f + 1) * p;
    return {weights, 4 * (4 * weights + 2 * b * p), 3 * b * f * p};
}

} // namespace exercises

EXERCISE(1, exercises::softmax_loss, exercises::cost)
