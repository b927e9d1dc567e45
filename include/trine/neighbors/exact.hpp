#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "../arrays/tensor.hpp"
#include "../distances/concepts.hpp"
#include "concepts.hpp"
#include "rows.hpp"
#include "scan.hpp"

namespace trine::neighbors {

namespace detail {

// All parts, by a distance of which nothing is known but that it can be computed: blocks of queries against blocks of
// references.
template <class Distance, class Storage>
neighbor_lists search_by_blocks(Distance const& distance, matrix_view<float const> queries,
                                std::span<part<Storage> const> parts, std::vector<bool> const& removed, std::size_t k) {
    std::size_t const cols = queries.cols(),
                      query_block = std::clamp<std::size_t>(
                          (std::size_t{16} << 20) / (candidate_pool::capacity_for(k) * sizeof(candidate)), 1, 64);
    constexpr std::size_t reference_block = 1024;
    neighbor_lists lists(queries.rows(), k);
    std::vector<float> distances(query_block * reference_block), decoded(reference_block * cols);
    std::vector<candidate_pool> pools(query_block);
    auto const settled = [](std::size_t) { return 0.0; }; // never asked: every candidate comes settled
    for (std::size_t q = 0; q < queries.rows(); q += query_block) {
        std::size_t const rows = std::min(query_block, queries.rows() - q);
        for (auto& pool : pools)
            pool.reset(k);
        for (auto const& p : parts)
            for (std::size_t r = 0; r < p.rows.rows; r += reference_block) {
                std::size_t const count = std::min(reference_block, p.rows.rows - r);
                matrix_view<float const> references;
                if (p.originals.rows() > 0)
                    references = p.originals.slice(r, count);
                else {
                    for (std::size_t i = 0; i < count; ++i)
                        Storage::decode(cols, p.rows.row(r + i), p.rows.scale(r + i), decoded.data() + i * cols);
                    references = {decoded.data(), count, cols};
                }
                matrix_view<float> const block(distances.data(), rows, count);
                distance.cross(queries.slice(q, rows), references, block);
                parallel_for(rows, [&](std::size_t i) {
                    for (std::size_t j = 0; j < count; ++j) {
                        double const d = static_cast<double>(block(i, j));
                        std::size_t const place = p.first + r + j;
                        if (d <= pools[i].threshold() && !(place < removed.size() && removed[place]))
                            pools[i].add({d, d, place}, settled);
                    }
                });
            }
        for (std::size_t i = 0; i < rows; ++i) {
            auto const best = pools[i].finish(settled);
            std::transform(best.begin(), best.end(), lists.room(q + i).begin(), [](candidate const& c) {
                return neighbor{static_cast<float>(c.lower), c.index};
            });
            lists.set_length(q + i, best.size());
        }
    }
    return lists;
}

template <class Distance, class Storage>
neighbor_lists search_exactly(Distance const& distance, matrix_view<float const> queries,
                              std::span<part<Storage> const> parts, std::vector<bool> const& removed, std::size_t k) {
    constexpr auto rises_with = distances::geometry_of<Distance>();
    if constexpr (rises_with == geometry::other)
        return search_by_blocks(distance, queries, parts, removed, k);
    else {
        neighbor_lists lists(queries.rows(), k);
        scan<rises_with, Storage>(parts, removed, k, queries, [&](std::size_t q, std::span<candidate const> best) {
            std::transform(best.begin(), best.end(), lists.room(q).begin(), [](candidate const& c) {
                return neighbor{static_cast<float>(Distance::from_geometry(c.lower)), c.index};
            });
            lists.set_length(q, best.size());
        });
        return lists;
    }
}

} // namespace detail

/// Exact nearest neighbours: every query is compared with every reference.
///
/// One query runs at the speed of memory, many at the speed of arithmetic, and no matrix of distances is ever held:
/// beyond its result a search takes some 30 MiB at most. For distances that rise with ‖x − y‖², a cosine or a product,
/// arithmetic in few bits bounds every value, and what the bounds cannot separate is settled in double, so the
/// neighbours are those of the true values, ties to the smaller index, with any number of threads. Other distances are
/// compared as they compute themselves.
///
/// `Storage` says how references are kept. With fewer bytes a value, bounds take the loss into account: where the
/// original rows are at hand, the neighbours are still exactly those among the originals (the few that bounds cannot
/// separate are read); where they are not, those among the stored rows.
template <class Storage>
struct exact_in {
    static constexpr std::string_view name = std::is_same_v<Storage, storage::float32>   ? "exact"
                                             : std::is_same_v<Storage, storage::float16> ? "exact_float16"
                                                                                         : "exact_int8";
    using storage_type = Storage;

    /// The k nearest references of each query, nearest first. References that hold NaN or infinity are nobody's
    /// neighbours.
    ///
    /// @param queries     Q×D
    /// @param references  R×D
    /// @param originals   R×D, what the references were stored from, or empty
    /// @return Q lists of k neighbours
    /// @throws shape_error     when the embeddings' sizes differ
    /// @throws argument_error  when k is 0 or larger than R
    /// @throws numeric_error   when a query holds NaN or infinity
    template <class Distance>
    neighbor_lists search(Distance const& distance, matrix_view<float const> queries, stored_rows<Storage> references,
                          std::size_t k, matrix_view<float const> originals = {}) const {
        detail::check_search(queries, references.cols, k, references.rows);
        require<shape_error>(originals.rows() == 0 ||
                                 (originals.rows() == references.rows && originals.cols() == references.cols),
                             "originals of ", originals.rows(), "×", originals.cols(), " for stored rows of ",
                             references.rows, "×", references.cols);
        detail::part<Storage> const all{references, originals, 0};
        return detail::search_exactly<Distance, Storage>(distance, queries, {&all, 1}, {}, k);
    }
    template <class Distance>
    neighbor_lists search(Distance const& distance, matrix_view<float const> queries,
                          matrix_view<float const> references,
                          std::size_t k) const requires std::is_same_v<Storage, storage::float32> {
        return search(distance, queries, stored_rows<Storage>(references), k);
    }

    /// Points that are searched exactly: its own, and ones in memory that somebody else keeps.
    template <class Distance>
    class index {
    public:
        explicit index(std::size_t dimensions, Distance distance = {}) : distance_(distance), dimensions_(dimensions) {}

        /// Adds copies of points.
        ///
        /// @param points  N×D
        /// @throws shape_error    when their size is not the index's
        /// @throws numeric_error  when one is not finite, or does not fit the storage; none is added then
        void add(matrix_view<float const> points) { add(points, {}); }
        /// Adds points that somebody else keeps as long as this index is used; codes are made and the points themselves
        /// are read only where codes cannot decide.
        void add_kept(matrix_view<float const> points) {
            if constexpr (std::is_same_v<Storage, storage::float32>)
                borrow(points);
            else
                add(points, points);
        }
        /// Adds rows as they are stored, in memory that somebody else keeps as long as this index is used.
        void borrow(stored_rows<Storage> rows, matrix_view<float const> originals = {}) {
            require<shape_error>(rows.cols == dimensions_, "points of ", rows.cols, " values for an index of ",
                                 dimensions_);
            if (rows.rows == 0)
                return;
            parts_.push_back({rows, originals, size_});
            size_ += rows.rows;
            open_ = nullptr;
        }
        /// Leaves a point out of every later search.
        ///
        /// @throws argument_error  when there is none at that place
        void remove(std::size_t place) {
            require<argument_error>(place < size_ && !is_removed(place), "there is no point at place ", place, " of ",
                                    size_);
            removed_.resize(size_);
            removed_[place] = true;
            ++removed_count_;
        }
        bool is_removed(std::size_t place) const { return place < removed_.size() && removed_[place]; }

        std::size_t size() const { return size_; }
        std::size_t removed() const { return removed_count_; }
        std::size_t dimensions() const { return dimensions_; }

        /// The k nearest points of each query, see `exact_in::search`; k may be as large as there are points that are
        /// not removed.
        neighbor_lists search(matrix_view<float const> queries, std::size_t k) const {
            detail::check_search(queries, dimensions_, k, size_ - removed_count_);
            return detail::search_exactly<Distance, Storage>(distance_, queries, parts_, removed_, k);
        }

    private:
        void add(matrix_view<float const> points, matrix_view<float const> originals) {
            require<shape_error>(points.cols() == dimensions_, "points of ", points.cols(), " values for an index of ",
                                 dimensions_);
            if (points.rows() == 0)
                return;
            // Many points get memory of their own, few share: so nothing large is ever copied to grow.
            constexpr std::size_t large = 1 << 16;
            bool const shares =
                open_ && originals.rows() == 0 && points.rows() < large && parts_.back().rows.rows < large;
            if (!shares) {
                auto fresh = std::make_unique<row_buffer<Storage>>(dimensions_, points.rows());
                fresh->add(points);
                own_.push_back(std::move(fresh));
                parts_.push_back({own_.back()->view(), originals, size_});
                open_ = originals.rows() == 0 ? own_.back().get() : nullptr;
            } else {
                open_->add(points);
                parts_.back().rows = open_->view();
            }
            size_ += points.rows();
        }

        Distance distance_;
        std::size_t dimensions_, size_ = 0, removed_count_ = 0;
        std::vector<detail::part<Storage>> parts_;
        std::vector<std::unique_ptr<row_buffer<Storage>>> own_;
        row_buffer<Storage>* open_ = nullptr; // the last part's, while it may grow
        std::vector<bool> removed_;
    };
};

/// Exact search over embeddings as they are.
using exact = exact_in<storage::float32>;

} // namespace trine::neighbors
