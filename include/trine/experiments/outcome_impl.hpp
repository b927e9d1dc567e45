#pragma once

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "../core/error.hpp"
#include "../distances/euclidean.hpp"
#include "../evaluation/identification.hpp"
#include "../evaluation/retrieval.hpp"
#include "../evaluation/verification.hpp"
#include "json_members.hpp"
#include "outcome.hpp"

namespace trine::experiments {

TRINE_INLINE std::string_view name_of(measure m) {
    constexpr std::string_view names[measure_count]{"map_at_r", "r_precision", "precision_at_1", "tar_at_far_0.001",
                                                    "rank_1_one_enrolled"};
    return names[static_cast<std::size_t>(m)];
}

TRINE_INLINE double outcome::mean_active() const {
    double sum = 0;
    for (double a : active)
        sum += a / static_cast<double>(active.size());
    return sum;
}

TRINE_INLINE io::json outcome::to_json() const {
    io::json::object all;
    for (std::size_t i = 0; i < measure_count; ++i)
        all.emplace_back(std::string(name_of(static_cast<measure>(i))), measures[i]);
    all.emplace_back("loss", detail::json_list(loss));
    all.emplace_back("active", detail::json_list(active));
    all.emplace_back("same", detail::json_list(same));
    all.emplace_back("different", detail::json_list(different));
    all.emplace_back("steps", steps);
    all.emplace_back("seconds", seconds);
    if (!failure.empty())
        all.emplace_back("failure", failure);
    return io::json(std::move(all));
}

TRINE_INLINE outcome outcome::from_json(io::json const& from) {
    outcome o;
    for (std::size_t i = 0; i < measure_count; ++i)
        o.measures[i] = detail::member(from, name_of(static_cast<measure>(i))).number();
    o.loss = detail::numbers(from, "loss"), o.active = detail::numbers(from, "active");
    o.same = detail::numbers(from, "same"), o.different = detail::numbers(from, "different");
    auto const* const steps = detail::member(from, "steps").size();
    require<format_error>(steps != nullptr, "a run's \"steps\" is no count");
    o.steps = static_cast<std::size_t>(*steps);
    o.seconds = detail::member(from, "seconds").number();
    if (from.find("failure") != nullptr)
        o.failure = detail::text(from, "failure");
    return o;
}

TRINE_INLINE outcome judge(matrix_view<float const> points, std::span<label const> people) {
    require<shape_error>(points.rows() == people.size(), people.size(), " labels for ", points.rows(), " points");
    distances::squared_euclidean const distance;
    outcome o;
    auto const found = evaluation::evaluate_retrieval(distance, points, people, points, people, true);
    o.measures[static_cast<std::size_t>(measure::map_at_r)] = found.mean_average_precision_at_r;
    o.measures[static_cast<std::size_t>(measure::r_precision)] = found.r_precision;
    o.measures[static_cast<std::size_t>(measure::precision_at_1)] = found.precision_at_1;
    o.measures[static_cast<std::size_t>(measure::tar)] =
        evaluation::verification_curve(distance, points, people).at_false_accept_rate(1e-3).true_accept_rate;
    // The first photo of each person is enrolled, the others are named.
    std::vector<float> gallery, probes;
    std::vector<label> known, asked;
    std::set<label> seen;
    for (std::size_t i = 0; i < people.size(); ++i) {
        bool const is_first = seen.insert(people[i]).second;
        auto const row = points.row(i);
        auto& to = is_first ? gallery : probes;
        to.insert(to.end(), row.begin(), row.end());
        (is_first ? known : asked).push_back(people[i]);
    }
    o.measures[static_cast<std::size_t>(measure::rank_1)] =
        evaluation::evaluate_identification(distance, {probes.data(), asked.size(), points.cols()}, asked,
                                            {gallery.data(), known.size(), points.cols()}, known)
            .rank(1);
    o.same.assign(outcome::bins, 0), o.different.assign(outcome::bins, 0);
    double same = 0, different = 0;
    std::vector<float> row(points.rows());
    for (std::size_t i = 0; i < points.rows(); ++i) {
        distance.cross(matrix_view<float const>(points.row(i).data(), 1, points.cols()), points,
                       matrix_view<float>(row.data(), 1, row.size()));
        for (std::size_t j = i + 1; j < points.rows(); ++j) {
            auto const bin = std::min(outcome::bins - 1, static_cast<std::size_t>(static_cast<double>(row[j]) /
                                                                                  outcome::farthest * outcome::bins));
            bool const is_same = people[i] == people[j];
            (is_same ? o.same : o.different)[bin] += 1;
            (is_same ? same : different) += 1;
        }
    }
    for (double& s : o.same)
        s /= std::max(1.0, same);
    for (double& s : o.different)
        s /= std::max(1.0, different);
    return o;
}

} // namespace trine::experiments
