#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../arrays/tensor.hpp"
#include "../core/config.hpp"
#include "../core/label.hpp"
#include "image.hpp"

namespace trine::data {

/// Photos of one size with the people on them. A label is a place in `people`.
struct dataset {
    std::size_t channels = 0, height = 0, width = 0;
    std::vector<std::string> people;
    std::vector<label> labels;
    std::vector<std::string> sources;  ///< where each photo came from
    std::vector<std::uint8_t> samples; ///< N×C×H×W

    std::size_t size() const { return labels.size(); }
    std::size_t photo_size() const { return channels * height * width; }
    std::uint8_t const* photo(std::size_t i) const { return samples.data() + i * photo_size(); }
    image picture(std::size_t i) const;

    /// The photos at some places, in that order; people keep their labels.
    dataset subset(std::span<std::size_t const> places) const;
    void add(image const& photo, label who, std::string source);
    /// Photos as a network takes them: N×C×H×W, from 0 … 255 to −1 … 1.
    tensor<float, 4> tensors() const;
};

/// One photo as a network takes it: 1×C×H×W, from 0 … 255 to −1 … 1.
tensor<float, 4> to_tensor(image const& photo);

/// The people of whom there are so many photos, numbered anew without gaps.
dataset with_photos(dataset const& all, std::size_t at_least, std::size_t at_most = static_cast<std::size_t>(-1));

/// Two parts of a dataset, as places in it.
struct split {
    std::vector<std::size_t> first, second;
};

/// The first `count` photos of every person, and all others.
split split_by_photo(dataset const& d, std::size_t count);

/// A share of every person's photos, drawn at random but at least one left on either side where there are two, and all
/// others.
///
/// @throws argument_error  unless 0 < share < 1
split split_by_photo(dataset const& d, double share, std::uint64_t seed);

/// Photos of all people but those from `first` to `last` (exclusive), and the photos of those.
split split_by_person(dataset const& d, label first, label last);

/// Photos of all people but so many, drawn at random from those who have two photos or more, and the photos of those.
///
/// @throws data_error  when there are not so many
split split_off_people(dataset const& d, std::size_t people, std::uint64_t seed);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "dataset_impl.hpp"
#endif
