// Exercise 4: the triplet loss and its gradient (lesson 4).
//
//   build/release/exercise 4

#include <algorithm>

#include "exercise.hpp"

namespace exercises {

/// The triplet loss with a margin, and its gradient.
///
/// For a triplet (a, p, n):  v = ‖e_a − e_p‖² − ‖e_a − e_n‖² + margin. Where v is above 0 the triplet is *active*. The
/// loss is the mean of v over the active triplets, and 0 when there is none: the others have nothing to teach.
///
/// Each active triplet adds to the gradient, before all is divided by the number of active triplets,
///
///     to row a:  2 (e_n − e_p)       to row p:  2 (e_p − e_a)       to row n:  2 (e_a − e_n)
///
/// A photo may be in many triplets, as anchor in some and as negative in others: what they add is summed.
///
/// @param embeddings  N×D
/// @param triplets    rows of `embeddings`
/// @param gradient    N×D, overwritten: 0 in the rows that no active triplet has
double triplet_loss(matrix_view<double const> embeddings, std::span<triplet const> triplets, double margin,
                    matrix_view<double> gradient) {
    // Yours: about 25 lines.
    (void)embeddings, (void)triplets, (void)margin, (void)gradient;
    throw not_written();
}

} // namespace exercises

EXERCISE(4, exercises::triplet_loss)
