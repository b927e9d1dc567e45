#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../core/config.hpp"

namespace trine::evaluation {

/// Accuracy of verification where each fold is judged with the threshold that is best on the others.
struct cross_validated {
    double mean = 0, deviation = 0;             ///< over folds; of the population
    std::vector<double> accuracies, thresholds; ///< of each fold
};

/// Verification accuracy as LFW's protocol has it: for each fold, the threshold of a grid that is best on all other
/// folds (of equally good ones the smallest).
///
/// @param distances, same, folds  one a pair; a pair counts as one person's when its distance is below the threshold
/// @param step, count             thresholds 0, step, … (count of them)
/// @throws shape_error  when the lists differ in length
/// @throws data_error   when there are fewer than two folds, or one is empty
/// @throws numeric_error   when a distance is NaN
/// @throws argument_error  when there is no threshold, or the step is not above 0
cross_validated cross_validate(std::span<double const> distances, std::vector<bool> const& same,
                               std::span<std::size_t const> folds, double step = 0.01, std::size_t count = 400);

/// The same with the distances of the other folds' pairs as thresholds instead of a grid; a pair counts as one person's
/// when its distance is not above the threshold.
///
/// @throws as `cross_validate`
cross_validated cross_validate_at_distances(std::span<double const> distances, std::vector<bool> const& same,
                                            std::span<std::size_t const> folds);

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "cross_validation_impl.hpp"
#endif
