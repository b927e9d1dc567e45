#pragma once

/// What miners see of one anchor, and how they choose.

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "../core/random.hpp"
#include "../core/identity.hpp"
#include "../core/label.hpp"
#include "../core/view.hpp"

namespace trine::miners {

/// One anchor with the photos that it can be compared with: of the same person, and of others, each with its distance,
/// in the order of their places in the batch.
template <class T>
struct anchor_view {
    std::size_t anchor;                                ///< its place in the batch
    std::span<std::size_t const> positives, negatives; ///< places in the batch (or in the memory, where there is one)
    std::span<T const> positive_distances, negative_distances;
    std::span<label const> labels;      ///< of all photos that places count
    std::span<std::size_t const> ranks; ///< how many photos of the same person come before each
    std::size_t dimensions;             ///< of the embeddings
    std::uint32_t step;                 ///< of the training
    double similarity_offset;           ///< s = similarity_offset − d
    std::span<double> scratch;          ///< as many as there are photos, for the miner's own use
    matrix_view<T const> distances;     ///< between all photos of the batch; empty where there is a memory
};

namespace detail {
struct ignore_visit {
    void operator()(std::size_t, std::size_t) const {}
    void operator()(std::size_t) const {}
};
struct ignore_pair {
    void operator()(std::size_t) const {}
};
} // namespace detail

/// A triplet miner calls `visit(p, n)` for each triplet of the anchor that it chooses, p and n being places in the
/// anchor's lists, or `visit(p)` for that positive with every negative, which is faster.
///
/// Anchors are visited in parallel; the stream belongs to (seed, step, anchor).
template <class M>
concept triplet_miner = requires(M const& miner, anchor_view<float> const& view, random_stream& stream,
                                 detail::ignore_visit visit) {
    { miner.mine(view, stream, visit) } -> std::same_as<void>;
    requires policy<M>;
};

/// A pair miner calls `positive(p)` and `negative(n)` for each pair of the anchor that it chooses, in their order, and
/// as often as it is to count. A triplet loss takes all triplets that the chosen pairs of an anchor make.
///
/// A miner that ranks the pairs of the whole batch has `prepare(distances, labels)`, or, where it draws, `prepare(
/// distances, labels, random_stream)`; that answers what it wants to remember, and `mine_pairs` is then given it too.
///
/// A miner of either kind that knows the batch's people better than its labels has `labels_for(photos)`, which answers
/// what stands for them.
template <class M>
concept pair_miner = requires(M const& miner, anchor_view<float> const& view, random_stream& stream,
                              detail::ignore_pair pair) {
    requires policy<M>;
    requires requires {
        miner.mine_pairs(view, stream, pair, pair);
    } || requires(matrix_view<float const> distances, std::span<label const> labels) {
        miner.mine_pairs(view, stream, pair, pair, miner.prepare(distances, labels));
    } || requires(matrix_view<float const> distances, std::span<label const> labels) {
        miner.mine_pairs(view, stream, pair, pair, miner.prepare(distances, labels, stream));
    };
};

/// Chooses nothing: what a proxy loss, which compares photos with class weights, is combined with.
struct none {
    static constexpr std::string_view name = "none";
};

} // namespace trine::miners
