#include <algorithm>

#include "exercise.hpp"

namespace exercises {

std::vector<float> squared_lengths(matrix_view<float const> points) {
    std::vector<float> all(points.rows());
    for (std::size_t i = 0; i < points.rows(); ++i)
        for (float const x : points.row(i))
            all[i] += x * x;
    return all;
}

void squared_distances(matrix_view<float const> a, matrix_view<float const> b, matrix_view<float> out) {
    auto const of_a = squared_lengths(a), of_b = squared_lengths(b);
    product(a, b, out);
    for (std::size_t i = 0; i < out.rows(); ++i)
        for (std::size_t j = 0; j < out.cols(); ++j)
            out(i, j) = std::max(0.0f, of_a[i] - 2 * out(i, j) + of_b[j]);
}

} // namespace exercises

EXERCISE(11, exercises::squared_distances)
