#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "batch_view.hpp"
#include "combination.hpp"
#include "learnt_thresholds.hpp"
#include "loss_memory.hpp"
#include "reduction.hpp"
#include "result.hpp"
#include "visits.hpp"

namespace trine::detail {

/// The one pass over the distances: for every anchor the miner visits what it chooses, and the loss adds
/// ∂loss/∂distance into the anchor's own row of G.
template <class Miner, class Loss, class Distance, class T>
class mining_pass {
public:
    using fits = combination<Miner, Loss, Distance, T>;
    static_assert(std::is_empty_v<fits>); // so that a refusal comes before all that follows from it

    /// @throws argument_error  when the miner or the loss has a value that makes no sense
    mining_pass(Miner m, Loss l) : miner_(m), loss_(l) {
        check_values(miner_), check_values(loss_);
        start();
    }

    /// Puts what the loss learns and remembers back to where it begins.
    void start(std::size_t classes = 0) { thresholds.start(loss_), memory_.start(loss_, classes); }
    /// What the loss learns and remembers.
    trine::state state() const {
        auto all = thresholds.state();
        memory_.add_to(all);
        return all;
    }
    /// @throws format_error  when this is not the state of such a loss
    void restore(trine::state const& all) { thresholds.restore(all), memory_.restore(all); }

    /// Visits all anchors.
    ///
    /// @param d  anchors × references
    /// @param g  anchors × references, becomes ∂loss/∂d, already reduced
    objective_result operator()(matrix_view<T const> d, matrix_view<T> g, std::span<label const> labels,
                                reference_view const& references, std::size_t dimensions, std::uint64_t seed,
                                std::uint32_t step) {
        look_at(d, labels, references, dimensions, seed, step);
        rows_.assign(batch_.anchors(), {});
        if constexpr (fits::of_batches)
            return visit_batch(g);
        else
            return visit_all(g);
    }

    /// Calls take(view, stream, lists) in the order of anchors, for those who want to look at what a miner chooses.
    template <class Take>
    void each_choice(matrix_view<T const> d, std::span<label const> labels, reference_view const& references,
                     std::size_t dimensions, std::uint64_t seed, std::uint32_t step, Take&& take) {
        look_at(d, labels, references, dimensions, seed, step);
        for (std::size_t a = 0; a < labels.size(); ++a) {
            auto& own = batch_.lists();
            auto const view = batch_.look_from(a, own);
            auto stream = batch_.stream(a);
            take(view, stream, own);
        }
    }

    /// Fills the kept lists with the pairs that a pair miner chooses.
    void choose_pairs(miners::anchor_view<T> const& view, random_stream& stream, anchor_lists<T>& own) const {
        own.kept_positives.clear(), own.kept_negatives.clear();
        auto const positive = [&](std::size_t p) { own.kept_positives.push_back(p); };
        auto const negative = [&](std::size_t n) { own.kept_negatives.push_back(n); };
        if constexpr (fits::prepares)
            miner_.mine_pairs(view, stream, positive, negative, prepared_);
        else
            miner_.mine_pairs(view, stream, positive, negative);
    }

    Miner const& miner() const { return miner_; }
    Loss const& loss() const { return loss_; }

    learnt_thresholds<Loss, T> thresholds;

private:
    objective_result visit_all(matrix_view<T> g) {
        survey();
        if constexpr (fits::crosses_rows)
            each_person(g);
        else
            each_anchor(g);
        auto const reduced = reduce(rows_, loss_.reduction, fits::splits_sums, fits::terms_per_triplet);
        if constexpr (fits::splits_sums)
            scale_rows_split(g, reduced.scale,
                             [&](std::size_t a) { return batch_.people().members(batch_.person_of(a)); });
        else
            scale_rows(g, reduced.scale);
        thresholds.take_gradients(rows_, batch_.labels(), reduced.scale[0]);
        return reduced.result;
    }

    static auto prepare(Miner const& miner, matrix_view<T const> d, std::span<label const> labels,
                        random_stream stream) {
        if constexpr (fits::draws_first)
            return miner.prepare(d, labels, stream);
        else if constexpr (fits::prepares)
            return miner.prepare(d, labels);
        else {
            struct nothing {};
            return nothing{};
        }
    }

    void look_at(matrix_view<T const> d, std::span<label const> labels, reference_view const& references,
                 std::size_t dimensions, std::uint64_t seed, std::uint32_t step) {
        thresholds.check(labels);
        batch_.look_at(d, labels, references, dimensions, distances::similarity_offset<Distance>(), seed, step);
        if constexpr (fits::prepares) // with draws of no anchor's
            prepared_ = prepare(miner_, d, labels, random_stream(seed, purpose::mining, step, 0xFFFFFFFFu));
    }

    void each_anchor(matrix_view<T> g) {
        parallel_blocks(batch_.anchors(), 4, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                visit(batch_.in_order()[i], g, batch_.lists());
        });
    }
    // Terms that reach into several rows: all of one person's, so that threads do not meet.
    void each_person(matrix_view<T> g) {
        parallel_for(batch_.people().people(), [&](std::size_t who) {
            auto const members = batch_.people().members(who);
            for (std::size_t a : members)
                std::fill_n(g.row(a).data(), g.cols(), T(0));
            if constexpr (fits::of_classes)
                visit_class(who, g, batch_.lists());
            else
                for (std::size_t a : members)
                    visit_swapped_triplets(a, g, batch_.lists());
        });
    }

    void visit(std::size_t anchor, matrix_view<T> g, anchor_lists<T>& own) {
        auto const view = batch_.look_from(anchor, own);
        own.by_positives.assign(own.positives.size(), T(0));
        own.by_negatives.assign(own.negatives.size(), T(0));
        auto stream = batch_.stream(anchor);
        anchor_sums& sums = rows_[anchor];
        if constexpr (fits::of_triplets && fits::mines_triplets) {
            with_loss(anchor, [&](auto const& loss) { visit_triplets(miner_, loss, view, stream, own, sums); });
            count_triplets(sums);
        } else if constexpr (fits::of_triplets) {
            choose_pairs(view, stream, own);
            own.gather_kept();
            with_loss(anchor, [&](auto const& loss) { visit_kept(loss, own, sums); });
            own.spread_kept();
            count_triplets(sums);
        } else if constexpr (fits::of_pairs) {
            auto const pairs = pairs_of(view, stream, own);
            auto const answer = [&] {
                if constexpr (fits::surveys > 0)
                    return loss_.row(pairs, std::span<double const>(totals_));
                else
                    return loss_.row(pairs);
            }();
            if constexpr (fits::splits_sums)
                sums.sums = answer;
            else
                sums.sums[0] = answer;
            if constexpr (!fits::mines_all)
                own.spread_kept();
            count_pairs(pairs, sums);
        }
        if constexpr (fits::weighs_classes)
            weigh(loss_.weight_of(batch_.labels()[anchor]), own, sums);
        batch_.scatter(anchor, g, own);
    }
    static void weigh(double weight, anchor_lists<T>& own, anchor_sums& sums) {
        for (auto& sum : sums.sums)
            sum.value *= weight;
        sums.by_parameter *= weight;
        for (auto* slopes : {&own.by_positives, &own.by_negatives})
            for (T& v : *slopes)
                v *= static_cast<T>(weight);
    }
    void visit_swapped_triplets(std::size_t anchor, matrix_view<T> g, anchor_lists<T>& own) {
        auto const view = batch_.look_from(anchor, own);
        auto stream = batch_.stream(anchor);
        anchor_sums& sums = rows_[anchor];
        auto const each_triplet = [&](auto const& one) {
            if constexpr (fits::mines_triplets)
                miner_.mine(view, stream, triplet_by_triplet<decltype(one)>{one, own.negatives.size()});
            else {
                choose_pairs(view, stream, own);
                for (std::size_t p : own.kept_positives)
                    for (std::size_t n : own.kept_negatives)
                        one(p, n);
            }
        };
        with_loss(anchor, [&](auto const& loss) {
            visit_swapped(loss, batch_.distances(), anchor, own, g, sums, each_triplet);
        });
        count_triplets(sums);
    }
    void visit_class(std::size_t who, matrix_view<T> g, anchor_lists<T>& own) {
        auto const members = batch_.people().members(who);
        own.list_others(batch_.people(), who, batch_.anchors());
        own.typed_scratch.resize(batch_.anchors());
        auto const sum = loss_.of_class(losses::class_view<T>{members, own.negatives, batch_.distances(), g,
                                                              fits::similarity_offset, own.typed_scratch});
        auto& sums = rows_[members.front()];
        sums.sums[0] = sum;
        sums.chosen = sum.terms;
    }

    objective_result visit_batch(matrix_view<T> g) {
        auto const d = batch_.distances();
        auto const& people = batch_.people();
        parallel_blocks(batch_.anchors(), 4, [&](std::size_t first, std::size_t last) {
            for (std::size_t a = first; a < last; ++a) {
                std::fill_n(g.row(a).data(), g.cols(), T(0));
                for (std::size_t i = 0; i < g.cols(); ++i) {
                    bool const same = people.person[i] == people.person[a];
                    (same ? rows_[a].positive_distance : rows_[a].negative_distance) +=
                        i == a ? 0 : static_cast<double>(d(a, i));
                    (same ? rows_[a].chosen_positives : rows_[a].chosen_negatives) += i == a ? 0 : 1;
                }
            }
        });
        auto const sum =
            loss_.of_batch(losses::whole_batch<T>{batch_.labels(), people.person, people.order, people.begin, d, g,
                                                  fits::similarity_offset, memory_.values()});
        for (auto& r : rows_)
            r.chosen = r.chosen_positives + r.chosen_negatives;
        auto result = reduce(rows_, losses::reducer::sum, false, 1).result;
        result.loss = sum.value;
        result.terms = static_cast<std::size_t>(sum.terms), result.active = static_cast<std::size_t>(sum.active);
        return result;
    }

    losses::pair_row<T> pairs_of(miners::anchor_view<T> const& view, random_stream& stream,
                                 anchor_lists<T>& own) const {
        if constexpr (fits::mines_all)
            return {own.positive_distances, own.negative_distances, own.by_positives, own.by_negatives,
                    fits::similarity_offset};
        else {
            choose_pairs(view, stream, own);
            own.gather_kept();
            return {own.kept_positive_distances, own.kept_negative_distances, own.kept_by_positives,
                    own.kept_by_negatives, fits::similarity_offset};
        }
    }
    // What a pair loss has to know of all rows before it can look at one.
    void survey() {
        totals_.clear();
        if constexpr (fits::surveys > 0)
            for (int pass = 0; pass < fits::surveys; ++pass) {
                std::vector<std::array<double, 4>> sums(batch_.anchors());
                parallel_blocks(batch_.anchors(), 4, [&](std::size_t first, std::size_t last) {
                    for (std::size_t i = first; i < last; ++i) {
                        std::size_t const a = batch_.in_order()[i];
                        auto& own = batch_.lists();
                        auto const view = batch_.look_from(a, own);
                        auto stream = batch_.stream(a);
                        own.by_positives.resize(own.positives.size()), own.by_negatives.resize(own.negatives.size());
                        sums[a] = loss_.survey(pass, pairs_of(view, stream, own), std::span<double const>(totals_));
                    }
                });
                std::array<double, 4> total{};
                for (auto const& s : sums)
                    for (std::size_t k = 0; k < 4; ++k)
                        total[k] += s[k];
                totals_.insert(totals_.end(), total.begin(), total.end());
            }
    }

    template <class F>
    void with_loss(std::size_t anchor, F&& f) const {
        thresholds.with_loss(loss_, batch_.labels()[anchor], f);
    }

    Miner miner_;
    Loss loss_;
    batch_view<T> batch_;
    std::vector<anchor_sums> rows_;
    std::vector<double> totals_;
    loss_memory<Loss> memory_;
    decltype(prepare(std::declval<Miner const&>(), {}, {}, std::declval<random_stream>())) prepared_{};
};

} // namespace trine::detail
