#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "../core/config.hpp"
#include "../core/error.hpp"

namespace trine::evaluation {

/// How well groups agree with people.
struct cluster_agreement {
    double precision = 1; ///< of the pairs of photos in one group, how many are of one person; 1 where there are none
    double recall = 1;    ///< of the pairs of one person, how many are in one group; 1 where there are none
    double f1 = 0;        ///< the harmonic mean of both
    double normalized_mutual_information = 0; ///< what groups say of people, as a share of the mean of both entropies
    double adjusted_mutual_information =
        0; ///< the same beyond what groups of these sizes say by chance: 0 for random ones, 1 for the right ones
};

namespace detail {

// People by numbers below `count`, in the order in which they first come.
cluster_agreement compare_groups(std::span<std::ptrdiff_t const> groups, std::span<std::size_t const> who,
                                 std::size_t count);

} // namespace detail

/// Compares groups with people; a photo in no group (−1) is a group of its own. Time grows with the photos, and for the
/// adjustment with groups × people.
///
/// @throws shape_error  when there are not as many groups as labels
/// @see N. Vinh, J. Epps, J. Bailey, "Information Theoretic Measures for Clusterings Comparison", JMLR 11, 2010
template <class Label>
cluster_agreement compare_clusters(std::span<std::ptrdiff_t const> clusters, std::span<Label const> labels) {
    require<shape_error>(clusters.size() == labels.size(), clusters.size(), " groups for ", labels.size(), " labels");
    std::map<Label, std::size_t> number;
    std::vector<std::size_t> people;
    for (auto const& l : labels)
        people.push_back(number.try_emplace(l, number.size()).first->second);
    return detail::compare_groups(clusters, people, number.size());
}

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "clustering_impl.hpp"
#endif
