#include "exercise.hpp"

namespace exercises {
void normalize(matrix_view<double const> x, matrix_view<double> y) { y(0, 0) = z(0, 0); }
} // namespace exercises
