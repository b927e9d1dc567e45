#pragma once

/// Which values are tried next: the ones that a policy comes with, then random ones, then what a tree-structured Parzen
/// estimator makes of how those before were judged.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/config.hpp"
#include "../core/tunable.hpp"

namespace trine::experiments {

/// A value that is tuned, such as "loss.margin": from where to where, and what it is without tuning.
struct parameter {
    std::string name;
    double low = 0, high = 1;
    spacing how = spacing::linear;
    bool whole = false;
    double given = 0; ///< which may lie outside
};

/// Refuses a range that is none.
///
/// @throws argument_error  when it ends below its beginning, or is logarithmic and not above 0
void require_range(parameter const& p);

/// Values of an entry's parameters that were tried, and how they were judged: more is better, and NaN is a failure.
struct trial {
    std::vector<double> values;
    double score = std::numeric_limits<double>::quiet_NaN();
};

/// How values are searched for.
struct search_options {
    static constexpr std::string_view name = "search";
    std::size_t random = 6;      ///< random tries, before the estimator has something to go by
    std::size_t candidates = 24; ///< that the estimator draws for each value, to take the most promising
    double good = 0.25;          ///< share of the tries that it calls good

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("random", self.random), visit("candidates", self.candidates), visit("good", self.good);
    }
};

/// The values of the next try. They depend on what was tried so far and the seed alone.
///
/// The estimator models where good tries lie, and where the others, each by Gaussians around them with a uniform part,
/// value by value; it draws from the first and takes what is likeliest under the first against the second.
///
/// @throws argument_error  for a range that is none, a logarithmic one that is not above 0, or no candidates
/// @throws shape_error     when a trial has not as many values as there are parameters
/// @see J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for Hyper-Parameter Optimization", NIPS 2011
std::vector<double> next_values(std::span<parameter const> parameters, std::span<trial const> so_far,
                                search_options const& how, std::uint64_t seed);

/// The place of the best trial, the first of equal ones; the first of all, where none succeeded.
std::size_t best_of(std::span<trial const> trials);

} // namespace trine::experiments

#ifdef TRINE_HEADER_ONLY
#include "search_impl.hpp"
#endif
