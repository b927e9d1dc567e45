#include "exercise.hpp"

namespace exercises {
void normalize(matrix_view<float const>, matrix_view<float>) {}
void gradient(matrix_view<double const>, matrix_view<double const>, matrix_view<double>) {}
} // namespace exercises

EXERCISE(0, exercises::normalize, exercises::gradient)
