#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "../core/error.hpp"
#include "thresholds.hpp"

namespace trine::evaluation {

namespace detail {

template <class T>
void check_pairs(std::vector<T> const& same, std::vector<T> const& different) {
    require<data_error>(!same.empty() && !different.empty(), "a threshold needs pairs of both kinds: there are ",
                        same.size(), " same and ", different.size(), " different ones");
    for (auto const* list : {&same, &different})
        for (T d : *list)
            require<numeric_error>(!std::isnan(d), "the distance of a pair is not a number");
}

inline threshold rates(double distance, std::size_t same_within, std::size_t same, std::size_t different_within,
                       std::size_t different) {
    double const hits = static_cast<double>(same_within), wrong = static_cast<double>(different_within),
                 s = static_cast<double>(same), d = static_cast<double>(different);
    threshold t{
        distance, hits / s, wrong / d, hits + wrong > 0 ? hits / (hits + wrong) : 1, 0, (hits + d - wrong) / (s + d)};
    t.f1 = 2 * hits / (s + hits + wrong);
    return t;
}

} // namespace detail

template <class T>
threshold evaluate_threshold(double distance, std::vector<T> const& same, std::vector<T> const& different) {
    require<numeric_error>(!std::isnan(distance), "a threshold that is not a number");
    detail::check_pairs(same, different);
    auto const within = [&](std::vector<T> const& list) {
        return static_cast<std::size_t>(
            std::count_if(list.begin(), list.end(), [&](T d) { return static_cast<double>(d) <= distance; }));
    };
    return detail::rates(distance, within(same), same.size(), within(different), different.size());
}

template <class T>
threshold best_f1(std::vector<T> same, std::vector<T> different) {
    detail::check_pairs(same, different);
    std::sort(same.begin(), same.end());
    std::sort(different.begin(), different.end());
    threshold best;
    best.f1 = -1;
    for (std::size_t s = 0, d = 0; s < same.size() || d < different.size();) {
        T const at = d == different.size() || (s < same.size() && same[s] <= different[d]) ? same[s] : different[d];
        while (s < same.size() && same[s] <= at)
            ++s;
        while (d < different.size() && different[d] <= at)
            ++d;
        auto const now = detail::rates(static_cast<double>(at), s, same.size(), d, different.size());
        if (now.f1 > best.f1) {
            best = now;
            double next = std::numeric_limits<double>::infinity();
            if (s < same.size())
                next = static_cast<double>(same[s]);
            if (d < different.size())
                next = std::min(next, static_cast<double>(different[d]));
            // Between neighbouring numbers there is nothing, and the middle would be the next pair's own.
            if (double const middle = static_cast<double>(at) / 2 + next / 2; std::isfinite(next) && middle < next)
                best.distance = std::max(static_cast<double>(at), middle);
        }
    }
    return best;
}

template <class T>
threshold for_false_accept_rate(double rate, std::vector<T> const& same, std::vector<T> different) {
    require<argument_error>(rate >= 0 && rate <= 1, "a false-accept rate of ", rate, ": it has to lie between 0 and 1");
    detail::check_pairs(same, different);
    std::sort(different.begin(), different.end());
    auto const allowed = static_cast<std::size_t>(std::floor(rate * static_cast<double>(different.size()) + 1e-9));
    double distance = static_cast<double>(different.back());
    if (allowed < different.size())
        distance = std::nextafter(static_cast<double>(different[allowed]), -std::numeric_limits<double>::infinity());
    return evaluate_threshold(distance, same, different);
}

#ifdef TRINE_COMPILED
template threshold evaluate_threshold(double, std::vector<float> const&, std::vector<float> const&);
template threshold best_f1(std::vector<float>, std::vector<float>);
template threshold for_false_accept_rate(double, std::vector<float> const&, std::vector<float>);
template threshold evaluate_threshold(double, std::vector<double> const&, std::vector<double> const&);
template threshold best_f1(std::vector<double>, std::vector<double>);
template threshold for_false_accept_rate(double, std::vector<double> const&, std::vector<double>);
#endif

} // namespace trine::evaluation
