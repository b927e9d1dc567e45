#pragma once

// Pairs of photos, to find a threshold by.

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace program {

using photo_pair = std::pair<std::size_t, std::size_t>; // places in the list of people

struct chosen_pairs {
    std::vector<photo_pair> same, different;
    bool all = true; // or a sample
};

/// All pairs of photos of one person and of two; where there are more than so many of a kind, as many of them drawn
/// evenly, always the same ones.
///
/// @param people  of each photo
chosen_pairs choose_pairs(std::span<std::size_t const> people, std::size_t most_same, std::size_t most_different);

/// A threshold with six digits, so that it can be printed and copied: the nearest such number, or the largest that is
/// not above.
double six_digits(double value);
double six_digits_below(double value);

} // namespace program
