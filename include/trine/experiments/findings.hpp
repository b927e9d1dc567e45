#pragma once

/// What follows from a study: means with intervals, differences that survive correction, ranks, and their files.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "../evaluation/comparison.hpp"
#include "study.hpp"

namespace trine::experiments {

/// What follows for one entry; means over folds, of means over seeds.
struct entry_finding {
    std::string name;
    std::array<evaluation::fold_mean, measure_count> measures; ///< tuned
    evaluation::fold_mean given;                               ///< MAP@R with the values that its policies come with
    evaluation::fold_mean tuning;                              ///< what tuning was worth: tuned less given
    double rank = 0;                                           ///< mean over folds, by MAP@R; 1 is best
    double active = 0;                                         ///< share of the loss's terms above 0, over all epochs
    double seconds_per_step = 0;
    std::size_t failures = 0; ///< among tries and trainings
};

/// Two entries: MAP@R of the first less that of the second.
struct pair_finding {
    std::size_t first = 0, second = 0; ///< places of the entries
    evaluation::fold_mean difference;
    double p = 1; ///< corrected for all pairs, by Holm
};

struct findings {
    std::vector<entry_finding> entries;
    std::vector<pair_finding> pairs; ///< all of them
    evaluation::ranking ranks;       ///< over folds, corrected for what they share; empty for one entry

    /// Whether two entries differ, all pairs considered.
    bool differ(std::size_t first, std::size_t second, double significance = 0.05) const;
};

/// What follows from entries of which all runs are there.
///
/// @throws data_error  when there is none
findings conclude(std::span<entry_result const> results);

/// Comma-separated values, a line for each training with tuned or given values: how it was judged. The same bits for
/// the same study.
std::string results_csv(std::span<entry_result const> results);
/// A line for each try: its values and how it was judged.
std::string tries_csv(std::span<entry_result const> results);
/// A line for each training: steps and seconds, which differ from run to run.
std::string costs_csv(std::span<entry_result const> results);
/// A line for each pair of entries.
std::string pairs_csv(findings const& found);

} // namespace trine::experiments

#ifdef TRINE_HEADER_ONLY
#include "findings_impl.hpp"
#endif
