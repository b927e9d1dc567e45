#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "classifiers.hpp"

namespace trine::neighbors {

TRINE_INLINE std::map<label, std::vector<std::size_t>> detail::places_by_person(matrix_view<float const> points,
                                                                                std::span<label const> labels) {
    require<shape_error>(points.rows() == labels.size(), points.rows(), " points with ", labels.size(), " labels");
    std::map<label, std::vector<std::size_t>> people;
    require_finite(points, "embedding");
    for (std::size_t i = 0; i < labels.size(); ++i)
        people[labels[i]].push_back(i);
    require<data_error>(people.size() >= 2, "a classifier needs at least two people; there are ", people.size());
    return people;
}

TRINE_INLINE linear_classifier::linear_classifier(matrix_view<float const> points, std::span<label const> labels,
                                                  linear_options const& options)
    : cols_(points.cols()) {
    require<argument_error>(options.cost > 0, "a cost of ", options.cost, ": it has to be positive");
    require<argument_error>(options.tolerance > 0, "a tolerance of ", options.tolerance, ": it has to be positive");
    for (auto const& [who, places] : detail::places_by_person(points, labels))
        people_.push_back(who);
    weights_.resize(people_.size() * (cols_ + 1));
    std::vector<double> squares(points.rows());
    for (std::size_t i = 0; i < points.rows(); ++i) {
        squares[i] = 1 + 0.5 / options.cost;
        for (float v : points.row(i))
            squares[i] += static_cast<double>(v) * static_cast<double>(v);
    }
    parallel_for(people_.size(), [&](std::size_t p) { learn(points, labels, squares, options, p); });
}

TRINE_INLINE std::vector<vote> linear_classifier::decide(matrix_view<float const> queries) const {
    require<shape_error>(queries.cols() == cols_, "queries of ", queries.cols(), " values for a classifier of ", cols_);
    std::vector<vote> votes;
    require_finite(queries, "query");
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        double best = -std::numeric_limits<double>::infinity(), second = best;
        std::size_t who = 0;
        for (std::size_t p = 0; p < people_.size(); ++p) {
            double const answer = product(p, queries.row(q));
            if (answer > best)
                second = best, best = answer, who = p;
            else
                second = std::max(second, answer);
        }
        votes.push_back({people_[who], 1, static_cast<float>(-best), static_cast<float>(best - second),
                         1 / (1 + std::exp(second - best))});
    }
    return votes;
}

TRINE_INLINE double linear_classifier::product(std::size_t p, std::span<float const> x) const {
    double const* const w = weights_.data() + p * (cols_ + 1);
    double sum = w[cols_];
    for (std::size_t k = 0; k < cols_; ++k)
        sum += w[k] * static_cast<double>(x[k]);
    return sum;
}

TRINE_INLINE void linear_classifier::learn(matrix_view<float const> points, std::span<label const> labels,
                                           std::vector<double> const& squares, linear_options const& options,
                                           std::size_t p) {
    double* const w = weights_.data() + p * (cols_ + 1);
    double const ridge = 0.5 / options.cost;
    std::size_t const n = points.rows();
    std::vector<double> alpha(n);
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t round = 0; round < options.most_rounds; ++round) {
        random_stream stream(options.seed, purpose::user, static_cast<std::uint32_t>(round),
                             static_cast<std::uint32_t>(p));
        for (std::size_t i = n; i > 1; --i)
            std::swap(order[i - 1], order[stream.below(static_cast<std::uint32_t>(i))]);
        double worst = 0;
        for (std::size_t i : order) {
            double const y = labels[i] == people_[p] ? 1 : -1;
            double const gradient = y * product(p, points.row(i)) - 1 + ridge * alpha[i];
            double const projected = alpha[i] == 0 ? std::min(gradient, 0.0) : gradient;
            worst = std::max(worst, std::abs(projected));
            if (projected == 0)
                continue;
            double const before = alpha[i];
            alpha[i] = std::max(before - gradient / squares[i], 0.0);
            double const step = (alpha[i] - before) * y;
            for (std::size_t k = 0; k < cols_; ++k)
                w[k] += step * static_cast<double>(points(i, k));
            w[cols_] += step;
        }
        if (worst < options.tolerance)
            return;
    }
}

} // namespace trine::neighbors
