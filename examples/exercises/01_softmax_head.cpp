// Exercise 1: a softmax head, and what it costs (lesson 1).
//
//   build/release/exercise 1

#include <algorithm>
#include <cmath>

#include "exercise.hpp"

namespace exercises {

/// The cross entropy of a softmax, and its gradient.
///
/// For a photo i of person t:  p(i, j) = exp(z(i, j)) / Σ over c of exp(z(i, c)),  loss_i = −ln p(i, t). Returned is
/// the mean of loss_i over the photos. The gradient is ∂loss/∂z(i, j) = (p(i, j) − [j = t]) / N.
///
/// exp(1000) is no number any more. Take the largest z(i, ·) from all of its row first: p stays what it is. And
/// −ln p(i, t) = ln Σ exp(z(i, c)) − z(i, t), which needs no logarithm of a p that has become 0.
///
/// @param logits    N×C, the z
/// @param people    N, who is on each photo: t, from 0 to C − 1
/// @param gradient  N×C, overwritten
double softmax_loss(matrix_view<double const> logits, std::span<std::size_t const> people,
                    matrix_view<double> gradient) {
    // Yours: about 18 lines.
    (void)logits, (void)people, (void)gradient;
    throw not_written();
}

/// What the last layer of a classifier takes while it is trained with Adam.
///
/// It has a weight for each feature of each person, and one bias a person. For each of them it keeps four floats of 4
/// bytes: itself, its gradient, and Adam's two moments. The logits of a batch, and their gradient, are floats, too. One
/// step multiplies the batch's features with the weights three times: forward, for the gradient of the weights, and for
/// that of the features (biases are not counted there).
head_cost cost(std::size_t people, std::size_t features, std::size_t batch) {
    // Yours: about 6 lines. Sizes are whole numbers; multiply them as doubles.
    (void)people, (void)features, (void)batch;
    throw not_written();
}

} // namespace exercises

EXERCISE(1, exercises::softmax_loss, exercises::cost)
