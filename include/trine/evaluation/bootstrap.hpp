#pragma once

/// How far a figure might be off, had other people been photographed: intervals by drawing people again.

#include <cstddef>
#include <cstdint>
#include <span>

#include "../core/config.hpp"
#include "../core/label.hpp"

namespace trine::evaluation {

struct bootstrap_options {
    std::size_t resamples = 2000;
    double confidence = 0.95;
    std::uint64_t seed = 1;
};

/// A figure and where it would lie in such a share of repetitions.
struct bootstrap_interval {
    double estimate = 0, low = 0, high = 0;
};

namespace detail {

bootstrap_interval bootstrap(std::size_t units, void const* figure,
                             double (*call)(void const* figure, std::span<std::size_t const> drawn),
                             bootstrap_options const& how);

} // namespace detail

/// The interval of any figure by the percentile bootstrap: units are drawn with replacement, as many as there are, and
/// the figure is computed from those. Parallel, the same for any number of threads.
///
/// A unit is what would be drawn anew if all were repeated: with photos of faces a person, not a photo, for photos of
/// one person are alike.
///
/// @param units   how many there are
/// @param figure  called with the numbers of the units drawn, as `std::span<std::size_t const>`, from several threads
/// @throws data_error      when there are no units
/// @throws argument_error  unless 0 < confidence < 1 and there are at least 2 resamples
/// @see B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13
template <class Figure>
bootstrap_interval bootstrap(std::size_t units, Figure const& figure, bootstrap_options const& how = {}) {
    return detail::bootstrap(
        units, &figure,
        [](void const* f, std::span<std::size_t const> drawn) -> double {
            return (*static_cast<Figure const*>(f))(drawn);
        },
        how);
}

/// The interval of a mean over photos, such as the share recognised, when people are drawn whole with all their photos.
///
/// @param values   one a photo: 1 for right and 0 for wrong, or an average precision
/// @param people   whose photo it is
/// @throws shape_error  unless there is a person for each value
/// @throws as `bootstrap`
/// @see C. Field, A. Welsh, "Bootstrapping Clustered Data", Journal of the Royal Statistical Society B 69(3), 2007
bootstrap_interval bootstrap_mean(std::span<double const> values, std::span<label const> people,
                                  bootstrap_options const& how = {});

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "bootstrap_impl.hpp"
#endif
