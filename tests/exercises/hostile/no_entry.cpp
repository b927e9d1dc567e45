#include "exercise.hpp"

namespace exercises {
void normalize(matrix_view<double const>, matrix_view<double>) {}
} // namespace exercises
