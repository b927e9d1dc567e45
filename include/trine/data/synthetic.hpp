#pragma once

#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "dataset.hpp"

namespace trine::data {

/// Drawn faces without end: an identity is a set of shape and colour parameters, a photo adds pose, light, expression
/// and noise.
///
/// Made for tests, lessons and machines without photos. What varies within a person (light, background, pose) changes
/// more pixels than what tells people apart, so raw pixels or an untrained network recognise poorly.
struct synthetic_faces {
    std::size_t channels = 1, height = 64, width = 64;
    std::uint64_t seed = 1;

    /// Photo number `photo` of person number `person`.
    ///
    /// @throws shape_error  unless there are 1 or 3 channels and at least 16×16 pixels
    image draw(std::size_t person, std::size_t photo) const;

    /// `people` persons with `photos` photos each, from person number `first` on.
    ///
    /// @throws argument_error  when there are not as many people (2³²) or photos of one (2³² − 2), or more
    /// than 2⁴⁰ photos in all
    /// @throws shape_error     as `draw`
    /// @throws data_error      when there is no memory for them
    dataset make(std::size_t people, std::size_t photos, std::size_t first = 0) const;
};

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "synthetic_impl.hpp"
#endif
