// Exercise 0: points of length 1 (lesson 0).
//
//   build/release/exercise 0
//
// Two functions over matrices whose rows are points. A matrix x has x.rows() rows, x.cols() columns, x(i, k) is a value
// and x.row(i) a row, as a span. What is `const` is there to be read.

#include <cmath>

#include "exercise.hpp"

namespace exercises {

/// Scales every row to length 1:  y(i, k) = x(i, k) / ‖x_i‖,  where ‖x_i‖ is the root of the sum of its squares.
///
/// A row of zeros has no direction: its y is a row of zeros, not of NaNs.
///
/// @param x  N×D
/// @param y  N×D, overwritten
void normalize(matrix_view<double const> x, matrix_view<double> y) {
    // Yours: about 8 lines.
    (void)x, (void)y;
    throw not_written();
}

/// Takes the gradient of a loss back through `normalize`: from ∂loss/∂y to ∂loss/∂x.
///
/// With y_i = x_i / ‖x_i‖,  dx_i = (dy_i − y_i (y_i · dy_i)) / ‖x_i‖: a step along y_i changes the length alone, which
/// is taken away again, so that part of dy_i does not count. The dot is the sum of products. For a row of zeros, dx_i =
/// 0.
///
/// @param x   N×D, as it went into `normalize`
/// @param dy  N×D
/// @param dx  N×D, overwritten
void gradient(matrix_view<double const> x, matrix_view<double const> dy, matrix_view<double> dx) {
    // Yours: about 12 lines.
    (void)x, (void)dy, (void)dx;
    throw not_written();
}

} // namespace exercises

EXERCISE(0, exercises::normalize, exercises::gradient)
