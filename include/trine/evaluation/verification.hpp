#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "../core/config.hpp"
#include "../core/label.hpp"
#include "../core/view.hpp"
#include "cross_distances.hpp"

namespace trine::evaluation {

/// How well distances tell pairs of one person from pairs of two.
struct verification {
    double auc =
        0; ///< area under the ROC: probability that a same pair is nearer than a different pair, ties counting half
    double equal_error_rate = 0; ///< where as many same pairs are rejected as different pairs are accepted
    double threshold = 0;        ///< the distance there
    std::size_t same = 0, different = 0;
};

/// Where verification accepts up to some distance.
struct operating_point {
    double distance = 0, true_accept_rate = 0, false_accept_rate = 0;
};

/// Everything that verification can be asked about some pairs, exactly, in memory for the pairs of one person alone: of
/// those of two people only how many lie before each of the others is kept.
///
/// So all pairs of 100 000 photos, five thousand million, can be judged.
class verification_curve {
public:
    /// From the distances of pairs.
    ///
    /// @throws data_error     when there is no same pair or no different pair
    /// @throws numeric_error  when a distance is NaN
    template <class T>
    verification_curve(std::vector<T> const& same, std::vector<T> const& different);

    /// Of all pairs of photos, by blocks of rows of their distances; in parallel, the same for any number of threads.
    ///
    /// @param points  N×D
    /// @throws shape_error  unless there is a label for each point
    /// @throws as above
    template <class Distance>
    verification_curve(Distance const& distance, matrix_view<float const> points, std::span<label const> labels) {
        judge_all(detail::cross_distances<float>(distance), points, labels);
    }
    template <class Distance>
    verification_curve(Distance const& distance, matrix_view<double const> points, std::span<label const> labels) {
        judge_all(detail::cross_distances<double>(distance), points, labels);
    }

    std::size_t same() const { return same_.size(); }
    std::uint64_t different() const { return different_; }

    /// @see `verification::auc`
    double auc() const;

    /// Where the two error rates are equal, on the straight lines between the thresholds that pairs give.
    operating_point equal_error() const;

    /// The largest share of same pairs that is accepted while at most `rate` of the different pairs are. Its distance,
    /// used as a threshold (nearer or as near is one person), accepts just these: where no same pair is near enough, it
    /// is just below the nearest pair.
    ///
    /// @throws argument_error  unless 0 ≤ rate ≤ 1
    operating_point at_false_accept_rate(double rate) const;

    /// The ROC as a line of at most so many points from (0, 0) to (1, 1), evenly along its length; 1 − true_accept_rate
    /// over false_accept_rate is the detection-error trade-off.
    std::vector<operating_point> roc(std::size_t points = 1000) const;

private:
    template <class T>
    void judge_all(detail::cross_distances<T> distance, matrix_view<T const> points, std::span<label const> labels);
    void begin();
    // At first: how many different pairs have this as their first same pair that is farther, or not nearer.
    void count(double d, std::vector<std::uint64_t>& below, std::vector<std::uint64_t>& within, double& nearest) const;
    // Then: how many are nearer than each same pair, or not farther.
    void finish(std::uint64_t different);

    std::vector<double> same_;
    std::vector<std::uint64_t> below_, within_; // one longer than `same_`: the last counts all
    std::uint64_t different_ = 0;
    double nearest_ =
        std::numeric_limits<double>::infinity(); // of the different pairs, where one is as near as a same one
};

/// Verification metrics from the distances of pairs.
///
/// @throws data_error     when there is no same pair or no different pair
/// @throws numeric_error  when a distance is NaN
template <class T>
verification evaluate_verification(std::vector<T> const& same, std::vector<T> const& different);

/// Distances of the pairs of one person, and of those of two.
template <class T>
struct pair_distances {
    std::vector<T> same, different;
};

/// All pairs of photos, from their B×B distances.
///
/// @throws shape_error  unless there is a row and a column for each label
pair_distances<float> split_pairs(matrix_view<float const> distances, std::span<label const> labels);
pair_distances<double> split_pairs(matrix_view<double const> distances, std::span<label const> labels);

/// Verification metrics over all pairs of photos, from their B×B distances.
///
/// @throws as `split_pairs` and above
verification evaluate_verification(matrix_view<float const> distances, std::span<label const> labels);
verification evaluate_verification(matrix_view<double const> distances, std::span<label const> labels);

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "verification_impl.hpp"
#endif
