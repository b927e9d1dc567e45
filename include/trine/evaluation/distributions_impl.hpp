#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "../core/error.hpp"
#include "distributions.hpp"

namespace trine::evaluation {

namespace detail {

// The regularised incomplete beta function, by its continued fraction (Lentz's method; Abramowitz and Stegun 26.5.8).
inline double incomplete_beta(double a, double b, double x) {
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    // The fraction converges fast on this side alone.
    if (x > (a + 1) / (a + b + 2))
        return 1 - incomplete_beta(b, a, 1 - x);
    double const front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x)) / a;
    constexpr double tiny = 1e-300;
    double f = 1, c = 1, d = 0;
    for (int i = 0; i < 100'000; ++i) {
        double const m = std::floor(i / 2.0);
        double const term = i == 0       ? 1
                            : i % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                         : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + term * d;
        d = 1 / (std::abs(d) < tiny ? tiny : d);
        c = 1 + term / c;
        c = std::abs(c) < tiny ? tiny : c;
        f *= c * d;
        if (std::abs(1 - c * d) < 1e-15)
            break;
    }
    return front * (f - 1);
}

// The upper regularised incomplete gamma function: a series below, a continued fraction above.
inline double upper_gamma(double a, double x) {
    if (x <= 0)
        return 1;
    double const front = std::exp(-x + a * std::log(x) - std::lgamma(a));
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (double n = a + 1; term > sum * 1e-17; ++n)
            sum += term *= x / n;
        return 1 - front * sum;
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
    for (int i = 1; i < 100'000; ++i) {
        double const n = -i * (i - a);
        b += 2;
        d = 1 / (n * d + b), c = b + n / c;
        h *= c * d;
        if (std::abs(c * d - 1) < 1e-15)
            break;
    }
    return front * h;
}

// Where a decreasing function passes a value, by halving.
template <class F>
double crossing(double low, double high, double value, F const& f) {
    for (int i = 0; i < 200; ++i) {
        double const middle = low + (high - low) / 2;
        if (middle == low || middle == high)
            break;
        (f(middle) > value ? low : high) = middle;
    }
    return low + (high - low) / 2;
}

inline void require_degrees(double x, double degrees) {
    require<argument_error>(degrees > 0, degrees, " degrees of freedom: there have to be more than 0");
    require<argument_error>(!std::isnan(x), "a distribution was asked about what is not a number");
}

} // namespace detail

TRINE_INLINE double student_t_above(double t, double degrees) {
    detail::require_degrees(t, degrees);
    if (std::isinf(t))
        return t > 0 ? 0 : 1;
    double const tail = detail::incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
    return t > 0 ? tail : 1 - tail;
}

TRINE_INLINE double student_t_quantile(double share, double degrees) {
    detail::require_degrees(share, degrees);
    require<argument_error>(share >= 0 && share <= 1, "a share of ", share, ": it has to lie between 0 and 1");
    if (share == 0 || share == 1)
        return share == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    if (share < 0.5)
        return -student_t_quantile(1 - share, degrees);
    double high = 1;
    while (student_t_above(high, degrees) > 1 - share && high < 1e300)
        high *= 2;
    return detail::crossing(0, high, 1 - share, [&](double t) { return student_t_above(t, degrees); });
}

TRINE_INLINE double chi_squared_above(double x, double degrees) {
    detail::require_degrees(x, degrees);
    return detail::upper_gamma(degrees / 2, x / 2);
}

TRINE_INLINE double f_above(double x, double numerator_degrees, double denominator_degrees) {
    detail::require_degrees(x, numerator_degrees), detail::require_degrees(x, denominator_degrees);
    if (x <= 0)
        return 1;
    return detail::incomplete_beta(denominator_degrees / 2, numerator_degrees / 2,
                                   denominator_degrees / (denominator_degrees + numerator_degrees * x));
}

TRINE_INLINE double normal_range_above(double q, double draws) {
    require<argument_error>(draws >= 2, "a range of ", draws, " draws: it takes two");
    require<argument_error>(!std::isnan(q), "a distribution was asked about what is not a number");
    if (q <= 0)
        return 1;
    // 1 − k ∫ φ(z) [Φ(z) − Φ(z − q)]^{k−1} dz, where z is the largest. The integrand is smooth and vanishes at both
    // ends, so the trapezoidal rule has more digits than are asked for.
    auto const below = [](double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; };
    constexpr double first = -9, last = 9, step = 1.0 / 16;
    double sum = 0;
    for (double z = first; z <= last; z += step)
        sum += std::exp(-z * z / 2) * std::pow(below(z) - below(z - q), draws - 1);
    return std::max(0.0, 1 - draws * sum * step / std::sqrt(2 * std::numbers::pi));
}

TRINE_INLINE double normal_range_quantile(double probability, double draws) {
    require<argument_error>(probability > 0 && probability < 1, "a probability of ", probability,
                            ": it has to lie between 0 and 1");
    return detail::crossing(0, 60, probability, [&](double q) { return normal_range_above(q, draws); });
}

} // namespace trine::evaluation
