#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "../arrays/tensor.hpp"
#include "exact.hpp"
#include "vote.hpp"

namespace trine::neighbors {

namespace detail {

// The points' places by person; checks what is to be learnt from.
inline std::map<label, std::vector<std::size_t>> places_by_person(matrix_view<float const> points,
                                                                  std::span<label const> labels) {
    require<shape_error>(points.rows() == labels.size(), points.rows(), " points with ", labels.size(), " labels");
    std::map<label, std::vector<std::size_t>> people;
    require_finite(points, "embedding");
    for (std::size_t i = 0; i < labels.size(); ++i)
        people[labels[i]].push_back(i);
    require<data_error>(people.size() >= 2, "a classifier needs at least two people; there are ", people.size());
    return people;
}

} // namespace detail

/// Names a point after the nearest of the people's mean points.
template <class Distance>
class nearest_mean {
public:
    /// @param points  N×D
    /// @throws shape_error    when there are not as many labels as points
    /// @throws numeric_error  when a point is not finite
    /// @throws data_error     when there are fewer than two people
    nearest_mean(matrix_view<float const> points, std::span<label const> labels, Distance distance = {})
        : distance_(distance), cols_(points.cols()) {
        for (auto const& [who, places] : detail::places_by_person(points, labels)) {
            std::vector<double> sum(cols_);
            for (std::size_t i : places)
                for (std::size_t k = 0; k < cols_; ++k)
                    sum[k] += static_cast<double>(points(i, k));
            people_.push_back(who);
            for (double s : sum)
                means_.push_back(static_cast<float>(s / static_cast<double>(places.size())));
        }
    }
    /// A vote of the means: confidence is by how much the second mean is farther, 1 − d₁/d₂, between 0 and 1.
    ///
    /// @param queries  Q×D
    /// @throws as `exact_in::search`
    std::vector<vote> decide(matrix_view<float const> queries) const {
        auto const found =
            exact{}.search(distance_, queries, matrix_view<float const>(means_.data(), people_.size(), cols_), 2);
        std::vector<vote> votes;
        for (std::size_t q = 0; q < found.size(); ++q) {
            auto const a = found[q][0], b = found[q][1];
            votes.push_back(
                {people_[a.index], 1, a.distance, b.distance - a.distance,
                 b.distance > 0
                     ? std::clamp(1 - static_cast<double>(a.distance) / static_cast<double>(b.distance), 0.0, 1.0)
                     : 0});
        }
        return votes;
    }

private:
    Distance distance_;
    std::size_t cols_;
    std::vector<label> people_;
    std::vector<float> means_;
};

/// How a linear classifier learns.
struct linear_options {
    double cost = 1;         ///< what an error costs beside the length of the weights
    double tolerance = 1e-4; ///< of the largest violation of an optimum's conditions
    std::size_t most_rounds = 1000;
    std::uint64_t seed = 1;
};

/// A linear support vector machine for each person against all others, with squared hinge loss and a bias among the
/// weights.
///
/// Learnt by coordinate descent in the dual, people in parallel; the same for the same seed.
/// @see C.-J. Hsieh, K.-W. Chang, C.-J. Lin, S. Keerthi, S. Sundararajan, "A Dual Coordinate Descent Method for
/// Large-scale Linear SVM", ICML 2008
class linear_classifier {
public:
    /// @param points  N×D
    /// @throws shape_error     when there are not as many labels as points
    /// @throws numeric_error   when a point is not finite
    /// @throws data_error      when there are fewer than two people
    /// @throws argument_error  when cost or tolerance is not positive
    linear_classifier(matrix_view<float const> points, std::span<label const> labels,
                      linear_options const& options = {})
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

    /// The person whose machine answers loudest: `distance` is minus its answer (below 0: this person, on its side of
    /// the plane), `margin` by how much it is ahead of the second, `confidence` the logistic of that.
    ///
    /// @param queries  Q×D
    /// @throws shape_error    when the points' size is another
    /// @throws numeric_error  when a query is not finite
    std::vector<vote> decide(matrix_view<float const> queries) const {
        require<shape_error>(queries.cols() == cols_, "queries of ", queries.cols(), " values for a classifier of ",
                             cols_);
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

private:
    double product(std::size_t p, std::span<float const> x) const {
        double const* const w = weights_.data() + p * (cols_ + 1);
        double sum = w[cols_];
        for (std::size_t k = 0; k < cols_; ++k)
            sum += w[k] * static_cast<double>(x[k]);
        return sum;
    }
    void learn(matrix_view<float const> points, std::span<label const> labels, std::vector<double> const& squares,
               linear_options const& options, std::size_t p) {
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

    std::size_t cols_;
    std::vector<label> people_;
    std::vector<double> weights_; // a person's, then the bias
};

} // namespace trine::neighbors
