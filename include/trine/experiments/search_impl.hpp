#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "../core/error.hpp"
#include "../core/random.hpp"
#include "search.hpp"

namespace trine::experiments {

namespace detail {

// Where a value lies in its range, from 0 to 1.
inline double share_of(parameter const& p, double value) {
    if (p.low == p.high)
        return 0;
    double const share = p.how == spacing::linear ? (value - p.low) / (p.high - p.low)
                                                  : std::log(std::max(value, p.low) / p.low) / std::log(p.high / p.low);
    return std::clamp(share, 0.0, 1.0);
}
inline double value_at(parameter const& p, double share) {
    double const value = p.how == spacing::linear ? p.low + share * (p.high - p.low)
                                                  : p.low * std::exp(share * std::log(p.high / p.low));
    return std::clamp(p.whole ? std::round(value) : value, p.low, p.high);
}

// Points between 0 and 1 as a density: a Gaussian around each, as wide as the larger gap to its neighbours, cut off at
// the ends, and a uniform part that weighs as much as one of them.
class density {
public:
    explicit density(std::vector<double> points) : points_(std::move(points)) {
        std::sort(points_.begin(), points_.end());
        auto const least = 1.0 / std::min(100.0, static_cast<double>(points_.size()) + 1);
        for (std::size_t i = 0; i < points_.size(); ++i) {
            double const below = points_[i] - (i > 0 ? points_[i - 1] : 0.0),
                         above = (i + 1 < points_.size() ? points_[i + 1] : 1.0) - points_[i];
            widths_.push_back(std::clamp(std::max(below, above), least, 1.0));
        }
    }
    double draw(random_stream& stream) const {
        std::size_t const which = stream.below(points_.size() + 1);
        if (which == points_.size())
            return stream.uniform();
        for (int attempt = 0; attempt < 100; ++attempt)
            if (double const x = points_[which] + widths_[which] * stream.normal(); x >= 0 && x <= 1)
                return x;
        return points_[which];
    }
    double at(double x) const {
        auto const below = [](double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; };
        double sum = 1;
        for (std::size_t i = 0; i < points_.size(); ++i) {
            double const z = (x - points_[i]) / widths_[i],
                         inside = below((1 - points_[i]) / widths_[i]) - below(-points_[i] / widths_[i]);
            sum += std::exp(-z * z / 2) / (std::sqrt(2 * std::numbers::pi) * widths_[i] * inside);
        }
        return sum / (static_cast<double>(points_.size()) + 1);
    }

private:
    std::vector<double> points_, widths_;
};

// From the best to the worst; failures last, and the earlier of equal ones first.
inline std::vector<std::size_t> in_order(std::span<trial const> trials) {
    std::vector<std::size_t> order(trials.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    auto const score = [&](std::size_t i) {
        return std::isnan(trials[i].score) ? -std::numeric_limits<double>::infinity() : trials[i].score;
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return score(i) > score(j); });
    return order;
}

} // namespace detail

TRINE_INLINE void require_range(parameter const& p) {
    require<argument_error>(std::isfinite(p.low) && std::isfinite(p.high) && p.low <= p.high, p.name, ": from ", p.low,
                            " to ", p.high, " is no range");
    require<argument_error>(p.how == spacing::linear || p.low > 0, p.name, ": a logarithmic range has to begin above ",
                            "0, not at ", p.low);
}

TRINE_INLINE std::vector<double> next_values(std::span<parameter const> parameters, std::span<trial const> so_far,
                                             search_options const& how, std::uint64_t seed) {
    require<argument_error>(how.candidates > 0 && how.good > 0 && how.good < 1, "a search with ", how.candidates,
                            " candidates that calls a share of ", how.good,
                            " good: it takes a candidate, and a share between 0 and 1");
    for (auto const& p : parameters)
        require_range(p);
    for (auto const& t : so_far)
        require<shape_error>(t.values.size() == parameters.size(), "a trial of ", t.values.size(), " values for ",
                             parameters.size(), " parameters");
    std::vector<double> next;
    next.reserve(parameters.size());
    if (so_far.empty()) {
        for (auto const& p : parameters)
            next.push_back(p.given);
        return next;
    }
    random_stream stream(seed, purpose::user, static_cast<std::uint32_t>(so_far.size()));
    if (so_far.size() <= how.random) {
        for (auto const& p : parameters)
            next.push_back(detail::value_at(p, stream.uniform()));
        return next;
    }
    auto const order = detail::in_order(so_far);
    auto const good = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::ceil(how.good * static_cast<double>(order.size()) - 1e-9)));
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        auto const& p = parameters[k];
        std::vector<double> near, far;
        for (std::size_t i = 0; i < order.size(); ++i)
            (i < good ? near : far).push_back(detail::share_of(p, so_far[order[i]].values[k]));
        detail::density const likely(std::move(near)), unlikely(std::move(far));
        double best = 0, most = -1;
        for (std::size_t c = 0; c < how.candidates; ++c) {
            double const x = likely.draw(stream), ratio = likely.at(x) / unlikely.at(x);
            if (ratio > most)
                most = ratio, best = x;
        }
        next.push_back(detail::value_at(p, best));
    }
    return next;
}

TRINE_INLINE std::size_t best_of(std::span<trial const> trials) {
    return trials.empty() ? 0 : detail::in_order(trials).front();
}

} // namespace trine::experiments
