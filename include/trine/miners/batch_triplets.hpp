#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "concepts.hpp"

namespace trine::miners {

/// The triplets that the batch itself is: photos 3i, 3i + 1 and 3i + 2 are anchor, positive and negative, whatever
/// their labels say. For batches that were made of triplets beforehand.
struct batch_triplets {
    static constexpr std::string_view name = "batch_triplets";

    /// What stands for the labels of a batch: anchor and positive are one person, the negative is another.
    ///
    /// @throws shape_error  when the batch is not made of three at a time
    std::vector<label> labels_for(std::size_t photos) const {
        require<shape_error>(photos % 3 == 0, "batch_triplets: a batch of ", photos,
                             " photos, which has to be anchors, positives and negatives by turns");
        std::vector<label> labels(photos);
        for (std::size_t i = 0; i < photos; ++i)
            labels[i] = static_cast<label>(i / 3 * 2 + i % 3 / 2);
        return labels;
    }

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        if (a.anchor % 3 != 0)
            return;
        auto const negative = std::lower_bound(a.negatives.begin(), a.negatives.end(), a.anchor + 2);
        visit(0, static_cast<std::size_t>(negative - a.negatives.begin()));
    }
};

} // namespace trine::miners
