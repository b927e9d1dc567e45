// Exercise 7: a threshold for a wanted rate of false accepts (lesson 7).
//
//   build/release/exercise 7
//
// A pair of photos is *accepted*, taken for one person, when its distance is at most the threshold.

#include <algorithm>
#include <cmath>

#include "exercise.hpp"

namespace exercises {

/// The shares of accepted pairs: true accepts of the pairs of one person, false accepts of the pairs of two.
///
/// @param same, different  distances of pairs of one person and of two, in no order; at least one each
accept_rates rates(double threshold, std::span<double const> same, std::span<double const> different) {
    // Yours: about 5 lines.
    (void)threshold, (void)same, (void)different;
    throw not_written();
}

/// A threshold that accepts at most a share `rate` of the pairs of two people, and as many of all pairs as it then can.
///
/// With n pairs of two people, m = ⌊rate · n⌋ of them may be accepted. So the threshold lies below the one after the m
/// smallest, by as little as you like: std::nextafter(x, −1e300) is the number just below x. Where several are equally
/// far, all or none of them are accepted. For m = n every pair may be: the threshold is infinite.
///
/// @param rate             from 0 to 1
/// @param same, different  as above; they are not yours to sort
double threshold(double rate, std::span<double const> same, std::span<double const> different) {
    // Yours: about 8 lines.
    (void)rate, (void)same, (void)different;
    throw not_written();
}

} // namespace exercises

EXERCISE(7, exercises::threshold, exercises::rates)
