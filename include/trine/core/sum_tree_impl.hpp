#pragma once

#include "error.hpp"
#include "sum_tree.hpp"

namespace trine {

TRINE_INLINE sum_tree::sum_tree(std::size_t chunks, std::size_t rank, std::size_t ranks)
    : chunks_(chunks), rank_(rank) {
    require<argument_error>(chunks > 0, "a batch in 0 chunks: at least 1 is needed");
    require<argument_error>(rank < ranks, "rank ", rank, " of ", ranks);
    require<argument_error>(ranks <= chunks, ranks, " ranks for a batch in ", chunks,
                            chunks == 1 ? " chunk" : " chunks", ": each rank needs a chunk at least");
    firsts_.resize(ranks + 1);
    firsts_[ranks] = chunks;
    share(0, chunks, 0, ranks);
}

TRINE_INLINE std::vector<std::size_t> sum_tree::share(std::size_t first_chunk, std::size_t last_chunk,
                                                      std::size_t first_rank, std::size_t last_rank) {
    std::size_t const chunks = last_chunk - first_chunk, ranks = last_rank - first_rank;
    if (ranks == 1) {
        firsts_[first_rank] = first_chunk;
        return {first_rank};
    }
    // As many ranks for the first half as it has of the chunks, but for either half no more than it has.
    std::size_t const half = chunks / 2, least = std::max<std::size_t>(1, ranks - std::min(ranks - 1, chunks - half)),
                      first = std::clamp((2 * ranks * half + chunks) / (2 * chunks), least, std::min(half, ranks - 1));
    shared_node here;
    here.sides[0] = share(first_chunk, first_chunk + half, first_rank, first_rank + first);
    here.sides[1] = share(first_chunk + half, last_chunk, first_rank + first, last_rank);
    // One of this half, one of that, so that a new piece lies where most of the old one was.
    std::size_t const counts[]{here.sides[0].size(), here.sides[1].size()};
    std::size_t next[]{0, 0};
    while (here.owners.size() < ranks) {
        bool const second = next[0] == counts[0] ||
                            (next[1] < counts[1] && (2 * next[1] + 1) * counts[0] < (2 * next[0] + 1) * counts[1]);
        here.owners.push_back(here.sides[second][next[second]++]);
    }
    auto owners = here.owners;
    if (first_rank <= rank_ && rank_ < last_rank) {
        auto const place = [&](std::vector<std::size_t> const& all) {
            return static_cast<std::size_t>(std::find(all.begin(), all.end(), rank_) - all.begin());
        };
        here.own_side = rank_ < first_rank + first ? 0 : 1;
        here.own_old = place(here.sides[here.own_side]), here.own_new = place(here.owners);
        levels_.push_back(std::move(here));
    }
    return owners;
}

} // namespace trine
