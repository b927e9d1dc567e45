// It runs before anything is asked of it.
#include "exercise.hpp"

#include <cstdlib>

static int const at_once = (std::abort(), 0);

namespace exercises {
void normalize(matrix_view<double const>, matrix_view<double>) {}
void gradient(matrix_view<double const>, matrix_view<double const>, matrix_view<double>) {}
} // namespace exercises

EXERCISE(0, exercises::normalize, exercises::gradient)
