#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "verification.hpp"

namespace trine::evaluation {

template <class T>
verification_curve::verification_curve(std::vector<T> const& same, std::vector<T> const& different)
    : same_(same.begin(), same.end()) {
    begin();
    for (T d : different)
        count(static_cast<double>(d), below_, within_, nearest_);
    finish(different.size());
}

template <class T>
void verification_curve::judge_all(detail::cross_distances<T> distance, matrix_view<T const> points,
                                   std::span<label const> labels) {
    std::size_t const n = points.rows();
    require<shape_error>(labels.size() == n, labels.size(), " labels for ", n, " embeddings");
    constexpr std::size_t block = 128;
    buffer<T> distances(std::min(block, n) * n);
    auto const each_block = [&](auto&& body) {
        for (std::size_t first = 0; first < n; first += block) {
            // From the block's own photos on: every pair once, with the one that comes first as the row.
            std::size_t const rows = std::min(block, n - first), columns = n - first;
            matrix_view<T> const d(distances.data(), rows, columns);
            distance(points.slice(first, rows), points.slice(first, columns), d);
            body(labels.subspan(first), d);
        }
    };
    each_block([&](std::span<label const> who, matrix_view<T> d) {
        for (std::size_t i = 0; i < d.rows(); ++i)
            for (std::size_t j = i + 1; j < d.cols(); ++j)
                if (who[i] == who[j])
                    same_.push_back(static_cast<double>(d(i, j)));
    });
    begin();
    std::uint64_t different = 0;
    std::vector<std::vector<std::uint64_t>> below(thread_count(), std::vector<std::uint64_t>(same_.size() + 1)),
        within = below;
    std::vector<double> nearest(thread_count(), nearest_);
    each_block([&](std::span<label const> who, matrix_view<T> d) {
        std::vector<std::uint64_t> counted(d.rows());
        parallel_for(d.rows(), [&](std::size_t i) {
            auto &b = below[thread_index()], &w = within[thread_index()];
            auto& least = nearest[thread_index()];
            for (std::size_t j = i + 1; j < d.cols(); ++j)
                if (who[i] != who[j])
                    count(static_cast<double>(d(i, j)), b, w, least), ++counted[i];
        });
        for (auto c : counted)
            different += c;
    });
    nearest_ = *std::min_element(nearest.begin(), nearest.end());
    for (std::size_t t = 0; t < below.size(); ++t) // whole numbers: in whatever order they are added
        for (std::size_t i = 0; i <= same_.size(); ++i)
            below_[i] += below[t][i], within_[i] += within[t][i];
    finish(different);
}

TRINE_INLINE double verification_curve::auc() const {
    double wins = 0;
    for (std::size_t i = 0; i < same_.size(); ++i)
        wins += static_cast<double>(different_ - within_[i]) + 0.5 * static_cast<double>(within_[i] - below_[i]);
    return wins / (static_cast<double>(same_.size()) * static_cast<double>(different_));
}

TRINE_INLINE operating_point verification_curve::equal_error() const {
    // Walks up the distances of same pairs: between two of them the share of rejected same pairs stays, and that of
    // accepted different pairs grows.
    double const ns = static_cast<double>(same_.size()), nd = static_cast<double>(different_);
    double reject = 1, accept = 0;
    for (std::size_t i = 0; i < same_.size();) {
        double const at = same_[i], before = static_cast<double>(below_[i]) / nd,
                     with = static_cast<double>(within_[i]) / nd;
        if (before >= reject) // it was reached among different pairs that are nearer than this same pair
            return {i > 0 ? same_[i - 1] : at, 1 - reject, reject};
        std::size_t next = i;
        while (next < same_.size() && same_[next] == at)
            ++next;
        double const rest = 1 - static_cast<double>(next) / ns;
        if (rest <= with) { // it lies on the line from (reject, before) to (rest, with)
            double const share = (reject - before) / ((reject - before) + (with - rest)),
                         rate = before + share * (with - before);
            return {at, 1 - rate, rate};
        }
        reject = rest, accept = with, i = next;
    }
    return {same_.back(), 1 - accept, accept};
}

TRINE_INLINE operating_point verification_curve::at_false_accept_rate(double rate) const {
    require<argument_error>(rate >= 0 && rate <= 1, "a false-accept rate of ", rate, ": it has to lie between 0 and 1");
    double const nd = static_cast<double>(different_);
    std::size_t const i = static_cast<std::size_t>(
        std::partition_point(within_.begin(), within_.end() - 1,
                             [&](std::uint64_t w) { return static_cast<double>(w) <= rate * nd * (1 + 1e-12); }) -
        within_.begin());
    if (i == 0) {
        // Below the nearest same pair, if that lets in few enough of the different ones, or else below all pairs.
        bool const few = static_cast<double>(below_[0]) <= rate * nd * (1 + 1e-12);
        return {std::nextafter(few ? same_[0] : nearest_, -std::numeric_limits<double>::infinity()), 0,
                few ? static_cast<double>(below_[0]) / nd : 0};
    }
    return {same_[i - 1], static_cast<double>(i) / static_cast<double>(same_.size()),
            static_cast<double>(within_[i - 1]) / nd};
}

TRINE_INLINE std::vector<operating_point> verification_curve::roc(std::size_t points) const {
    double const below_all = std::nextafter(std::min(same_[0], nearest_), -std::numeric_limits<double>::infinity());
    std::vector<operating_point> line{{below_all > 0 ? 0.0 : below_all, 0, 0}};
    double const ns = static_cast<double>(same_.size()), nd = static_cast<double>(different_);
    double last = 0;
    for (std::size_t i = 0; i < same_.size(); ++i) {
        if (i + 1 < same_.size() && same_[i + 1] == same_[i])
            continue;
        operating_point const p{same_[i], static_cast<double>(i + 1) / ns, static_cast<double>(within_[i]) / nd};
        if (double const along = p.true_accept_rate + p.false_accept_rate;
            along - last >= 2.0 / static_cast<double>(points) || i + 1 == same_.size())
            line.push_back(p), last = along;
    }
    line.push_back({std::numeric_limits<double>::infinity(), 1, 1});
    return line;
}

TRINE_INLINE void verification_curve::begin() {
    require<data_error>(!same_.empty(), "verification needs pairs of both kinds: there is no pair of one person");
    for (double d : same_)
        require<numeric_error>(!std::isnan(d), "the distance of a pair is not a number");
    std::sort(same_.begin(), same_.end());
    below_.assign(same_.size() + 1, 0), within_.assign(same_.size() + 1, 0);
}

TRINE_INLINE void verification_curve::count(double d, std::vector<std::uint64_t>& below,
                                            std::vector<std::uint64_t>& within, double& nearest) const {
    require<numeric_error>(!std::isnan(d), "the distance of a pair is not a number");
    if (d > same_.back()) { // nearly all
        ++below.back(), ++within.back();
        return;
    }
    nearest = std::min(nearest, d);
    ++below[static_cast<std::size_t>(std::upper_bound(same_.begin(), same_.end(), d) - same_.begin())];
    ++within[static_cast<std::size_t>(std::lower_bound(same_.begin(), same_.end(), d) - same_.begin())];
}

TRINE_INLINE void verification_curve::finish(std::uint64_t different) {
    require<data_error>(different > 0, "verification needs pairs of both kinds: there is no pair of two people");
    different_ = different;
    for (std::size_t i = 1; i <= same_.size(); ++i)
        below_[i] += below_[i - 1], within_[i] += within_[i - 1];
}

template <class T>
verification evaluate_verification(std::vector<T> const& same, std::vector<T> const& different) {
    verification_curve const curve(same, different);
    auto const equal = curve.equal_error();
    return {curve.auc(), equal.false_accept_rate, equal.distance, same.size(), different.size()};
}

namespace detail {

template <class T>
pair_distances<T> pairs_of(matrix_view<T const> distances, std::span<label const> labels) {
    require<shape_error>(distances.rows() == labels.size() && distances.cols() == labels.size(), distances.rows(), "×",
                         distances.cols(), " distances for ", labels.size(), " labels");
    pair_distances<T> pairs;
    for (std::size_t i = 0; i < labels.size(); ++i)
        for (std::size_t j = i + 1; j < labels.size(); ++j)
            (labels[i] == labels[j] ? pairs.same : pairs.different).push_back(distances(i, j));
    return pairs;
}

} // namespace detail

TRINE_INLINE pair_distances<float> split_pairs(matrix_view<float const> distances, std::span<label const> labels) {
    return detail::pairs_of(distances, labels);
}
TRINE_INLINE pair_distances<double> split_pairs(matrix_view<double const> distances, std::span<label const> labels) {
    return detail::pairs_of(distances, labels);
}

TRINE_INLINE verification evaluate_verification(matrix_view<float const> distances, std::span<label const> labels) {
    auto const pairs = split_pairs(distances, labels);
    return evaluate_verification(pairs.same, pairs.different);
}
TRINE_INLINE verification evaluate_verification(matrix_view<double const> distances, std::span<label const> labels) {
    auto const pairs = split_pairs(distances, labels);
    return evaluate_verification(pairs.same, pairs.different);
}

#ifdef TRINE_COMPILED
template verification_curve::verification_curve(std::vector<float> const&, std::vector<float> const&);
template void verification_curve::judge_all(detail::cross_distances<float>, matrix_view<float const>,
                                            std::span<label const>);
template verification evaluate_verification(std::vector<float> const&, std::vector<float> const&);
template verification_curve::verification_curve(std::vector<double> const&, std::vector<double> const&);
template void verification_curve::judge_all(detail::cross_distances<double>, matrix_view<double const>,
                                            std::span<label const>);
template verification evaluate_verification(std::vector<double> const&, std::vector<double> const&);
#endif

} // namespace trine::evaluation
