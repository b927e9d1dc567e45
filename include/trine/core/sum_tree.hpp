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
        std::size_t const before = sum_own_before_last(out, scratch, of);
        add_last<T>(of(last_chunk() - 1), out, scratch, before, 0, out.size());
    }

    /// The same in two steps, of which the second can be taken for some values before others: sums over the chunks
    /// before this rank's last.
    ///
    /// @return how many sums these are; the first lies in `out`, the others in `scratch`
    template <class T, class Values>
    std::size_t sum_own_before_last(std::span<T> out, std::vector<buffer<T>>& scratch, Values&& of) const {
        std::size_t sums = 0;
        for (std::size_t first = first_chunk(), middle; last_chunk() - first > 1; first = middle, ++sums) {
            middle = first + (last_chunk() - first) / 2;
            std::span<T> to = out;
            if (sums > 0)
                to = {room(scratch, sums - 1, out.size()), out.size()};
            sum_node(first, middle, to, scratch, sums, of);
        }
        return sums;
    }
    /// Adds the last chunk's values from `first` to before `last` to what `sum_own_before_last` has left.
    template <class T>
    static void add_last(std::span<T const> values, std::span<T> out, std::vector<buffer<T>> const& scratch,
                         std::size_t sums, std::size_t first, std::size_t last) {
        parallel_blocks(last - first, 1 << 14, [&](std::size_t from, std::size_t to) {
            for (std::size_t i = first + from; i < first + to; ++i) {
                T sum = values[i];
                for (std::size_t s = sums; s-- > 1;)
                    sum = scratch[s - 1].data()[i] + sum;
                out[i] = sums > 0 ? out[i] + sum : sum;
            }
        });
    }

    /// Turns each rank's sum over its own chunks into the sum over all chunks, on all ranks. Collective.
    ///
    /// A reduce-scatter along the tree and the way back: with R ranks, a power of two, each sends 2·(R−1)/R times the
    /// values, as around a ring.
    template <class T>
    void sum_over_ranks(communicator& all, std::span<T> values, std::vector<T>& scratch) const {
        std::vector<communicator::outgoing> out;
        std::vector<communicator::incoming> in;
        for (std::size_t step = 0; step < exchanges(); ++step) {
            begin_exchange<T>(step, values, scratch, out, in);
            all.exchange(out, in);
            end_exchange<T>(step, values, scratch);
        }
    }

    /// The same step by step: how many exchanges it takes, what each sends and receives, and what is done then.
    std::size_t exchanges() const { return 2 * levels_.size(); }
    template <class T>
    void begin_exchange(std::size_t step, std::span<T> values, std::vector<T>& scratch,
                        std::vector<communicator::outgoing>& out, std::vector<communicator::incoming>& in) const {
        out.clear(), in.clear();
        bool const up = step < levels_.size();
        auto const& level = levels_[up ? step : exchanges() - 1 - step];
        auto const own = piece(values.size(), level.own_new, level.owners.size());
        auto const bytes = [&](range part) {
            return std::as_writable_bytes(values.subspan(part.first, part.second - part.first));
        };
        if (up) {
            scratch.resize(std::max(scratch.size(), own.second - own.first));
            each_overlap(level, values.size(), level.own_side, level.own_old, [&](std::size_t owner, auto part) {
                if (owner != rank_)
                    out.push_back({owner, bytes(part)});
            });
        }
        for (std::size_t side = 0; side < 2; ++side)
            for (std::size_t i = 0; i < level.sides[side].size(); ++i) {
                std::size_t const other = level.sides[side][i];
                auto const part = overlap(piece(values.size(), i, level.sides[side].size()), own);
                if (other == rank_)
                    continue;
                if (!up)
                    out.push_back({other, bytes(part)});
                // What this rank's own side has made goes to its place, the other side's beside it.
                else if (side == level.own_side)
                    in.push_back({other, bytes(part)});
                else
                    in.push_back({other, std::as_writable_bytes(std::span(scratch.data() + (part.first - own.first),
                                                                          part.second - part.first))});
            }
        if (!up)
            each_overlap(level, values.size(), level.own_side, level.own_old, [&](std::size_t owner, auto part) {
                if (owner != rank_)
                    in.push_back({owner, bytes(part)});
            });
    }
    template <class T>
    void end_exchange(std::size_t step, std::span<T> values, std::vector<T> const& scratch) const {
        if (step >= levels_.size())
            return;
        auto const& level = levels_[step];
        auto const [first, last] = piece(values.size(), level.own_new, level.owners.size());
        add(scratch.data(), values.data() + first, last - first);
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
    template <class T>
    static T* room(std::vector<buffer<T>>& scratch, std::size_t depth, std::size_t size) {
        if (scratch.size() <= depth)
            scratch.resize(depth + 1);
        scratch[depth].reserve_discarding(size);
        return scratch[depth].data();
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
        std::span<T> const second(room(scratch, depth, out.size()), out.size());
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
