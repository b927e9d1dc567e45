#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/random.hpp"
#include "../distances/concepts.hpp"
#include "../losses/concepts.hpp"
#include "../miners/triplet_miners.hpp"
#include "objective_result.hpp"
#include "people_index.hpp"
#include "triplet_visitor.hpp"

namespace trine::detail {

/// The one pass over the distances: for every anchor the miner visits what it chooses, and the loss adds
/// ∂loss/∂distance into the anchor's own row of G.
template <class Miner, class Loss, class Distance, class T>
class mining_pass {
    static constexpr bool of_triplets = losses::triplet_loss<Loss>, of_pairs = losses::pair_loss<Loss>,
                          of_classes = losses::class_loss<Loss>;
    static constexpr bool mines_triplets = miners::triplet_miner<Miner>, mines_pairs = miners::pair_miner<Miner>,
                          mines_none = std::is_same_v<Miner, miners::none>;
    static_assert(!losses::proxy_loss<Loss> || mines_none,
                  "a proxy loss compares photos with learnt class weights, so nothing is mined: use miners::none");
    static_assert(!losses::proxy_loss<Loss> || !mines_none,
                  "for a proxy loss, include trine/training/proxy_objective.hpp");
    static_assert(losses::proxy_loss<Loss> || of_triplets || of_pairs || of_classes,
                  "this is not a loss: it needs a name, a reduction, and operator()(d_positive, d_negative), "
                  "row(pairs), person(class) or evaluate(proxies)");
    static_assert(!mines_none || losses::proxy_loss<Loss>,
                  "miners::none chooses nothing and is for proxy losses: a triplet or pair loss needs a miner, to "
                  "begin with miners::all");
    static_assert(mines_none || mines_triplets || mines_pairs,
                  "this is not a miner: it needs a name and mine(anchor_view, random_stream, visit) or "
                  "mine_pairs(anchor_view, random_stream, positive, negative)");
    static_assert(
        !of_pairs || mines_pairs || !mines_triplets,
        "a pair loss needs a miner of pairs, not of triplets: use miners::all, batch_easy_hard, multi_similarity, "
        "pair_margin, hard_aware or one_pair_a_person");
    static_assert(!of_classes || std::is_same_v<Miner, miners::all>,
                  "this loss looks at all photos of a person together: use it with miners::all");
    static_assert(distances::distance<Distance, T>,
                  "this is not a distance: it needs a name, pairwise, cross and gradient");

public:
    static constexpr bool needs_euclidean = requires { requires Miner::needs_euclidean; };
    static constexpr bool swaps = requires { requires Loss::swaps; };
    static constexpr bool crosses_rows = of_classes || swaps; ///< whether it needs distances between the references

    static_assert(!needs_euclidean || distances::is_euclidean<Distance>(),
                  "this miner measures angles, in Euclidean distances: use distances::euclidean or "
                  "distances::normalized<distances::euclidean>");

    mining_pass(Miner m, Loss l) : miner(m), loss(l) { start(); }

    /// Puts what the loss learns back to where it begins.
    void start() {
        if constexpr (requires { loss.parameter_count(); }) {
            parameters.assign(loss.parameter_count(), static_cast<T>(loss.initial_parameter()));
            parameter_gradients.assign(parameters.size(), T(0));
        }
    }

    // What the anchors are compared with: labels of references, and the place among them of every anchor itself.
    struct references {
        std::span<label const> labels;
        std::span<std::size_t const> own_places;
        bool are_the_batch;
    };

    /// Visits all anchors. `d` is anchors × references; `g` becomes ∂loss/∂d, already reduced.
    objective_result operator()(matrix_view<T const> d, matrix_view<T> g, std::span<label const> labels,
                                references const& refs, std::size_t dimensions, std::uint64_t seed,
                                std::uint32_t step) {
        prepare(d, labels, refs, dimensions, seed, step);
        std::size_t const n = labels.size();
        rows_.assign(n, {});
        for (int pass = 0; pass < survey_passes; ++pass)
            survey(pass);
        if constexpr (of_classes) {
            parallel_for(people().people(), [&](std::size_t who) {
                auto& own = lists_[thread_index()];
                for (std::size_t a : people().members(who))
                    std::fill_n(g.row(a).data(), g.cols(), T(0));
                list_others(who, own);
                own.typed_scratch.resize(n);
                auto const sum = loss.person(losses::class_view<T>{people().members(who), own.negatives, d, g,
                                                                   similarity_offset, own.typed_scratch});
                auto& r = rows_[people().members(who).front()];
                r.sums[0] = sum;
                r.chosen = sum.terms;
            });
        } else if constexpr (swaps) {
            parallel_for(people().people(), [&](std::size_t who) {
                for (std::size_t a : people().members(who))
                    std::fill_n(g.row(a).data(), g.cols(), T(0));
                for (std::size_t a : people().members(who))
                    visit_swapped(a, g, lists_[thread_index()]);
            });
        } else {
            // In the order of people, so that the list of others is made once a person.
            parallel_blocks(n, 4, [&](std::size_t first, std::size_t last) {
                for (std::size_t i = first; i < last; ++i)
                    visit(anchors_.order[i], g, lists_[thread_index()]);
            });
        }
        return reduce(g);
    }

    /// Calls take(anchor, view, chosen) in the order of anchors, for those who want to look at what a miner chooses.
    template <class Take>
    void each_choice(matrix_view<T const> d, std::span<label const> labels, references const& refs,
                     std::size_t dimensions, std::uint64_t seed, std::uint32_t step, Take&& take) {
        prepare(d, labels, refs, dimensions, seed, step);
        for (std::size_t a = 0; a < labels.size(); ++a) {
            auto& own = lists_[0];
            auto const view = look_from(a, own);
            random_stream stream(seed, purpose::mining, step, static_cast<std::uint32_t>(a));
            take(view, stream, own);
        }
    }

    Miner miner;
    Loss loss;
    std::vector<T> parameters, parameter_gradients; ///< of a loss whose threshold is learnt

    struct lists {
        std::vector<std::size_t> positives, negatives, kept_positives, kept_negatives;
        std::vector<T> positive_distances, negative_distances, by_positives, by_negatives;
        std::vector<T> kept_positive_distances, kept_negative_distances, kept_by_positives, kept_by_negatives,
            typed_scratch;
        std::vector<double> scratch;
        std::size_t person = static_cast<std::size_t>(-1); // whose others `negatives` are
    };

    /// Fills the kept lists with the pairs that a pair miner chooses.
    void choose_pairs(miners::anchor_view<T> const& view, random_stream& stream, lists& own) const {
        own.kept_positives.clear(), own.kept_negatives.clear();
        auto const positive = [&](std::size_t p) { own.kept_positives.push_back(p); };
        auto const negative = [&](std::size_t n) { own.kept_negatives.push_back(n); };
        if constexpr (requires { miner.prepare(d_, labels_); })
            miner.mine_pairs(view, stream, positive, negative, prepared_);
        else
            miner.mine_pairs(view, stream, positive, negative);
    }

private:
    static constexpr int survey_passes = [] {
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
    static constexpr bool reduced_apart = [] {
        if constexpr (of_triplets || of_classes)
            return false;
        else if constexpr (requires(Loss const& l, losses::pair_row<T> const& r) { l.row(r); })
            return std::is_same_v<decltype(std::declval<Loss const&>().row(std::declval<losses::pair_row<T> const&>())),
                                  losses::apart>;
        else
            return std::is_same_v<decltype(std::declval<Loss const&>().row(std::declval<losses::pair_row<T> const&>(),
                                                                           std::span<double const>())),
                                  losses::apart>;
    }();

    std::size_t parameter_of(std::size_t anchor) const {
        if (parameters.size() <= 1)
            return 0;
        return static_cast<std::size_t>(labels_[anchor]);
    }

    void prepare(matrix_view<T const> d, std::span<label const> labels, references const& refs, std::size_t dimensions,
                 std::uint64_t seed, std::uint32_t step) {
        for (label l : labels)
            require<argument_error>(parameters.size() <= 1 ||
                                        (l >= 0 && static_cast<std::size_t>(l) < parameters.size()),
                                    "label ", l, " where the loss learns thresholds of ", parameters.size(), " people");
        d_ = d, labels_ = labels, refs_ = refs, dimensions_ = dimensions, seed_ = seed, step_ = step;
        anchors_.build(labels);
        if (!refs.are_the_batch)
            others_.build(refs.labels);
        if (lists_.size() < thread_count())
            lists_.resize(thread_count());
        for (auto& own : lists_)
            own.person = static_cast<std::size_t>(-1);
        if constexpr (requires { miner.prepare(d, labels); })
            prepared_ = miner.prepare(d, labels);
    }
    void list_others(std::size_t who, lists& own) const {
        if (own.person == who)
            return;
        own.person = who;
        own.negatives.clear();
        each_run_of_others(people().members(who), refs_.labels.size(),
                           [&](std::size_t first, std::size_t last, std::size_t) {
                               for (std::size_t i = first; i < last; ++i)
                                   own.negatives.push_back(i);
                           });
    }
    people_index const& people() const { return refs_.are_the_batch ? anchors_ : others_; }
    std::size_t person_of(std::size_t anchor) const { return people().person[refs_.own_places[anchor]]; }

    miners::anchor_view<T> look_from(std::size_t anchor, lists& own) const {
        std::size_t const who = person_of(anchor), self = refs_.own_places[anchor];
        auto const members = people().members(who);
        auto const from = d_.row(anchor);
        list_others(who, own);
        own.positives.clear(), own.positive_distances.clear();
        for (std::size_t i : members)
            if (i != self) {
                own.positives.push_back(i);
                own.positive_distances.push_back(from[i]);
            }
        own.negative_distances.resize(own.negatives.size());
        own.scratch.resize(refs_.labels.size());
        each_run_of_others(members, from.size(), [&](std::size_t first, std::size_t last, std::size_t to) {
            std::copy(from.begin() + static_cast<std::ptrdiff_t>(first),
                      from.begin() + static_cast<std::ptrdiff_t>(last),
                      own.negative_distances.begin() + static_cast<std::ptrdiff_t>(to));
        });
        return {anchor,
                own.positives,
                own.negatives,
                own.positive_distances,
                own.negative_distances,
                refs_.labels,
                people().ranks,
                dimensions_,
                step_,
                distances::similarity_offset<Distance>(),
                own.scratch,
                refs_.are_the_batch ? d_ : matrix_view<T const>()};
    }

    // The anchor's row of G from the gradients of its lists.
    void scatter(std::size_t anchor, matrix_view<T> g, lists const& own) const {
        auto const to = g.row(anchor);
        each_run_of_others(people().members(person_of(anchor)), to.size(),
                           [&](std::size_t first, std::size_t last, std::size_t from) {
                               std::copy_n(own.by_negatives.begin() + static_cast<std::ptrdiff_t>(from), last - first,
                                           to.begin() + static_cast<std::ptrdiff_t>(first));
                           });
        to[refs_.own_places[anchor]] = T(0);
        for (std::size_t p = 0; p < own.positives.size(); ++p)
            to[own.positives[p]] = own.by_positives[p];
    }

    template <class F>
    void with_loss(std::size_t anchor, F&& f) const {
        if constexpr (requires { loss.bind(0.0); }) {
            if (!parameters.empty()) {
                f(loss.bind(static_cast<double>(parameters[parameter_of(anchor)])));
                return;
            }
        }
        f(loss);
    }

    // Distances and gradients of the kept pairs, apart from the others.
    void gather_kept(lists& own) const {
        auto const gather = [](std::vector<std::size_t> const& kept, std::vector<T> const& from, std::vector<T>& to) {
            to.resize(kept.size());
            for (std::size_t i = 0; i < kept.size(); ++i)
                to[i] = from[kept[i]];
        };
        gather(own.kept_positives, own.positive_distances, own.kept_positive_distances);
        gather(own.kept_negatives, own.negative_distances, own.kept_negative_distances);
        own.kept_by_positives.assign(own.kept_positives.size(), T(0));
        own.kept_by_negatives.assign(own.kept_negatives.size(), T(0));
    }
    void spread_kept(lists& own) const {
        for (std::size_t i = 0; i < own.kept_positives.size(); ++i)
            own.by_positives[own.kept_positives[i]] = own.kept_by_positives[i];
        for (std::size_t i = 0; i < own.kept_negatives.size(); ++i)
            own.by_negatives[own.kept_negatives[i]] = own.kept_by_negatives[i];
    }

    void visit(std::size_t anchor, matrix_view<T> g, lists& own) {
        auto const view = look_from(anchor, own);
        own.by_positives.assign(own.positives.size(), T(0));
        own.by_negatives.assign(own.negatives.size(), T(0));
        random_stream stream(seed_, purpose::mining, step_, static_cast<std::uint32_t>(anchor));
        anchor_sums& r = rows_[anchor];
        if constexpr (of_triplets && mines_triplets) {
            with_loss(anchor, [&]<class Bound>(Bound const& bound) {
                miner.mine(view, stream,
                           triplet_visitor<Bound, T>{bound, own.positive_distances, own.negative_distances,
                                                     own.by_positives, own.by_negatives, r});
            });
            r.chosen = r.chosen_positives = r.chosen_negatives = r.sums[0].terms;
        } else if constexpr (of_triplets) {
            choose_pairs(view, stream, own);
            gather_kept(own);
            with_loss(anchor, [&]<class Bound>(Bound const& bound) {
                triplet_visitor<Bound, T> const visitor{bound,
                                                        own.kept_positive_distances,
                                                        own.kept_negative_distances,
                                                        own.kept_by_positives,
                                                        own.kept_by_negatives,
                                                        r};
                for (std::size_t p = 0; p < own.kept_positives.size(); ++p)
                    visitor(p);
            });
            spread_kept(own);
            r.chosen = r.chosen_positives = r.chosen_negatives = r.sums[0].terms;
        } else if constexpr (of_pairs) {
            auto const pairs = pairs_of(view, stream, own);
            auto const answer = [&] {
                if constexpr (survey_passes > 0)
                    return loss.row(pairs, std::span<double const>(totals_));
                else
                    return loss.row(pairs);
            }();
            if constexpr (reduced_apart)
                r.sums = answer;
            else
                r.sums[0] = answer;
            if constexpr (!std::is_same_v<Miner, miners::all>)
                spread_kept(own);
            for (T d : pairs.positives)
                r.positive_distance += static_cast<double>(d);
            for (T d : pairs.negatives)
                r.negative_distance += static_cast<double>(d);
            r.chosen_positives = static_cast<double>(pairs.positives.size()),
            r.chosen_negatives = static_cast<double>(pairs.negatives.size());
            r.chosen = r.chosen_positives + r.chosen_negatives;
        }
        scatter(anchor, g, own);
    }
    losses::pair_row<T> pairs_of(miners::anchor_view<T> const& view, random_stream& stream, lists& own) const {
        if constexpr (std::is_same_v<Miner, miners::all>)
            return {own.positive_distances, own.negative_distances, own.by_positives, own.by_negatives,
                    similarity_offset};
        else {
            choose_pairs(view, stream, own);
            gather_kept(own);
            return {own.kept_positive_distances, own.kept_negative_distances, own.kept_by_positives,
                    own.kept_by_negatives, similarity_offset};
        }
    }
    void survey(int pass) {
        if (pass == 0)
            totals_.clear();
        if constexpr (survey_passes > 0) {
            std::vector<std::array<double, 4>> sums(labels_.size());
            parallel_blocks(labels_.size(), 4, [&](std::size_t first, std::size_t last) {
                for (std::size_t i = first; i < last; ++i) {
                    std::size_t const a = anchors_.order[i];
                    auto& own = lists_[thread_index()];
                    auto const view = look_from(a, own);
                    random_stream stream(seed_, purpose::mining, step_, static_cast<std::uint32_t>(a));
                    own.by_positives.resize(own.positives.size()), own.by_negatives.resize(own.negatives.size());
                    sums[a] = loss.survey(pass, pairs_of(view, stream, own), std::span<double const>(totals_));
                }
            });
            std::array<double, 4> total{};
            for (auto const& s : sums)
                for (std::size_t k = 0; k < 4; ++k)
                    total[k] += s[k];
            totals_.insert(totals_.end(), total.begin(), total.end());
        }
    }

    // The nearer of d(a,n) and d(p,n); the latter's gradient goes to the row of p, which is of the same person and so
    // of the same thread.
    void visit_swapped(std::size_t anchor, matrix_view<T> g, lists& own) {
        if constexpr (swaps) {
            auto const view = look_from(anchor, own);
            random_stream stream(seed_, purpose::mining, step_, static_cast<std::uint32_t>(anchor));
            anchor_sums& r = rows_[anchor];
            with_loss(anchor, [&]<class Bound>(Bound const& bound) {
                triplet_visitor<Bound, T> const counter{bound, {}, {}, {}, {}, r};
                auto const one = [&](std::size_t p, std::size_t n) {
                    std::size_t const positive = own.positives[p], negative = own.negatives[n];
                    T const dp = own.positive_distances[p], dn = own.negative_distances[n],
                            other = d_(positive, negative);
                    auto const v = bound(dp, std::min(dn, other));
                    g(anchor, positive) += v.by_positive;
                    g(other < dn ? positive : anchor, negative) += v.by_negative;
                    counter.count(v, dp, std::min(dn, other));
                };
                if constexpr (mines_triplets)
                    miner.mine(view, stream, triplet_by_triplet<decltype(one) const&>{one, own.negatives.size()});
                else {
                    choose_pairs(view, stream, own);
                    for (std::size_t p : own.kept_positives)
                        for (std::size_t n : own.kept_negatives)
                            one(p, n);
                }
            });
            r.chosen = r.chosen_positives = r.chosen_negatives = r.sums[0].terms;
        }
    }

    objective_result reduce(matrix_view<T> g) {
        std::array<losses::term_sum, 2> sums{};
        objective_result total;
        double chosen = 0, positives = 0, negatives = 0;
        for (auto const& r : rows_) {
            sums[0] += r.sums[0], sums[1] += r.sums[1];
            chosen += r.chosen, positives += r.chosen_positives, negatives += r.chosen_negatives;
            total.positive_distance += r.positive_distance;
            total.negative_distance += r.negative_distance;
        }
        total.triplets = static_cast<std::size_t>(chosen);
        total.terms = static_cast<std::size_t>((sums[0].terms + sums[1].terms) * terms_per_triplet);
        total.active = static_cast<std::size_t>(sums[0].active + sums[1].active);
        total.positive_distance = positives > 0 ? total.positive_distance / positives : 0;
        total.negative_distance = negatives > 0 ? total.negative_distance / negatives : 0;
        std::array<double, 2> scale{};
        for (std::size_t side = 0; side < 2; ++side) {
            double const count = loss.reduction == losses::reducer::sum    ? 1
                                 : loss.reduction == losses::reducer::mean ? sums[side].terms
                                                                           : sums[side].active;
            scale[side] = count > 0 ? 1 / count : 0;
            // Without a term the loss is 0, but a value that is not a number has to be seen.
            total.loss += count > 0                         ? sums[side].value * scale[side]
                          : std::isfinite(sums[side].value) ? 0
                                                            : sums[side].value;
        }
        if (!reduced_apart)
            scale[1] = scale[0];
        parallel_blocks(g.rows(), 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                auto const to = g.row(i);
                T const positive = static_cast<T>(scale[0]), negative = static_cast<T>(scale[1]);
                if (!reduced_apart)
                    for (T& v : to)
                        v *= positive;
                else {
                    auto const members = people().members(person_of(i));
                    for (std::size_t p : members)
                        to[p] *= positive;
                    each_run_of_others(members, to.size(), [&](std::size_t from, std::size_t end, std::size_t) {
                        for (std::size_t j = from; j < end; ++j)
                            to[j] *= negative;
                    });
                }
            }
        });
        std::fill(parameter_gradients.begin(), parameter_gradients.end(), T(0));
        if (!parameters.empty())
            for (std::size_t a = 0; a < rows_.size(); ++a)
                parameter_gradients[parameter_of(a)] += static_cast<T>(scale[0] * rows_[a].by_parameter);
        return total;
    }

    struct nothing {};
    static auto prepared_type() {
        if constexpr (requires(Miner const& m, matrix_view<T const> d, std::span<label const> l) { m.prepare(d, l); })
            return std::type_identity<decltype(std::declval<Miner const&>().prepare(matrix_view<T const>(),
                                                                                    std::span<label const>()))>{};
        else
            return std::type_identity<nothing>{};
    }

    matrix_view<T const> d_;
    std::span<label const> labels_;
    references refs_{};
    std::size_t dimensions_ = 0;
    std::uint64_t seed_ = 0;
    std::uint32_t step_ = 0;
    people_index anchors_, others_; // the latter of references that are not the batch
    std::vector<lists> lists_;
    std::vector<anchor_sums> rows_;
    std::vector<double> totals_;
    typename decltype(prepared_type())::type prepared_{};
};

} // namespace trine::detail
