#include <algorithm>
#include <cmath>
#include <limits>

#include "exercise.hpp"

namespace exercises {

double share_within(double threshold, std::span<double const> distances) {
    auto const within = std::count_if(distances.begin(), distances.end(), [&](double d) { return d <= threshold; });
    return static_cast<double>(within) / static_cast<double>(distances.size());
}

accept_rates rates(double threshold, std::span<double const> same, std::span<double const> different) {
    return {share_within(threshold, same), share_within(threshold, different)};
}

double threshold(double rate, std::span<double const>, std::span<double const> different) {
    std::vector<double> sorted(different.begin(), different.end());
    std::sort(sorted.begin(), sorted.end());
    auto const allowed = static_cast<std::size_t>(std::floor(rate * static_cast<double>(sorted.size())));
    if (allowed >= sorted.size())
        return std::numeric_limits<double>::infinity();
    return std::nextafter(sorted[allowed], -1e300);
}

} // namespace exercises

EXERCISE(7, exercises::threshold, exercises::rates)
