#pragma once

/// What is summed over a batch is summed along one binary tree, whoever computes its parts.

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "buffer.hpp"
#include "communicator.hpp"
#include "config.hpp"
#include "parallel.hpp"

namespace trine {

/// Where a chunk of `size` items begins, of so many chunks of nearly equal length.
constexpr std::size_t chunk_begin(std::size_t size, std::size_t chunk, std::size_t chunks) {
    return size / chunks * chunk + size % chunks * chunk / chunks;
}

/// The order in which sums over the chunks of a batch are made. A node of the tree covers some chunks that follow each
/// other; its sum is that of its first half plus that of its second. So a sum is the same, bit for bit, on any number
/// of ranks.
///
/// Ranks are shared out over the halves of a node as its chunks are, so each has a subtree of its own. With numbers of
/// chunks and ranks that are powers of two all have equally many.
class sum_tree {
public:
    /// @throws argument_error  when there is no chunk, or no rank, or a rank would have no chunk
    sum_tree(std::size_t chunks, std::size_t rank, std::size_t ranks);

    std::size_t chunks() const { return chunks_; }
    std::size_t ranks() const { return firsts_.size() - 1; }
    /// The first chunk of a rank; it has those up to the first of the next.
    std::size_t first_chunk(std::size_t rank) const { return firsts_[rank]; }
    std::size_t first_chunk() const { return firsts_[rank_]; }
    std::size_t last_chunk() const { return firsts_[rank_ + 1]; }

    /// The sum over this rank's own chunks.
    ///
    /// @param of       called with the number of each chunk, in their order; gives its values, which it may then reuse
    /// @param scratch  memory that is kept from call to call
    template <class T, class Values>
    void sum_own(std::span<T> out, std::vector<buffer<T>>& scratch, Values&& of) const {
        sum_node(first_chunk(), last_chunk(), out, scratch, 0, of);
    }

    /// Turns each rank's sum over its own chunks into the sum over all chunks, on all ranks. Collective.
    ///
    /// A reduce-scatter along the tree and the way back: with R ranks, a power of two, each sends 2·(R−1)/R times the
    /// values, as around a ring.
    template <class T>
    void sum_over_ranks(communicator& all, std::span<T> values, std::vector<T>& scratch) const {
        std::vector<communicator::outgoing> out;
        std::vector<communicator::incoming> in;
        for (auto const& level : levels_) {
            auto const [first, last] = piece(values.size(), level.own_new, level.owners.size());
            scratch.resize(std::max(scratch.size(), last - first));
            out.clear(), in.clear();
            each_overlap(level, values.size(), level.own_side, level.own_old, [&](std::size_t owner, auto part) {
                if (owner != rank_)
                    out.push_back({owner, std::as_bytes(values.subspan(part.first, part.second - part.first))});
            });
            for (std::size_t side = 0; side < 2; ++side)
                for (std::size_t i = 0; i < level.sides[side].size(); ++i) {
                    std::size_t const from = level.sides[side][i];
                    auto const part = overlap(piece(values.size(), i, level.sides[side].size()), {first, last});
                    if (from == rank_)
                        continue;
                    // What this rank's own side has made goes to its place, the other side's beside it.
                    T* const to =
                        side == level.own_side ? values.data() + part.first : scratch.data() + (part.first - first);
                    in.push_back({from, std::as_writable_bytes(std::span(to, part.second - part.first))});
                }
            all.exchange(out, in);
            add(scratch.data(), values.data() + first, last - first);
        }
        for (std::size_t n = levels_.size(); n-- > 0;) {
            auto const& level = levels_[n];
            auto const own = piece(values.size(), level.own_new, level.owners.size());
            out.clear(), in.clear();
            for (auto const& side : level.sides)
                for (std::size_t i = 0; i < side.size(); ++i) {
                    auto const part = overlap(piece(values.size(), i, side.size()), own);
                    if (side[i] != rank_)
                        out.push_back({side[i], std::as_bytes(values.subspan(part.first, part.second - part.first))});
                }
            each_overlap(level, values.size(), level.own_side, level.own_old, [&](std::size_t owner, auto part) {
                if (owner != rank_)
                    in.push_back({owner, std::as_writable_bytes(values.subspan(part.first, part.second - part.first))});
            });
            all.exchange(out, in);
        }
    }

private:
    using range = std::pair<std::size_t, std::size_t>;
    // A node that several ranks share, this one among them. A vector's pieces lie on the ranks of each half, and then
    // on those of both, in the orders that are said here.
    struct shared_node {
        std::vector<std::size_t> sides[2], owners;
        std::size_t own_side, own_old, own_new; // this rank's half, and its places among that one's and all ranks
    };

    // Ranks of a node in the order of their pieces; notes the node where this rank is one of several.
    std::vector<std::size_t> share(std::size_t first_chunk, std::size_t last_chunk, std::size_t first_rank,
                                   std::size_t last_rank);

    static range piece(std::size_t size, std::size_t i, std::size_t count) {
        return {chunk_begin(size, i, count), chunk_begin(size, i + 1, count)};
    }
    static range overlap(range a, range b) {
        std::size_t const first = std::max(a.first, b.first);
        return {first, std::max(first, std::min(a.second, b.second))};
    }
    // Whom each part of a piece of one half belongs to among the ranks of both.
    template <class Visit>
    void each_overlap(shared_node const& l, std::size_t size, std::size_t side, std::size_t old, Visit&& visit) const {
        auto const from = piece(size, old, l.sides[side].size());
        for (std::size_t i = 0; i < l.owners.size(); ++i)
            visit(l.owners[i], overlap(from, piece(size, i, l.owners.size())));
    }

    template <class T>
    static void add(T const* values, T* to, std::size_t size) {
        parallel_blocks(size, 1 << 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                to[i] += values[i];
        });
    }
    template <class T, class Values>
    static void sum_node(std::size_t first, std::size_t last, std::span<T> out, std::vector<buffer<T>>& scratch,
                         std::size_t depth, Values& of) {
        if (last - first == 1) {
            std::span<T const> const values = of(first);
            parallel_blocks(out.size(), 1 << 16, [&](std::size_t a, std::size_t b) {
                std::copy(values.data() + a, values.data() + b, out.data() + a);
            });
            return;
        }
        std::size_t const middle = first + (last - first) / 2;
        sum_node(first, middle, out, scratch, depth, of);
        if (last - middle == 1) {
            std::span<T const> const values = of(middle);
            add(values.data(), out.data(), out.size());
            return;
        }
        if (scratch.size() <= depth)
            scratch.resize(depth + 1);
        scratch[depth].reserve_discarding(out.size());
        std::span<T> const second(scratch[depth].data(), out.size());
        sum_node(middle, last, second, scratch, depth + 1, of);
        add(static_cast<T const*>(second.data()), out.data(), out.size());
    }

    std::size_t chunks_, rank_;
    std::vector<std::size_t> firsts_;
    std::vector<shared_node> levels_; // from this rank's subtree up
};

} // namespace trine

#ifdef TRINE_HEADER_ONLY
#include "sum_tree_impl.hpp"
#endif
