#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "../core/config.hpp"
#include "../core/label.hpp"
#include "../core/view.hpp"
#include "exact.hpp"
#include "vote.hpp"

namespace trine::neighbors {

namespace detail {

// The points' places by person; checks what is to be learnt from.
std::map<label, std::vector<std::size_t>> places_by_person(matrix_view<float const> points,
                                                           std::span<label const> labels);

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
                      linear_options const& options = {});

    /// The person whose machine answers loudest: `distance` is minus its answer (below 0: this person, on its side of
    /// the plane), `margin` by how much it is ahead of the second, `confidence` the logistic of that.
    ///
    /// @param queries  Q×D
    /// @throws shape_error    when the points' size is another
    /// @throws numeric_error  when a query is not finite
    std::vector<vote> decide(matrix_view<float const> queries) const;

private:
    double product(std::size_t p, std::span<float const> x) const;
    void learn(matrix_view<float const> points, std::span<label const> labels, std::vector<double> const& squares,
               linear_options const& options, std::size_t p);

    std::size_t cols_;
    std::vector<label> people_;
    std::vector<double> weights_; // a person's, then the bias
};

} // namespace trine::neighbors

#ifdef TRINE_HEADER_ONLY
#include "classifiers_impl.hpp"
#endif
