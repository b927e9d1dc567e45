#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "objective.hpp"

namespace trine {

/// Compares each batch with the embeddings of the last batches as well: a ring of the last M, held constant. Every
/// batch enters it before its own loss is taken, so that with M = B the plain objective's pairs come back, with the
/// gradient of one side only.
///
/// Memory is 2·B·M + M·D scalars. The ring belongs to a run's state: `state` and `restore` carry it over a stop.
///
/// @see X. Wang, H. Zhang, W. Huang, M. Scott, "Cross-Batch Memory for Embedding Learning", CVPR 2020
template <class Miner, class Loss, class Distance, class T = float>
class cross_batch_memory {
    static_assert(distances::cross_distance<Distance, T>,
                  "a cross-batch memory needs a distance with cross_gradient, as all of Trine's have");
    using pass = detail::mining_pass<Miner, Loss, Distance, T>;
    static_assert(!pass::fits::crosses_rows && !pass::fits::needs_euclidean,
                  "a cross-batch memory knows no distances between the photos it holds, which this loss or miner "
                  "needs: use a triplet or pair loss without swap");
    static_assert(!pass::fits::prepares && !pass::fits::relabels,
                  "this miner chooses among the batch's own pairs, and a cross-batch memory has others: use a miner "
                  "that looks at one anchor at a time");

public:
    /// @param size  embeddings that the memory holds
    /// @throws argument_error  when it holds none
    explicit cross_batch_memory(std::size_t size, Miner m = {}, Loss l = {}, Distance d = {})
        : size_(size), distance_(d), pass_(m, l) {
        require<argument_error>(size > 0, "a cross-batch memory of ", size, " embeddings");
    }

    identity identity_of() const {
        return identity("cross_batch_memory")
            .with("size", size_)
            .with("miner", pass_.miner())
            .with("loss", pass_.loss())
            .with("distance", distance_);
    }

    /// Forgets all, and puts what the loss itself learns back to where it begins.
    void start(std::size_t = 0, std::size_t = 0, std::uint64_t = 0) {
        labels_.clear(), embeddings_.clear();
        next_ = 0;
        pass_.start();
    }

    /// As `objective`.
    ///
    /// @throws argument_error  when the batch is larger than the memory
    objective_result operator()(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient,
                                std::uint64_t seed = 0, std::uint32_t step = 0) {
        detail::check_batch(e, labels, gradient);
        std::size_t const n = e.rows(), d = e.cols();
        require<argument_error>(n <= size_, "a batch of ", n, " photos for a cross-batch memory of ", size_);
        require<shape_error>(labels_.empty() || d == dimensions_, "embeddings of ", d, " dimensions for a memory of ",
                             dimensions_);
        dimensions_ = d;
        places_.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            if (labels_.size() < size_) {
                labels_.push_back(labels[i]);
                embeddings_.insert(embeddings_.end(), e.row(i).begin(), e.row(i).end());
            } else {
                labels_[next_] = labels[i];
                std::copy(e.row(i).begin(), e.row(i).end(),
                          embeddings_.begin() + static_cast<std::ptrdiff_t>(next_ * d));
            }
            places_[i] = next_;
            next_ = (next_ + 1) % size_;
        }
        std::size_t const m = labels_.size();
        matrix_view<T const> const references(embeddings_.data(), m, d);
        d_.reserve_discarding(n * m), g_.reserve_discarding(n * m);
        matrix_view<T> const distances(d_.data(), n, m), g(g_.data(), n, m);
        distance_.cross(e, references, distances);
        auto const total = pass_(distances, g, labels, {labels_, places_, false}, d, seed, step);
        if (gradient.rows() > 0)
            distance_.cross_gradient(e, references, matrix_view<T const>(distances), g, gradient);
        return total;
    }

    /// Embeddings held now.
    std::size_t held() const { return labels_.size(); }
    template <class F>
    void each_parameter(F&& f) {
        pass_.thresholds.each_parameter(f);
    }

    /// What it remembers and what the loss learns, to be carried over a stop.
    trine::state state() const {
        trine::state all;
        all.add("labels", labels_);
        all.add("embeddings", embeddings_);
        all.add("place", std::vector<std::int64_t>{static_cast<std::int64_t>(next_)});
        all.add("loss", pass_.thresholds.state());
        return all;
    }
    /// @throws format_error  when this is not the state of such a memory
    void restore(trine::state const& all) {
        auto const& labels = all.get<label>("labels");
        auto const& embeddings = all.get<T>("embeddings");
        auto const& place = all.get<std::int64_t>("place");
        bool const held = labels.size() <= size_ && embeddings.size() % std::max<std::size_t>(1, labels.size()) == 0;
        require<format_error>(held && (!labels.empty() || embeddings.empty()) && place.size() == 1 && place[0] >= 0 &&
                                  static_cast<std::size_t>(place[0]) < size_,
                              "this is not the state of a cross-batch memory of ", size_, " embeddings: it has ",
                              labels.size(), " labels and ", embeddings.size(), " scalars");
        pass_.thresholds.restore(all.part("loss"));
        labels_ = labels, embeddings_ = embeddings;
        next_ = static_cast<std::size_t>(place[0]);
        dimensions_ = labels.empty() ? 0 : embeddings.size() / labels.size();
    }

private:
    std::size_t size_, dimensions_ = 0, next_ = 0;
    std::vector<label> labels_;
    std::vector<T> embeddings_;
    std::vector<std::size_t> places_;
    buffer<T> d_, g_;
    Distance distance_;
    pass pass_;
};

} // namespace trine
