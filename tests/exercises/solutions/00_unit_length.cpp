#include <cmath>

#include "exercise.hpp"

namespace exercises {

double dot(std::span<double const> a, std::span<double const> b) {
    double sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
        sum += a[k] * b[k];
    return sum;
}

void normalize(matrix_view<double const> x, matrix_view<double> y) {
    for (std::size_t i = 0; i < x.rows(); ++i) {
        double const length = std::sqrt(dot(x.row(i), x.row(i)));
        for (std::size_t k = 0; k < x.cols(); ++k)
            y(i, k) = length > 0 ? x(i, k) / length : 0;
    }
}

void gradient(matrix_view<double const> x, matrix_view<double const> dy, matrix_view<double> dx) {
    for (std::size_t i = 0; i < x.rows(); ++i) {
        double const length = std::sqrt(dot(x.row(i), x.row(i)));
        double const along = length > 0 ? dot(x.row(i), dy.row(i)) / length : 0;
        for (std::size_t k = 0; k < x.cols(); ++k)
            dx(i, k) = length > 0 ? (dy(i, k) - x(i, k) / length * along) / length : 0;
    }
}

} // namespace exercises

EXERCISE(0, exercises::normalize, exercises::gradient)
