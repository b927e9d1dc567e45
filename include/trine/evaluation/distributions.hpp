#pragma once

/// The distributions that tests of significance stand on, to about twelve digits.

#include "../core/config.hpp"

namespace trine::evaluation {

/// The probability that Student's t is above `t`.
///
/// @param degrees  of freedom
/// @throws argument_error  unless there are degrees of freedom, and t is a number
double student_t_above(double t, double degrees);

/// The value below which Student's t lies with some probability; infinite for 0 and 1.
///
/// @throws argument_error  for a share outside of 0 … 1, or without degrees of freedom
double student_t_quantile(double share, double degrees);

/// The probability that a χ² is above `x`.
///
/// @throws argument_error  unless there are degrees of freedom, and x is a number
double chi_squared_above(double x, double degrees);

/// The probability that an F is above `x`.
///
/// @throws argument_error  unless there are degrees of freedom, and x is a number
double f_above(double x, double numerator_degrees, double denominator_degrees);

/// The probability that the range of so many standard normal draws is above `q`: the studentized range with infinite
/// degrees of freedom.
///
/// @throws argument_error  for less than two draws, or a q that is no number
double normal_range_above(double q, double draws);

/// The value above which that range lies with a probability.
///
/// @throws argument_error  unless 0 < probability < 1, and as above
double normal_range_quantile(double probability, double draws);

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "distributions_impl.hpp"
#endif
