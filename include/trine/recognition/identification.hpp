#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "../core/error.hpp"
#include "../neighbors/gallery.hpp"
#include "../neighbors/vote.hpp"

namespace trine {

/// Who a photo shows, as far as the gallery knows.
struct identification {
    std::string name;                         ///< of the winner, whether known or not
    bool known = true;                        ///< whether the distance is within the threshold
    float distance = 0;                       ///< of this person's nearest enrolled photo
    float margin = 0;                         ///< how much farther the nearest photo of anybody else is
    std::size_t votes = 0;                    ///< of the k nearest photos
    double confidence = 0;                    ///< this person's share of what the k nearest weigh
    std::vector<neighbors::neighbor> nearest; ///< places in the gallery, nearest first
    /// Length of the photo's embedding: with `losses::magface` and `losses::adaface` the longer, the better the photo.
    /// 1 where the network ends in `nn::l2_normalize`.
    double quality = 1;
};

/// How a photo is named.
struct decision_rule {
    std::size_t k = 1;                                          ///< neighbours that vote
    bool weighted = false;                                      ///< nearer ones weigh more
    double threshold = std::numeric_limits<double>::infinity(); ///< farther than this is unknown; see
                                                                ///< evaluation/thresholds.hpp for finding one
};

/// Names photos by the votes of their nearest in a gallery.
///
/// @param found  of each photo the nearest, as places in the gallery
/// @throws numeric_error  when the threshold is NaN, with which nobody would be known or all, as one compares
template <class Storage>
std::vector<identification> identify(neighbors::gallery<Storage> const& gallery, neighbors::neighbor_lists const& found,
                                     decision_rule const& rule) {
    require<numeric_error>(rule.threshold == rule.threshold, "a threshold that is not a number");
    std::vector<identification> all;
    for (std::size_t q = 0; q < found.size(); ++q) {
        // Votes are counted among the neighbours alone: a gallery may hold millions.
        std::vector<neighbors::neighbor> near(found[q].begin(), found[q].end());
        std::vector<label> labels;
        for (std::size_t i = 0; i < near.size(); ++i) {
            labels.push_back(static_cast<label>(gallery.person(near[i].index)));
            near[i].index = i;
        }
        auto const v = rule.weighted ? neighbors::distance_weighted(near, labels) : neighbors::majority(near, labels);
        all.push_back({gallery.person_name(static_cast<std::size_t>(v.who)),
                       static_cast<double>(v.distance) <= rule.threshold,
                       v.distance,
                       v.margin,
                       v.votes,
                       v.confidence,
                       {found[q].begin(), found[q].end()},
                       1});
    }
    return all;
}

} // namespace trine
