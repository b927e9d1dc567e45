#pragma once

#include <cstddef>
#include <vector>

#include "../core/communicator.hpp"
#include "../core/error.hpp"
#include "../core/sum_tree.hpp"
#include "../neighbors/gallery.hpp"
#include "sharded.hpp"

namespace trine::distributed {

/// An index of a gallery's photos in which each rank holds a range of them, so that ranks on several machines have the
/// memory and the processors of all. Every rank has the gallery open; of the points each reads its own range alone.
/// Places are the gallery's. What changes in the gallery later is not in the index. Collective.
///
/// @throws argument_error  when the gallery is not the same on all ranks
template <class Distance, class Storage>
typename sharded<>::template index<Distance> spread(communicator& ranks, neighbors::gallery<Storage> const& gallery,
                                                    Distance distance = {}) {
    std::string const own =
        std::to_string(gallery.places()) + " places and " + std::to_string(gallery.size()) + " photos";
    auto const all = gather(ranks, own);
    for (std::size_t r = 1; r < all.size(); ++r)
        require<argument_error>(all[r] == all[0], "the gallery has ", all[0], " on rank 0, and ", all[r], " on rank ",
                                r);
    typename sharded<>::template index<Distance> index(ranks, gallery.dimensions(), distance);
    std::size_t const first = chunk_begin(gallery.places(), ranks.rank(), ranks.size()),
                      last = chunk_begin(gallery.places(), ranks.rank() + 1, ranks.size());
    std::vector<float> points((last - first) * gallery.dimensions());
    for (std::size_t i = first; i < last; ++i)
        gallery.copy_point(i, points.data() + (i - first) * gallery.dimensions());
    index.add_own({points.data(), last - first, gallery.dimensions()});
    for (std::size_t place : gallery.removals())
        index.remove(place);
    return index;
}

} // namespace trine::distributed
