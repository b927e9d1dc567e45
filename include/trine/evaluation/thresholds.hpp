#pragma once

#include <vector>

#include "../core/config.hpp"

namespace trine::evaluation {

/// A distance up to which two photos count as one person's, and how pairs fare with it.
struct threshold {
    double distance = 0;
    double true_accept_rate = 0;  ///< of the pairs of one person, how many are within it
    double false_accept_rate = 0; ///< of the pairs of two
    double precision = 0, f1 = 0, accuracy = 0;
};

/// How pairs fare with a threshold set by hand.
///
/// @throws data_error     when there is no same pair or no different pair
/// @throws numeric_error  when a distance or the threshold is NaN
template <class T>
threshold evaluate_threshold(double distance, std::vector<T> const& same, std::vector<T> const& different);

/// The threshold with the largest F1, the harmonic mean of precision and recall of "these two are one person"; in the
/// middle between the two distances it separates. Of equally good ones the smallest.
///
/// @throws as `evaluate_threshold`
template <class T>
threshold best_f1(std::vector<T> same, std::vector<T> different);

/// The largest threshold that takes at most a given share of the pairs of two people for one person: just below the
/// first distance that would be one too many. It is below 0, and accepts nobody, where already the pairs at 0 are.
///
/// Pairs of two people that were not learnt from should be many more than 1 / rate, or the figure means little.
///
/// @param rate  from 0 to 1
/// @throws argument_error  when the rate is outside
/// @throws as `evaluate_threshold`
template <class T>
threshold for_false_accept_rate(double rate, std::vector<T> const& same, std::vector<T> different);

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "thresholds_impl.hpp"
#endif
