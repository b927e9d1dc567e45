#pragma once

#include <algorithm>
#include <cmath>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "statistics.hpp"

namespace trine::evaluation {

TRINE_INLINE double normal_deviate(double share) {
    require<argument_error>(share >= 0 && share <= 1, "a share of ", share, ": it has to lie between 0 and 1");
    if (share == 0 || share == 1)
        return share == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    double const t = std::sqrt(-2 * std::log(std::min(share, 1 - share)));
    double const z =
        t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    return share < 0.5 ? -z : z;
}

TRINE_INLINE double student_t(std::size_t degrees_of_freedom) {
    constexpr double small[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
    if (degrees_of_freedom == 0)
        return std::numeric_limits<double>::infinity();
    if (degrees_of_freedom <= 10)
        return small[degrees_of_freedom - 1];
    // Cornish and Fisher's expansion about the normal distribution; Abramowitz and Stegun 26.7.5.
    double const n = static_cast<double>(degrees_of_freedom), z = 1.959964, z2 = z * z;
    return z + z * (z2 + 1) / (4 * n) + z * ((5 * z2 + 16) * z2 + 3) / (96 * n * n) +
           z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * n * n * n);
}

TRINE_INLINE interval confidence_interval(std::span<double const> values) {
    if (values.empty())
        return {};
    require_numbers(values.size(), values.data(), "value");
    double const n = static_cast<double>(values.size());
    double mean = 0, squares = 0;
    for (double v : values)
        mean += v / n;
    for (double v : values)
        squares += (v - mean) * (v - mean);
    return {mean, values.size() < 2 ? std::numeric_limits<double>::infinity()
                                    : student_t(values.size() - 1) * std::sqrt(squares / (n - 1) / n)};
}

} // namespace trine::evaluation
