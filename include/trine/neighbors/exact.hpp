#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../core/error.hpp"
#include "../core/view.hpp"
#include "../distances/concepts.hpp"
#include "block_search.hpp"
#include "codes_beside.hpp"
#include "concepts.hpp"
#include "point_parts.hpp"
#include "rows.hpp"
#include "scan.hpp"

namespace trine::neighbors {

namespace detail {

template <class Distance, class Storage>
neighbor_lists search_exactly(Distance const& distance, matrix_view<float const> queries,
                              std::span<part<Storage> const> parts, std::vector<bool> const& removed, std::size_t k,
                              std::span<double> values = {}) {
    constexpr auto rises_with = distances::geometry_of<Distance>();
    if constexpr (rises_with == distances::geometry::other)
        return search_by_blocks(distance, queries, parts, removed, k, values);
    else
        return scan<rises_with, Storage>(parts, removed, k, queries, Distance::from_geometry, values);
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
///
/// An index of floats keeps codes of a byte a value beside them, a quarter more memory, where the distance allows it:
/// a search then reads a quarter of the bytes, and finds the same. `CodesBeside = false` does without.
template <class Storage, bool CodesBeside = Storage::is_exact>
struct exact_in {
    static_assert(Storage::is_exact || !CodesBeside, "codes are kept beside floats: this storage has codes itself");

    static constexpr std::string_view name = "exact";
    using storage_type = Storage;

    template <class Self, class Visit>
    static void values(Self&, Visit&& visit) {
        visit("storage", Storage::name);
    }

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
                          matrix_view<float const> references, std::size_t k) const requires Storage::is_exact {
        return search(distance, queries, stored_rows<Storage>(references), k);
    }

    /// Points that are searched exactly: its own, and ones in memory that somebody else keeps.
    template <class Distance>
    class index : public detail::point_parts<Storage> {
        static constexpr bool has_codes =
            CodesBeside && distances::geometry_of<Distance>() != distances::geometry::other;
        using base = detail::point_parts<Storage>;

    public:
        explicit index(std::size_t dimensions, Distance distance = {}) : base(dimensions), distance_(distance) {}

        Distance const& distance() const { return distance_; }

        /// Adds copies of points, and codes of them.
        ///
        /// @throws as `detail::point_parts::add`
        void add(matrix_view<float const> points) {
            if constexpr (has_codes) {
                bool const follows = codes_.are_of(this->size());
                base::add(points);
                if (follows)
                    try {
                        codes_.follow(this->parts());
                    } catch (std::bad_alloc const&) {
                        // The points have been added, and are found without codes.
                    }
            } else {
                base::add(points);
            }
        }
        /// Makes the codes of points in memory that somebody else keeps, which takes a pass over them: for one search
        /// it does not pay. Until then, all searches read the floats.
        void make_codes() {
            if constexpr (has_codes)
                codes_.follow(this->parts());
        }

        /// The k nearest points of each query, see `exact_in::search`; k may be as large as there are points that are
        /// not removed.
        ///
        /// @param values  Q×k, or empty: what neighbours are ordered by, in double, is written there: what the distance
        ///                rises with. Of two indexes' answers these say who is nearer, as distances in float may not
        neighbor_lists search(matrix_view<float const> queries, std::size_t k, std::span<double> values = {}) const {
            require<shape_error>(values.empty() || values.size() == queries.rows() * k, "room for ", values.size(),
                                 " values of ", queries.rows(), " queries with ", k, " neighbours each");
            detail::check_search(queries, this->dimensions(), k, this->size() - this->removed());
            if constexpr (has_codes)
                if (codes_.serve(this->size()))
                    return detail::search_exactly<Distance, storage::int8>(distance_, queries, codes_.parts(),
                                                                           this->removals(), k, values);
            return detail::search_exactly<Distance, Storage>(distance_, queries, this->parts(), this->removals(), k,
                                                             values);
        }

    private:
        struct no_codes {};
        Distance distance_;
        [[no_unique_address]] std::conditional_t<has_codes, detail::codes_beside, no_codes> codes_;
    };
};

/// Exact search over embeddings as they are.
using exact = exact_in<storage::float32>;

} // namespace trine::neighbors
