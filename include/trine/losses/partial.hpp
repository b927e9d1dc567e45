#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/random.hpp"
#include "concepts.hpp"

namespace trine::losses {

/// Draws the classes that a batch is compared with: its own, and of the others so many at random, without repetition,
/// that a share of all is reached. The draw belongs to (seed, step).
struct share_of_classes {
    static constexpr std::string_view name = "share_of_classes";
    double share = 0.1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("share", self.share);
    }
    void check() const {
        require<argument_error>(share > 0 && share <= 1, "share_of_classes: share ", share,
                                ", which is from above 0 to 1");
    }

    /// @param own  classes of the batch's photos
    /// @return classes in their order
    std::vector<std::size_t> operator()(std::span<std::size_t const> own, std::size_t classes, std::uint64_t seed,
                                        std::uint32_t step) const {
        std::vector<char> taken(classes);
        std::size_t count = 0;
        auto const take = [&](std::size_t c) {
            bool const is_new = taken[c] == 0;
            taken[c] = 1, count += is_new;
            return is_new;
        };
        for (std::size_t c : own)
            take(c);
        std::vector<std::size_t> others;
        others.reserve(classes - count);
        for (std::size_t c = 0; c < classes; ++c)
            if (taken[c] == 0)
                others.push_back(c);
        auto const wanted =
            std::min(classes, static_cast<std::size_t>(std::ceil(share * static_cast<double>(classes) - 1e-9)));
        // The first draws of a shuffle.
        random_stream stream(seed, purpose::classes, step);
        std::size_t const more = wanted > count ? wanted - count : 0;
        for (std::size_t i = 0; i < more; ++i) {
            std::swap(others[i], others[i + stream.below(others.size() - i)]);
            take(others[i]);
        }
        std::vector<std::size_t> drawn;
        drawn.reserve(count);
        for (std::size_t c = 0; c < classes; ++c)
            if (taken[c] != 0)
                drawn.push_back(c);
        return drawn;
    }
};

/// Another loss over classes, with a part of them in every batch: the photos' own, and others that are drawn anew. Time
/// and memory of the head, but for weights and their gradient, are those of the part. Weights that were not drawn have
/// gradient 0; an optimiser with momentum moves them on all the same.
///
/// @tparam Draw  (own classes, classes, seed, step) to classes in their order, the own among them
/// @see X. An et al., "Partial FC: Training 10 Million Identities on a Single Machine", ICCV Workshops 2021; "Killing
/// Two Birds with One Stone: Efficient and Robust Training of Face Recognition CNNs by Partial FC", CVPR 2022
template <class Loss, class Draw = share_of_classes>
struct partial : Loss {
    static constexpr std::string_view name = Loss::name;
    Draw draw{};

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        if constexpr (requires { Loss::values(self, visit); })
            Loss::values(self, visit);
        visit("draw", self.draw);
    }
    void check() const {
        check_values(static_cast<Loss const&>(*this));
        check_values(draw);
    }
};

} // namespace trine::losses
