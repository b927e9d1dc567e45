#pragma once

#include <span>
#include <type_traits>
#include <utility>

#include "../distances/cosine.hpp"
#include "../losses/concepts.hpp"
#include "../miners/triplet_miners.hpp"

namespace trine::detail {

/// What a miner, a loss and a distance are to each other; refuses combinations that make no sense, by a sentence that
/// says what to use.
template <class Miner, class Loss, class Distance, class T>
struct combination {
    static constexpr bool of_triplets = losses::triplet_loss<Loss>, of_pairs = losses::pair_loss<Loss>,
                          of_classes = losses::class_loss<Loss>, of_proxies = losses::proxy_loss<Loss>,
                          of_batches = losses::batch_loss<Loss>;
    static constexpr bool mines_triplets = miners::triplet_miner<Miner>, mines_pairs = miners::pair_miner<Miner>,
                          mines_all = std::is_same_v<Miner, miners::all>,
                          mines_none = std::is_same_v<Miner, miners::none>;
    static constexpr bool needs_euclidean = requires { requires Miner::needs_euclidean; };
    /// Whether the miner wants to see the batch's pairs before any anchor, and whether it draws then.
    static constexpr bool draws_first =
        requires(Miner const& m, matrix_view<T const> d, std::span<label const> l, random_stream& s) {
        m.prepare(d, l, s);
    };
    static constexpr bool prepares =
        draws_first || requires(Miner const& m, matrix_view<T const> d, std::span<label const> l) {
        m.prepare(d, l);
    };
    /// Whether the miner knows the batch's people better than its labels.
    static constexpr bool relabels = requires(Miner const& m) { m.labels_for(std::size_t{}); };
    static constexpr bool needs_cosine = requires { requires Loss::needs_cosine; };
    static constexpr bool swaps = requires { requires Loss::swaps; };
    /// Whether terms of one anchor write to rows of others, and need distances between the references.
    static constexpr bool crosses_rows = of_classes || of_batches || swaps;

    static_assert(!of_proxies || mines_none,
                  "a proxy loss compares photos with learnt class weights, so nothing is mined: use miners::none");
    static_assert(
        of_proxies || of_triplets || of_pairs || of_classes || of_batches,
        "this is not a loss: it needs a name, values where it has members, a reduction, and "
        "operator()(d_positive, d_negative), row(pairs), of_class(view), of_batch(view) or evaluate(proxies)");
    static_assert(!mines_none || of_proxies, "miners::none chooses nothing and is for proxy losses: a triplet or pair "
                                             "loss needs a miner, to begin with miners::all");
    static_assert(mines_none || mines_triplets || mines_pairs,
                  "this is not a miner: it needs a name, values where it has members, and mine(anchor_view, "
                  "random_stream, visit) or mine_pairs(anchor_view, random_stream, positive, negative)");
    static_assert(!of_pairs || mines_pairs || !mines_triplets,
                  "a pair loss needs a miner of pairs, not of triplets: use miners::all, batch_easy_hard, "
                  "multi_similarity, pair_margin, hard_aware, uniform_histogram or one_pair_a_person");
    static_assert(!of_classes || mines_all,
                  "this loss looks at all photos of a person together: use it with miners::all");
    static_assert(!of_batches || mines_all,
                  "this loss looks at all pairs of the batch together: use it with miners::all");
    static_assert(distances::distance<Distance, T>,
                  "this is not a distance: it needs a name, values where it has members, pairwise, cross and gradient");
    static_assert(!needs_euclidean || distances::is_euclidean<Distance>(),
                  "this miner measures angles, in Euclidean distances: use distances::euclidean or "
                  "distances::normalized<distances::euclidean>");

    /// Whether the loss weighs an anchor's terms by its class.
    static constexpr bool weighs_classes = requires(Loss const& l) { l.weight_of(label{}); };
    static_assert(!weighs_classes || of_triplets || of_pairs,
                  "class_weighted weighs an anchor's terms: use it with a loss of triplets or of pairs");
    static_assert(!weighs_classes || !swaps,
                  "class_weighted weighs an anchor's terms, and swapped ones are of another");
    static_assert(!needs_cosine || std::is_same_v<Distance, distances::cosine>,
                  "this loss is written in cosines: use distances::cosine with it");

    /// Passes over all rows that a pair loss needs before its own.
    static constexpr int surveys = [] {
        if constexpr (requires { Loss::surveys; })
            return Loss::surveys;
        else
            return 0;
    }();
    static constexpr double terms_per_triplet = [] {
        if constexpr (requires { Loss::terms_per_triplet; })
            return Loss::terms_per_triplet;
        else
            return 1;
    }();
    static constexpr T similarity_offset = static_cast<T>(distances::similarity_offset<Distance>());
    /// Whether positives and negatives are reduced each on its own.
    static constexpr bool splits_sums = [] {
        if constexpr (!of_pairs)
            return false;
        else if constexpr (requires(Loss const& l, losses::pair_row<T> const& r) { l.row(r); })
            return std::is_same_v<decltype(std::declval<Loss const&>().row(std::declval<losses::pair_row<T> const&>())),
                                  losses::split_sums>;
        else
            return std::is_same_v<decltype(std::declval<Loss const&>().row(std::declval<losses::pair_row<T> const&>(),
                                                                           std::span<double const>())),
                                  losses::split_sums>;
    }();
};

} // namespace trine::detail
