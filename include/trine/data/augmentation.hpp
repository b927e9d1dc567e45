#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/config.hpp"
#include "../core/random.hpp"

namespace trine::data {

/// Random changes that leave a person recognisable; each strength 0 turns one off.
struct augmentation {
    static constexpr std::string_view name = "augmentation";

    double flip = 0.5;        ///< probability of mirroring left and right
    double shift = 0.06;      ///< of the size, at most, on each axis
    double rotation = 8;      ///< degrees at most, either way
    double scale = 0.1;       ///< at most, smaller or larger
    double brightness = 0.15; ///< at most, of the full range, darker or brighter
    double contrast = 0.25;   ///< at most, flatter or steeper
    double erase = 0.3;       ///< probability that a random rectangle turns grey
    double erase_area = 0.12; ///< of the photo, at most

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("flip", self.flip), visit("shift", self.shift), visit("rotation", self.rotation);
        visit("scale", self.scale), visit("brightness", self.brightness), visit("contrast", self.contrast);
        visit("erase", self.erase), visit("erase_area", self.erase_area);
    }

    /// No change at all.
    static augmentation none() { return {0, 0, 0, 0, 0, 0, 0, 0}; }

    /// @throws argument_error  when a strength is negative, not finite or above a million, or a probability or share
    /// above 1
    void check() const;

    /// Reads a photo and writes the changed one as a network takes it, −1 … 1. Beyond the border the border goes on.
    ///
    /// @param photo  C×H×W
    /// @param out    C×H×W
    /// @throws as `check`
    void operator()(std::uint8_t const* photo, std::size_t channels, std::size_t height, std::size_t width,
                    random_stream& random, float* out) const;
};

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "augmentation_impl.hpp"
#endif
