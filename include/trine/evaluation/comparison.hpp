#pragma once

/// Comparing many methods that were judged on the same folds: what may be called better, and what may not.

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../core/view.hpp"

namespace trine::evaluation {

/// A mean over the folds of a cross-validation, with an interval and a test that respect what folds share.
struct fold_mean {
    double mean = 0;
    double half_width = 0; ///< of the confidence interval; infinite for one fold
    double p = 1;          ///< probability of a mean as far from 0, were the true one 0
};

/// The mean of one value a fold by the corrected resampled t-test, two-sided.
///
/// What the methods of two folds learn from overlaps, so the folds' values are not independent, and Student's plain t
/// finds differences where there are none. The mean's variance is taken as (1/K + n_test/n_train)·s², with
/// n_test/n_train = 1/(K − 1), and K − 1 degrees of freedom. Where a fold was judged with several seeds, give the mean
/// over those: they share all their photos.
///
/// @param folds  a value, or a difference of two methods, for each of K folds
/// @throws data_error      when there is no fold
/// @throws numeric_error   when a value is NaN
/// @throws argument_error  unless 0 < confidence < 1
/// @see C. Nadeau, Y. Bengio, "Inference for the Generalization Error", Machine Learning 52, 2003
fold_mean corrected_mean(std::span<double const> folds, double confidence = 0.95);

/// P-values of several tests such that the probability of calling any true hypothesis false stays below the level, by
/// Holm's step-down procedure: in their order, each at least as large as those below it, and 1 at most.
///
/// @throws argument_error  for what is not a probability
/// @see S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6, 1979
std::vector<double> holm(std::span<double const> p);

/// How methods rank in blocks (folds, data sets) that each judged them all.
struct ranking {
    std::vector<double> mean_ranks; ///< of each method; 1 is best, ties share the mean of their ranks
    double chi_squared = 0;         ///< Friedman's, corrected for ties
    double p = 1;                   ///< of that, with one degree of freedom less than methods
    double critical_difference = 0; ///< Nemenyi's: mean ranks that are nearer differ by luck as well
};

/// Friedman's test, and Nemenyi's critical difference.
///
/// Both are made for blocks that are independent, such as data sets. Folds of one cross-validation are not: what is
/// learnt from overlaps, and a method's luck repeats. With a correlation ρ between blocks the variance of a mean rank
/// is 1 + ρ(B − 1) times as large, and both are corrected by that; for K folds ρ is taken as n_test/(n_test + n_train)
/// = 1/K, the estimate on which `corrected_mean` stands.
///
/// @param values        blocks × methods; larger is better
/// @param correlation   between blocks; 0 for independent ones
/// @param significance  of the critical difference
/// @throws data_error      for less than two blocks or methods
/// @throws numeric_error   when a value is NaN
/// @throws argument_error  unless 0 ≤ correlation ≤ 1 and 0 < significance < 1
/// @see J. Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7, 2006
ranking rank_methods(matrix_view<double const> values, double correlation = 0, double significance = 0.05);

/// The longest runs of methods, in the order of their mean ranks, whose first and last are not farther apart than the
/// critical difference: the bars of a critical-difference diagram. As places in the sorted order, both included; runs
/// of one method are left out.
std::vector<std::pair<std::size_t, std::size_t>> indistinguishable(std::span<double const> mean_ranks,
                                                                   double critical_difference);

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "comparison_impl.hpp"
#endif
