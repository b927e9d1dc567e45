#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sampler.hpp"

namespace trine::data {

/// Batches of P people with K photos each, for photos that are not known yet; see `pk_sampler`.
struct pk {
    static constexpr std::string_view name = "pk";
    std::size_t people = 16; ///< P
    std::size_t photos = 4;  ///< K

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("people", self.people), visit("photos", self.photos);
    }
    /// @throws argument_error, data_error  as `pk_sampler`
    any_sampler operator()(std::span<label const> labels, std::uint64_t seed) const {
        return pk_sampler(labels, people, photos, seed);
    }
};

} // namespace trine::data
