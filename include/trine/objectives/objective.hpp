#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/identity.hpp"
#include "../core/state.hpp"
#include "mining_pass.hpp"

namespace trine {

/// Mining and loss in one pass over the distance matrix, and the gradient of the embeddings in closed form.
///
/// For each anchor the miner visits its triplets or pairs and the loss adds ∂loss/∂distance into that anchor's own row
/// of a B×B matrix G; the distance turns G into ∂loss/∂embedding with one matrix product. Memory is 2·B² + O(B·D)
/// scalars however many triplets there are. Anchors run in parallel; sums are kept an anchor and added in their order.
///
/// With `miners::none` and a proxy loss, photos are compared with class weights instead; see proxy_objective.hpp.
template <class Miner, class Loss, class Distance, class T = float>
class objective {
    using pass = detail::mining_pass<Miner, Loss, Distance, T>;

public:
    explicit objective(Miner m = {}, Loss l = {}, Distance d = {}) : distance_(d), pass_(m, l) {}

    identity identity_of() const {
        return identity("objective").with("miner", miner()).with("loss", loss()).with("distance", distance());
    }

    /// Puts what the loss itself learns and remembers back to where it begins. The sizes matter to proxy losses alone.
    void start(std::size_t classes = 0, std::size_t = 0, std::uint64_t = 0) { pass_.start(classes); }

    /// Value of the loss, and its gradient.
    ///
    /// @param e         B×D embeddings
    /// @param labels    B
    /// @param gradient  B×D, overwritten; may be empty (no rows) when only the value is wanted
    /// @throws shape_error    when the sizes differ
    /// @throws numeric_error  when an embedding is NaN or infinite
    objective_result operator()(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient,
                                std::uint64_t seed = 0, std::uint32_t step = 0) {
        detail::check_batch(e, labels, gradient);
        std::size_t const n = e.rows();
        measure(e);
        g_.reserve_discarding(n * n);
        matrix_view<T> const g(g_.data(), n, n);
        auto const total = mine(last_distances(), g, labels, e.cols(), seed, step);
        if (gradient.rows() > 0)
            distance_.gradient(e, last_distances(), g, gradient);
        return total;
    }

    /// The same of distances that are given, from wherever they come; they mean what this objective's distance means
    /// (for cosines, 1 − cos θ).
    ///
    /// @param distances     B×B; its diagonal counts only for losses that say so
    /// @param labels        B
    /// @param by_distances  B×B, set to ∂loss/∂distance, each of (i, j) and (j, i) for itself; may be empty
    /// @param dimensions    of the embeddings, for `miners::distance_weighted`, which has to know
    /// @throws shape_error    when the sizes differ
    /// @throws numeric_error  when a distance is NaN or infinite
    objective_result of_distances(matrix_view<T const> distances, std::span<label const> labels,
                                  matrix_view<T> by_distances, std::uint64_t seed = 0, std::uint32_t step = 0,
                                  std::size_t dimensions = 0) {
        std::size_t const n = labels.size();
        require<shape_error>(distances.rows() == n && distances.cols() == n, distances.rows(), "×", distances.cols(),
                             " distances of ", n, " labels");
        require<shape_error>(by_distances.rows() == 0 || (by_distances.rows() == n && by_distances.cols() == n),
                             "slopes of ", by_distances.rows(), "×", by_distances.cols(), " for distances of ", n, "×",
                             n);
        for (std::size_t i = 0; i < n; ++i) {
            T sum = 0; // 0·x is NaN for NaN and for infinity
            for (T v : distances.row(i))
                sum += v * T(0);
            require<numeric_error>(sum == T(0), "a distance from photo ", i, " of the batch (label ", labels[i],
                                   ") is not finite");
        }
        g_.reserve_discarding(by_distances.rows() > 0 ? 0 : n * n);
        return mine(distances, by_distances.rows() > 0 ? by_distances : matrix_view<T>(g_.data(), n, n), labels,
                    dimensions, seed, step);
    }

    /// The triplets that the miner chooses: places of anchor, positive, negative, in the order of the anchors.
    std::vector<std::array<std::size_t, 3>> triplets(matrix_view<T const> e, std::span<label const> labels,
                                                     std::uint64_t seed = 0, std::uint32_t step = 0) {
        std::vector<std::array<std::size_t, 3>> chosen;
        look(e, labels, seed, step, [&](auto const& view, random_stream& stream, auto& own) {
            auto const add = [&](std::size_t p, std::size_t n) {
                chosen.push_back({view.anchor, view.positives[p], view.negatives[n]});
            };
            if constexpr (miners::triplet_miner<Miner>)
                miner().mine(view, stream,
                             detail::triplet_by_triplet<decltype(add) const&>{add, view.negatives.size()});
            else {
                pass_.choose_pairs(view, stream, own);
                for (std::size_t p : own.kept_positives)
                    for (std::size_t n : own.kept_negatives)
                        add(p, n);
            }
        });
        return chosen;
    }

    /// The pairs that the miner chooses: places of anchor and other, positive pairs and negative pairs, in the order of
    /// the anchors.
    std::array<std::vector<std::array<std::size_t, 2>>, 2> pairs(
        matrix_view<T const> e, std::span<label const> labels, std::uint64_t seed = 0,
        std::uint32_t step = 0) requires miners::pair_miner<Miner> {
        std::array<std::vector<std::array<std::size_t, 2>>, 2> chosen;
        look(e, labels, seed, step, [&](auto const& view, random_stream& stream, auto& own) {
            pass_.choose_pairs(view, stream, own);
            for (std::size_t p : own.kept_positives)
                chosen[0].push_back({view.anchor, view.positives[p]});
            for (std::size_t n : own.kept_negatives)
                chosen[1].push_back({view.anchor, view.negatives[n]});
        });
        return chosen;
    }

    /// Distances of the last batch, B×B.
    matrix_view<T const> last_distances() const { return {d_.data(), measured_, measured_}; }

    /// Calls f(values, gradients) for what the loss itself learns; nothing for most losses.
    template <class F>
    void each_parameter(F&& f) {
        pass_.thresholds.each_parameter(f);
    }
    /// What the loss itself learns and remembers, to be carried over a stop.
    trine::state state() const { return pass_.state(); }
    /// @throws format_error  when this is not the state of such an objective
    void restore(trine::state const& all) { pass_.restore(all); }

    Miner const& miner() const { return pass_.miner(); }
    Loss const& loss() const { return pass_.loss(); }
    Distance const& distance() const { return distance_; }

private:
    void measure(matrix_view<T const> e) {
        std::size_t const n = measured_ = e.rows();
        d_.reserve_discarding(n * n);
        distance_.pairwise(e, matrix_view<T>(d_.data(), n, n));
    }
    // Calls f(labels, references) with the labels, or what the miner has in their place.
    template <class F>
    auto with_references(std::span<label const> labels, F&& f) {
        if constexpr (pass::fits::relabels) {
            own_labels_ = miner().labels_for(labels.size());
            labels = own_labels_;
        }
        own_places_.resize(labels.size());
        std::iota(own_places_.begin(), own_places_.end(), std::size_t{0});
        return f(labels, detail::reference_view{labels, own_places_, true});
    }
    objective_result mine(matrix_view<T const> d, matrix_view<T> g, std::span<label const> labels,
                          std::size_t dimensions, std::uint64_t seed, std::uint32_t step) {
        return with_references(labels, [&](std::span<label const> own, detail::reference_view const& references) {
            return pass_(d, g, own, references, dimensions, seed, step);
        });
    }
    template <class Take>
    void look(matrix_view<T const> e, std::span<label const> labels, std::uint64_t seed, std::uint32_t step,
              Take&& take) {
        detail::check_batch(e, labels, matrix_view<T>());
        measure(e);
        with_references(labels, [&](std::span<label const> own, detail::reference_view const& references) {
            pass_.each_choice(last_distances(), own, references, e.cols(), seed, step, take);
        });
    }

    buffer<T> d_, g_;
    std::size_t measured_ = 0;
    std::vector<std::size_t> own_places_;
    std::vector<label> own_labels_; // where the miner has other than the batch's
    Distance distance_;
    pass pass_;
};

template <class Miner, class Loss, class Distance>
objective(Miner, Loss, Distance) -> objective<Miner, Loss, Distance>;

} // namespace trine

#include "proxy_objective.hpp"
