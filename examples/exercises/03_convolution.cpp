// Exercise 3: a convolution, forward and backward, as plain as it can be (lesson 3).
//
//   build/release/exercise 3
//
// Images lie channels last: value c of the pixel at row y, column x of image n is at ((n·H + y)·W + x)·C + c. Weights
// lie K×K×C×O: the weight from channel c to output o at row i, column j of the kernel is at ((i·K + j)·C + c)·O + o.
//
// Sizes are those of `convolution` in exercise.hpp: s.images, s.height, s.width, s.channels, s.outputs, s.kernel,
// s.padding; s.out_height() and s.out_width() are the output's. The stride is 1.

#include <algorithm>

#include "exercise.hpp"

namespace exercises {

/// y(n, r, q, o) = Σ over i, j, c of x(n, r + i − P, q + j − P, c) · w(i, j, c, o),  where x is 0 outside of the image.
///
/// Careful: sizes have no sign, and r + i − P may be below 0.
///
/// @param x  images × height × width × channels
/// @param w  kernel × kernel × channels × outputs
/// @param y  images × out_height × out_width × outputs, overwritten
void forward(convolution const& s, std::span<float const> x, std::span<float const> w, std::span<float> y) {
    // Yours: about 20 lines, most of them loops.
    (void)s, (void)x, (void)w, (void)y;
    throw not_written();
}

/// What the loss changes by, for a change of x:  for every product x · w that forward adds to a y, dx += dy · w.
///
/// @param dy  as y
/// @param dx  as x, overwritten
void gradient_data(convolution const& s, std::span<float const> dy, std::span<float const> w, std::span<float> dx) {
    // Yours: the same loops; dx begins at 0.
    (void)s, (void)dy, (void)w, (void)dx;
    throw not_written();
}

/// And for a change of w:  for every product x · w that forward adds to a y, dw += x · dy, over all images.
///
/// @param x   as in `forward`
/// @param dy  as y
/// @param dw  as w, overwritten
void gradient_weights(convolution const& s, std::span<float const> x, std::span<float const> dy, std::span<float> dw) {
    // Yours: the same loops once more.
    (void)s, (void)x, (void)dy, (void)dw;
    throw not_written();
}

} // namespace exercises

EXERCISE(3, exercises::forward, exercises::gradient_data, exercises::gradient_weights)
