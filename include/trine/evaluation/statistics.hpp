#pragma once

#include <cstddef>
#include <limits>
#include <span>

#include "../core/config.hpp"

namespace trine::evaluation {

/// The quantile of the standard normal distribution, within 5·10⁻⁴.
///
/// @param share  from 0 to 1, where it is infinite
/// @throws argument_error  when it is outside
/// @see M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 1964, 26.2.23
double normal_deviate(double share);

/// The t of a two-sided 95 % confidence interval: the 97.5 % quantile of Student's distribution. Within 5·10⁻⁴ of the
/// exact value; infinite without a degree of freedom.
double student_t(std::size_t degrees_of_freedom);

/// A mean and half the width of its 95 % confidence interval.
struct interval {
    double mean = std::numeric_limits<double>::quiet_NaN(), half_width = std::numeric_limits<double>::infinity();
};

/// Mean of independent values with its 95 % confidence interval by Student's t; infinitely wide for a single value.
///
/// @throws numeric_error  when a value is NaN
interval confidence_interval(std::span<double const> values);

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "statistics_impl.hpp"
#endif
