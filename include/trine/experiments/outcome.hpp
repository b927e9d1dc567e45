#pragma once

/// What a run of a study came to.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/config.hpp"
#include "../core/label.hpp"
#include "../core/view.hpp"
#include "../io/json.hpp"

namespace trine::experiments {

/// What networks are judged by, all from 0 to 1, more being better; in the order of `outcome::measures`.
enum class measure : std::size_t {
    map_at_r,       ///< mean average precision at R: what tries are chosen by
    r_precision,    ///< share of the R nearest that are right
    precision_at_1, ///< share whose nearest is right
    tar,            ///< true accept rate at a false accept rate of 10⁻³, over all pairs
    rank_1,         ///< share named rightly when one photo of each person is enrolled
};
inline constexpr std::size_t measure_count = 5;

/// As columns of files are called.
std::string_view name_of(measure m);

/// What a run came to: how what it learnt does on the people it is judged by, and what it cost.
struct outcome {
    static constexpr std::size_t bins = 32;       ///< of the histograms, over squared distances of unit vectors
    static constexpr double farthest = 4;         ///< at which they end
    std::array<double, measure_count> measures{}; ///< all 0 for a run that failed
    std::vector<double> loss, active;             ///< an epoch each: mean loss, and share of its terms above 0
    std::vector<double> same, different;          ///< shares of the pairs of one person, and of two, by their distance
    std::size_t steps = 0;
    double seconds = 0;  ///< of training
    std::string failure; ///< why there is nothing to judge; empty where there is

    double operator[](measure m) const { return measures[static_cast<std::size_t>(m)]; }
    double mean_active() const;
    double seconds_per_step() const { return steps > 0 ? seconds / static_cast<double>(steps) : 0; }

    io::json to_json() const;
    /// @throws format_error  when it is no outcome
    static outcome from_json(io::json const& from);
};

/// Judges embeddings of unit length, N×D: all but what the training cost.
///
/// @throws shape_error  unless there is a label for each
/// @throws data_error   unless there are two people, and two photos of some
outcome judge(matrix_view<float const> points, std::span<label const> people);

} // namespace trine::experiments

#ifdef TRINE_HEADER_ONLY
#include "outcome_impl.hpp"
#endif
