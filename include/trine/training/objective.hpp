#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "../core/tensor.hpp"
#include "../distances/concepts.hpp"
#include "../losses/triplet.hpp"
#include "../miners/triplet_miners.hpp"

namespace trine {

/// What one batch's mining and loss came to.
struct objective_result {
    double loss = 0;
    std::size_t triplets = 0; ///< chosen by the miner
    std::size_t active = 0;   ///< of these, with a loss above 0
    double positive_distance = 0, negative_distance = 0; ///< means over the chosen triplets
};

/// Mining and loss in one pass over the distance matrix, and the gradient of the embeddings in closed form.
///
/// For each anchor the miner visits its triplets and the loss adds ∂loss/∂distance into that anchor's own row of a B×B matrix G; the
/// distance turns G into ∂loss/∂embedding with one matrix product. Memory is O(B²) however many triplets there are. Anchors run in
/// parallel; sums are kept an anchor and added in their order.
template <class Miner, class Loss, class Distance, class T = float>
class objective {
    static_assert(miners::triplet_miner<Miner>, "this is not a triplet miner: it needs a name and mine(anchor_view, random_stream, visit)");
    static_assert(losses::triplet_loss<Loss>, "this is not a triplet loss: it needs a name, a reduction and operator()(d_positive, d_negative)");
    static_assert(distances::distance<Distance, T>, "this is not a distance: it needs a name, pairwise, cross and gradient");

public:
    explicit objective(Miner m = {}, Loss l = {}, Distance d = {}) : miner(m), loss(l), distance(d) {}

    /// Value of the loss, and its gradient.
    ///
    /// @param e         B×D embeddings
    /// @param labels    B
    /// @param gradient  B×D, overwritten; may be empty (no rows) when only the value is wanted
    /// @throws shape_error  when the sizes differ
    objective_result operator()(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient, std::uint64_t seed = 0, std::uint32_t step = 0) {
        visit_anchors(e, labels, seed, step);
        objective_result total;
        double sum = 0;
        for (auto const& r : rows_) {
            sum += r.loss;
            total.triplets += r.triplets;
            total.active += r.active;
            total.positive_distance += r.positive_distance;
            total.negative_distance += r.negative_distance;
        }
        double count = 1;
        if (loss.reduction != losses::reducer::sum)
            count = static_cast<double>(loss.reduction == losses::reducer::mean ? total.triplets : total.active);
        double const scale = count > 0 ? 1 / count : 0;
        // Without an active triplet the loss is 0, but a NaN, which is never active, has to be seen.
        total.loss = count > 0 ? sum * scale : std::isfinite(sum) ? 0 : sum;
        if (total.triplets > 0) {
            total.positive_distance /= static_cast<double>(total.triplets);
            total.negative_distance /= static_cast<double>(total.triplets);
        }
        if (gradient.rows() > 0) {
            std::size_t const n = e.rows();
            require<shape_error>(gradient.rows() == n && gradient.cols() == e.cols(), "gradient of ", gradient.rows(), "×", gradient.cols(),
                                 " for embeddings of ", n, "×", e.cols());
            parallel_blocks(n * n, 4096, [&](std::size_t first, std::size_t last) {
                for (std::size_t i = first; i < last; ++i)
                    g_[i] *= static_cast<T>(scale);
            });
            distance.gradient(e, matrix_view<T const>(d_.data(), n, n), matrix_view<T>(g_.data(), n, n), gradient);
        }
        return total;
    }

    /// The triplets that the miner chooses: indices of anchor, positive, negative, in the order of the anchors.
    std::vector<std::array<std::size_t, 3>> triplets(matrix_view<T const> e, std::span<label const> labels, std::uint64_t seed = 0, std::uint32_t step = 0) {
        prepare(e, labels);
        std::vector<std::array<std::size_t, 3>> chosen;
        for (std::size_t a = 0; a < e.rows(); ++a) {
            lists own;
            auto const view = look_from(a, labels, own);
            random_stream stream(seed, purpose::mining, step, static_cast<std::uint32_t>(a));
            miner.mine(view, stream, [&](std::size_t p, std::size_t n) { chosen.push_back({a, view.positives[p], view.negatives[n]}); });
        }
        return chosen;
    }

    /// Distances of the last batch.
    matrix_view<T const> last_distances() const { return {d_.data(), labels_, labels_}; }

    Miner miner;
    Loss loss;
    Distance distance;

private:
    struct row {
        double loss, positive_distance, negative_distance;
        std::size_t triplets, active;
    };
    struct lists {
        std::vector<std::size_t> positives, negatives;
        std::vector<T> positive_distances, negative_distances;
    };

    void prepare(matrix_view<T const> e, std::span<label const> labels) {
        require<shape_error>(e.rows() == labels.size(), e.rows(), " embeddings but ", labels.size(), " labels");
        labels_ = labels.size();
        d_.reserve_discarding(labels_ * labels_);
        g_.reserve_discarding(labels_ * labels_);
        distance.pairwise(e, matrix_view<T>(d_.data(), labels_, labels_));
    }
    miners::anchor_view<T> look_from(std::size_t anchor, std::span<label const> labels, lists& own) const {
        own.positives.clear(), own.negatives.clear(), own.positive_distances.clear(), own.negative_distances.clear();
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (i == anchor)
                continue;
            bool const same = labels[i] == labels[anchor];
            (same ? own.positives : own.negatives).push_back(i);
            (same ? own.positive_distances : own.negative_distances).push_back(d_[anchor * labels.size() + i]);
        }
        return {anchor, own.positives, own.negatives, own.positive_distances, own.negative_distances};
    }
    void visit_anchors(matrix_view<T const> e, std::span<label const> labels, std::uint64_t seed, std::uint32_t step) {
        prepare(e, labels);
        std::size_t const n = labels.size();
        rows_.resize(n);
        if (lists_.size() < thread_count())
            lists_.resize(thread_count());
        parallel_blocks(n, 4, [&](std::size_t first, std::size_t last) {
            auto& own = lists_[thread_index()];
            for (std::size_t a = first; a < last; ++a) {
                auto const view = look_from(a, labels, own);
                T* const g = g_.data() + a * n;
                std::fill_n(g, n, T(0));
                row r{};
                random_stream stream(seed, purpose::mining, step, static_cast<std::uint32_t>(a));
                miner.mine(view, stream, [&](std::size_t p, std::size_t q) {
                    T const dp = view.positive_distances[p], dn = view.negative_distances[q];
                    auto const v = loss(dp, dn);
                    g[view.positives[p]] += v.by_positive;
                    g[view.negatives[q]] += v.by_negative;
                    r.loss += static_cast<double>(v.value);
                    r.positive_distance += static_cast<double>(dp);
                    r.negative_distance += static_cast<double>(dn);
                    ++r.triplets;
                    r.active += v.value > T(0);
                });
                rows_[a] = r;
            }
        });
    }

    buffer<T> d_, g_;
    std::vector<row> rows_;
    std::vector<lists> lists_;
    std::size_t labels_ = 0;
};

/// An objective whose type is forgotten: what the training loop calls, so that the loop is compiled once a network and an objective once a program,
/// whatever the numbers of both. Copies share the objective.
class any_objective {
public:
    template <class Miner, class Loss, class Distance>
    any_objective(objective<Miner, Loss, Distance> o) // NOLINT: a conversion is what it is for
        : evaluate_([shared = std::make_shared<objective<Miner, Loss, Distance>>(std::move(o))](auto const& e, auto labels, auto const& gradient, auto seed, auto step) {
              return (*shared)(e, labels, gradient, seed, step);
          }) {
        name_.append("miner ").append(Miner::name).append(", loss ").append(Loss::name).append(", distance ").append(Distance::name);
    }

    /// What tells a run with this objective from others.
    std::string const& name() const { return name_; }

    /// As `objective`.
    objective_result operator()(matrix_view<float const> e, std::span<label const> labels, matrix_view<float> gradient, std::uint64_t seed, std::uint32_t step) const {
        return evaluate_(e, labels, gradient, seed, step);
    }

private:
    std::string name_;
    std::function<objective_result(matrix_view<float const>, std::span<label const>, matrix_view<float>, std::uint64_t, std::uint32_t)> evaluate_;
};

} // namespace trine
