#pragma once

/// Sums of exponentials relative to their largest, so that none overflows.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace trine::losses::detail {

template <class T>
inline constexpr T minus_infinity = -std::numeric_limits<T>::infinity();

// ln(start + Σ exp(at(i))) with start 0 or 1; −∞ for an empty sum.
template <class T, class At>
T log_sum_exp(std::size_t count, bool add_one, At&& at) {
    T largest = add_one ? T(0) : minus_infinity<T>;
    for (std::size_t i = 0; i < count; ++i)
        largest = std::max(largest, at(i));
    if (largest == minus_infinity<T>)
        return largest;
    T sum = add_one ? std::exp(-largest) : T(0);
    for (std::size_t i = 0; i < count; ++i)
        sum += std::exp(at(i) - largest);
    return largest + std::log(sum);
}

// ln(1 + eˣ), and its slope.
template <class T>
T softplus(T x) {
    return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
}
template <class T>
T logistic(T x) {
    T const small = std::exp(-std::abs(x));
    return (x >= T(0) ? T(1) : small) / (T(1) + small);
}

// out(i) = factor · softmax share of i, given ln Σ exp(at(i)): the gradient that runs through a log_sum_exp.
template <class T, class Out, class At>
void spread_shares(Out&& out, T factor, T log_sum, At&& at) {
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = factor * std::exp(at(i) - log_sum);
}

} // namespace trine::losses::detail
