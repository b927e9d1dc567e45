#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "../core/communicator.hpp"
#include "../core/error.hpp"
#include "../core/sum_tree.hpp"
#include "../neighbors/exact.hpp"
#include "../neighbors/gallery.hpp"
#include "sharded.hpp"

namespace trine::distributed {

/// An index of a gallery's photos in which each rank holds a range of them, so that ranks on several machines have the
/// memory and the processors of all. Every rank has the gallery open, and keeps it so, unchanged, as long as it uses
/// the index: rows of the file stay there, and each rank reads its own range alone. They are compared as they are
/// stored. Places are the gallery's. What is added to the gallery later is not in the index. Collective.
///
/// @throws argument_error  when the gallery is not the same on all ranks
template <class Distance, class Storage>
typename sharded<neighbors::exact_in<Storage>>::template index<Distance> spread(
    communicator& ranks, neighbors::gallery<Storage> const& gallery, Distance distance = {}) {
    std::string const own =
        std::to_string(gallery.places()) + " places and " + std::to_string(gallery.size()) + " photos";
    auto const all = gather(ranks, own);
    for (std::size_t r = 1; r < all.size(); ++r)
        require<argument_error>(all[r] == all[0], "the gallery has ", all[0], " on rank 0, and ", all[r], " on rank ",
                                r);
    typename sharded<neighbors::exact_in<Storage>>::template index<Distance> index(ranks, gallery.dimensions(),
                                                                                   distance);
    auto const range = [&](std::size_t size) {
        return std::pair(chunk_begin(size, ranks.rank(), ranks.size()),
                         chunk_begin(size, ranks.rank() + 1, ranks.size()));
    };
    auto own_rows = gallery.file_rows();
    std::size_t const in_file = own_rows.rows;
    auto const [first, last] = range(in_file);
    own_rows.codes = own_rows.row(first), own_rows.rows = last - first;
    own_rows.scales = own_rows.scales ? own_rows.scales + first : nullptr;
    index.borrow_own(own_rows);
    // What has been added since is in the log, as stored, and in this program's memory.
    auto const [first_new, last_new] = range(gallery.places() - in_file);
    std::vector<float> points((last_new - first_new) * gallery.dimensions());
    for (std::size_t i = first_new; i < last_new; ++i)
        gallery.copy_point(in_file + i, points.data() + (i - first_new) * gallery.dimensions());
    index.add_own({points.data(), last_new - first_new, gallery.dimensions()});
    for (std::size_t place : gallery.removals())
        index.remove(place);
    together(ranks, [&] { index.make_codes(); });
    return index;
}

} // namespace trine::distributed
