#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/communicator.hpp"
#include "../core/error.hpp"
#include "../core/identity.hpp"
#include "../core/parallel.hpp"
#include "../core/sum_tree.hpp"
#include "../core/view.hpp"
#include "../neighbors/concepts.hpp"
#include "../neighbors/exact.hpp"
#include "shard_files.hpp"

namespace trine::distributed {

/// Exact search over points that lie on several ranks: the neighbours, distances and order of the one index of all of
/// them.
///
/// Each rank searches its own points with `Search`, and says by which value in double each neighbour was found; the
/// lists are merged by that value, and of equal ones by place, as the one index orders them. A search sends the queries
/// to all ranks, and from each to each 24 bytes for each of its neighbours.
template <class Search = neighbors::exact>
struct sharded {
    static constexpr std::string_view name = "sharded";
    template <class Self, class Visit>
    static void values(Self&, Visit&& visit) {
        visit("search", Search{});
    }

    /// Points on the ranks of a communicator. They have places 0, 1, … in the order in which they were added, whoever
    /// holds them. All functions that change it, search, save or load are collective.
    template <class Distance>
    class index {
        using local_index = typename Search::template index<Distance>;
        static_assert(
            requires(local_index const& i, matrix_view<float const> q, std::span<double> v) {
                i.search(q, std::size_t{}, v);
            },
            "points on several ranks are searched exactly: this search does not say by which values it orders "
            "neighbours");

    public:
        /// @param ranks  outlives this
        index(communicator& ranks, std::size_t dimensions, Distance distance = {})
            : ranks_(&ranks), distance_(distance), own_(dimensions, distance) {}

        Distance const& distance() const { return distance_; }
        std::size_t size() const { return size_; } ///< places, removed ones too
        std::size_t removed() const { return removed_.size(); }
        std::size_t dimensions() const { return own_.dimensions(); }
        /// Places whose points this rank holds, in their order; removed ones too.
        std::span<std::uint64_t const> own_places() const { return places_; }

        /// Adds points that all ranks give: each keeps a part of nearly equal size.
        ///
        /// @param points  N×D, the same on all ranks
        /// @throws shape_error    when their size is not the index's
        /// @throws numeric_error  when one is not finite; none is added then
        void add(matrix_view<float const> points) {
            neighbors::detail::check_points(points, dimensions());
            std::size_t const first = chunk_begin(points.rows(), ranks_->rank(), ranks_->size()),
                              last = chunk_begin(points.rows(), ranks_->rank() + 1, ranks_->size());
            together(*ranks_, [&] {
                make_room(last - first);
                own_.add(points.slice(first, last - first));
            });
            note(size_ + first, last - first);
            size_ += points.rows();
        }
        /// Adds each rank's own points, those of rank 0 first.
        ///
        /// @param points  N×D, with an N of each rank's own
        /// @throws as `add`; none is added on any rank then
        void add_own(matrix_view<float const> points) {
            together(*ranks_, [&] { neighbors::detail::check_points(points, dimensions()); });
            add_each(points.rows(), [&] { own_.add(points); });
        }
        /// The same of rows as they are stored, in memory that somebody else keeps as long as this index is used: of a
        /// gallery's file, for one, of which a rank reads no more than its own rows.
        ///
        /// @throws shape_error  when their size is not the index's; none is added on any rank then
        void borrow_own(neighbors::stored_rows<typename Search::storage_type> rows) {
            add_each(rows.rows, [&] { own_.borrow(rows); });
        }
        /// Makes the codes that a search of borrowed floats reads in their place, a quarter of the bytes; points that
        /// were copied have them. Not collective.
        void make_codes() {
            if constexpr (requires { own_.make_codes(); })
                own_.make_codes();
        }
        /// Leaves a point out of every later search.
        ///
        /// @param place  the same on all ranks
        /// @throws argument_error  when there is none at that place
        void remove(std::size_t place) {
            auto const at = std::lower_bound(removed_.begin(), removed_.end(), place);
            require<argument_error>(place < size_ && (at == removed_.end() || *at != place),
                                    "there is no point at place ", place, " of ", size_);
            removed_.insert(at, place);
            auto const own = std::lower_bound(places_.begin(), places_.end(), place);
            if (own != places_.end() && *own == place)
                own_.remove(static_cast<std::size_t>(own - places_.begin()));
        }

        /// The k nearest points of each of rank 0's queries, for all ranks.
        ///
        /// @param queries  Q×D; what other ranks give is not looked at
        /// @param k        of rank 0 too
        /// @throws as `neighbors::exact_in::index::search`, on all ranks
        neighbors::neighbor_lists search(matrix_view<float const> queries, std::size_t k) const {
            std::string sent;
            together(*ranks_, [&] {
                if (ranks_->rank() > 0)
                    return;
                neighbors::detail::check_search(queries, dimensions(), k, size_ - removed_.size());
                std::uint64_t const head[]{queries.rows(), k};
                sent.assign(reinterpret_cast<char const*>(head), sizeof head);
                for (std::size_t q = 0; q < queries.rows(); ++q)
                    sent.append(reinterpret_cast<char const*>(queries.row(q).data()), queries.cols() * sizeof(float));
            });
            broadcast(*ranks_, sent);
            std::uint64_t head[2];
            std::memcpy(head, sent.data(), sizeof head);
            std::vector<float> values((sent.size() - sizeof head) / sizeof(float));
            std::memcpy(values.data(), sent.data() + sizeof head, values.size() * sizeof(float));
            std::size_t const count = head[0], most = head[1];
            std::string found;
            together(*ranks_, [&] { found = search_own({values.data(), count, dimensions()}, most); });
            return merged(gather(*ranks_, found), count, most);
        }

        /// Writes a file a rank beside `path`, and then `path` itself, which names them: until that last one is in its
        /// place, what was saved before is what `load` reads. Removed points are not written.
        ///
        /// @param path  the same on all ranks, on a disk that they share or on one of each
        /// @throws io_error  on all ranks, when one cannot write
        void save(std::filesystem::path const& path) const requires Search::storage_type::is_exact {
            shard_list list{.distance = identity_of(distance_).text(),
                            .dimensions = dimensions(),
                            .places = size_,
                            .shards = ranks_->size()};
            list.removed.assign(removed_.begin(), removed_.end());
            shard own;
            for (std::size_t i = 0; i < places_.size(); ++i)
                if (!own_.is_removed(i)) {
                    own.places.push_back(static_cast<std::int64_t>(places_[i]));
                    own.points.resize(own.places.size() * dimensions());
                    own_.copy_point(i, own.points.data() + own.points.size() - dimensions());
                }
            save_shards(*ranks_, path, std::move(list), own);
        }
        /// Reads what `save` wrote, by any number of ranks; each of as many reads what it wrote itself.
        ///
        /// @throws argument_error  when there are points already
        /// @throws io_error        on all ranks, when one cannot read
        /// @throws format_error    when files are damaged, of another distance or size, or not all of one `save`;
        ///                         nothing is changed then
        void load(std::filesystem::path const& path) requires Search::storage_type::is_exact {
            require<argument_error>(size_ == 0, path.string(), ": would be read into an index that holds ", size_,
                                    " points");
            auto const read = load_shards(*ranks_, path, identity_of(distance_).text(), dimensions());
            shard_list const& list = read.first;
            shard const& own = read.second;
            local_index fresh(dimensions(), distance_);
            together(*ranks_, [&] { fresh.add({own.points.data(), own.places.size(), dimensions()}); });
            own_ = std::move(fresh);
            places_.assign(own.places.begin(), own.places.end());
            removed_.assign(list.removed.begin(), list.removed.end());
            size_ = list.places;
        }

    private:
        // A neighbour as it is sent.
        struct entry {
            double value;
            std::uint64_t place;
            float distance, unused;
        };

        // Adds `count` points on this rank, and other numbers on others.
        template <class Add>
        void add_each(std::size_t count, Add const& add) {
            std::vector<std::uint64_t> counts(ranks_->size());
            std::vector<std::size_t> ones(ranks_->size() + 1);
            for (std::size_t r = 0; r < ones.size(); ++r)
                ones[r] = r;
            counts[ranks_->rank()] = count;
            gather_parts<std::uint64_t>(*ranks_, counts, ones);
            together(*ranks_, [&] {
                make_room(count);
                add();
            });
            std::size_t first = size_;
            for (std::size_t r = 0; r < counts.size(); ++r) {
                if (r == ranks_->rank())
                    note(first, counts[r]);
                first += counts[r];
            }
            size_ = first;
        }
        void make_room(std::size_t count) { places_.reserve(places_.size() + count); }
        void note(std::size_t first, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i)
                places_.push_back(first + i);
        }

        // This rank's k nearest, or as many as it has: k entries a query, filled up with ones that are no neighbours.
        std::string search_own(matrix_view<float const> queries, std::size_t most) const {
            std::size_t const k = std::min(most, own_.size() - own_.removed());
            if (k == 0 || queries.rows() == 0)
                return "";
            std::vector<double> values(queries.rows() * k);
            auto const lists = own_.search(queries, k, values);
            std::vector<entry> all(queries.rows() * k, {0, nobody, 0, 0});
            for (std::size_t q = 0; q < queries.rows(); ++q)
                for (std::size_t j = 0; j < lists[q].size(); ++j)
                    all[q * k + j] = {values[q * k + j], places_[lists[q][j].index], lists[q][j].distance, 0};
            return {reinterpret_cast<char const*>(all.data()), all.size() * sizeof(entry)};
        }
        static neighbors::neighbor_lists merged(std::vector<std::string> const& all, std::size_t count, std::size_t k) {
            neighbors::neighbor_lists lists(count, k);
            parallel_for(count, [&](std::size_t q) {
                std::vector<entry> best;
                for (auto const& from : all) {
                    std::size_t const each = from.size() / sizeof(entry) / count, before = best.size();
                    best.resize(before + each);
                    if (each > 0)
                        std::memcpy(best.data() + before, from.data() + q * each * sizeof(entry), each * sizeof(entry));
                }
                std::erase_if(best, [](entry const& e) { return e.place == nobody; });
                std::sort(best.begin(), best.end(), [](entry const& a, entry const& b) {
                    return a.value < b.value || (a.value == b.value && a.place < b.place);
                });
                std::size_t const length = std::min(k, best.size());
                std::transform(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(length), lists.room(q).begin(),
                               [](entry const& e) {
                                   return neighbors::neighbor{e.distance, static_cast<std::size_t>(e.place)};
                               });
                lists.set_length(q, length);
            });
            return lists;
        }

        static constexpr std::uint64_t nobody = std::numeric_limits<std::uint64_t>::max();

        communicator* ranks_;
        Distance distance_;
        local_index own_;
        std::vector<std::uint64_t> places_;  // of this rank's points
        std::vector<std::uint64_t> removed_; // of all ranks, in order
        std::size_t size_ = 0;
    };
};

} // namespace trine::distributed
