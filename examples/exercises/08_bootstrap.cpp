// Exercise 8: a bootstrap interval over people (lesson 8).
//
//   build/release/exercise 8

#include <algorithm>
#include <cmath>

#include "exercise.hpp"

namespace exercises {

/// The mean over all photos, and the interval in which it would lie had other people been photographed.
///
/// A *resample* draws as many people as there are, each time any of them, so that some come twice and some not at all
/// (random.below(n) is one of 0 … n − 1). A person comes with all photos. Its figure is the mean over all the photos
/// drawn: who has more photos counts for more. With R resamples and their figures in rising order, f[0] … f[R − 1], and
/// t = ⌊(1 − confidence) / 2 · R⌋:  low = f[t],  high = f[R − 1 − t].
///
/// @param values      one a photo, for example 1 where it was recognised and 0 where not; at least one
/// @param people      whose photo it is; any numbers, photos of one person lie anywhere
/// @param resamples   R, at least 1
/// @param confidence  above 0 and below 1
/// @returns estimate (the mean over the photos as they are), low, high
interval bootstrap(std::span<double const> values, std::span<label const> people, std::size_t resamples,
                   double confidence, random_stream& random) {
    // Yours: about 30 lines. First each person's sum and number of photos; a std::map from label to them is one way.
    (void)values, (void)people, (void)resamples, (void)confidence, (void)random;
    throw not_written();
}

} // namespace exercises

EXERCISE(8, exercises::bootstrap)
