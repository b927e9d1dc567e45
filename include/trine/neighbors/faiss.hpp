#pragma once

/// Needs Faiss (Debian's libfaiss-dev); the CMake target `trine::faiss` links it where it is installed.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <faiss/Index.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/io.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/identity.hpp"
#include "../distances/concepts.hpp"
#include "../io/file.hpp"
#include "concepts.hpp"
#include "foreign_index.hpp"

namespace trine::neighbors {

namespace detail {

// A text as a template argument.
template <std::size_t N>
struct fixed_text {
    char characters[N];
    consteval fixed_text(char const (&text)[N]) { std::copy_n(text, N, characters); }
    constexpr std::string_view view() const { return {characters, N - 1}; }
};

} // namespace detail

/// Approximate nearest neighbours by an index of Faiss, named as its factory names them: "IVF256,Flat" looks into the
/// cells nearest to a query, "PQ16" keeps sixteen bytes a point, "IVF1024,PQ16" both. For galleries that outgrow
/// memory.
///
/// Most kinds learn from the first points that are added, and need some hundreds or thousands of them at once.
///
/// @see https://github.com/facebookresearch/faiss/wiki/The-index-factory
template <detail::fixed_text Factory>
struct faiss {
    static constexpr std::string_view name = "faiss", factory = Factory.view();

    template <class Self, class Visit>
    static void values(Self&, Visit&& visit) {
        visit("factory", factory);
    }

    template <class Distance>
    class index {
        using metric = detail::foreign_metric<Distance>;
        static_assert(
            metric::is_known,
            "Faiss searches by lengths, cosines and products, and this distance is none of them: use neighbors::exact");
        using number = decltype(::faiss::Index::ntotal); // its name for it moved between versions

    public:
        /// @throws argument_error  when Faiss knows no such index
        explicit index(std::size_t dimensions, Distance distance = {}) : distance_(distance), dimensions_(dimensions) {
            translated([&] {
                index_.reset(
                    ::faiss::index_factory(static_cast<int>(dimensions), std::string(Factory.view()).c_str(),
                                           metric::by_products ? ::faiss::METRIC_INNER_PRODUCT : ::faiss::METRIC_L2));
            });
        }

        /// Adds points. The first ones are learnt from.
        ///
        /// @param points  N×D
        /// @throws shape_error     when their size is not the index's
        /// @throws numeric_error   when one is not finite; none is added then
        /// @throws argument_error  when the first are too few to learn from
        void add(matrix_view<float const> points) {
            detail::check_points(points, dimensions_);
            typename metric::rows const rows(points);
            translated([&] {
                if (!index_->is_trained)
                    index_->train(static_cast<number>(points.rows()), rows.data());
                index_->add(static_cast<number>(points.rows()), rows.data());
            });
        }
        /// Leaves a point out of every later search.
        ///
        /// @throws argument_error  when there is none at that place
        void remove(std::size_t place) {
            require<argument_error>(place < size() && !(place < removed_.size() && removed_[place]),
                                    "there is no point at place ", place, " of ", size());
            removed_.resize(size());
            removed_[place] = true;
            ++removed_count_;
        }

        std::size_t size() const { return static_cast<std::size_t>(index_->ntotal); }
        std::size_t dimensions() const { return dimensions_; }
        Distance const& distance() const { return distance_; }
        /// Faiss's own index, for its search parameters.
        ::faiss::Index& native() { return *index_; }

        /// Near points of each query, nearest first. Lists may be shorter than k where Faiss looks at fewer points.
        ///
        /// @throws as `exact_in::index::search`
        neighbor_lists search(matrix_view<float const> queries, std::size_t k) const {
            detail::check_search(queries, dimensions_, k, size() - removed_count_);
            typename metric::rows const rows(queries);
            neighbor_lists lists(queries.rows(), k);
            // Removed points come out of Faiss all the same: ask for more until enough are left.
            for (std::size_t more = std::min(removed_count_, k + 16);; more = std::min(2 * more + 16, removed_count_)) {
                std::size_t const ask = std::min(k + more, size());
                std::vector<float> values(queries.rows() * ask);
                std::vector<number> places(queries.rows() * ask);
                translated([&] {
                    index_->search(static_cast<number>(queries.rows()), rows.data(), static_cast<number>(ask),
                                   values.data(), places.data());
                });
                bool all_full = true;
                for (std::size_t q = 0; q < queries.rows(); ++q) {
                    auto const room = lists.room(q);
                    std::size_t count = 0;
                    bool exhausted = false;
                    for (std::size_t i = 0; i < ask && count < k && !exhausted; ++i) {
                        auto const place = places[q * ask + i];
                        exhausted = place < 0;
                        if (!exhausted && !(static_cast<std::size_t>(place) < removed_.size() &&
                                            removed_[static_cast<std::size_t>(place)]))
                            room[count++] = {distance_of(values[q * ask + i]), static_cast<std::size_t>(place)};
                    }
                    std::sort(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count));
                    lists.set_length(q, count);
                    all_full = all_full && (count == k || exhausted);
                }
                if (all_full || k + more >= size() || more >= removed_count_)
                    return lists;
            }
        }

        /// Writes the index in Faiss's own format.
        ///
        /// @throws io_error        when it cannot be written; an old file is kept
        /// @throws argument_error  when points have been removed: the format has no place for that
        void save(std::filesystem::path const& path) const {
            require<argument_error>(removed_count_ == 0,
                                    "a Faiss index with removed points cannot be saved: build it anew without them");
            struct writer : ::faiss::IOWriter {
                io::file_writer file;
                explicit writer(std::filesystem::path const& to) : file(to) { name = to.string(); }
                std::size_t operator()(void const* from, std::size_t size, std::size_t items) override {
                    file.write({static_cast<char const*>(from), size * items});
                    return items;
                }
            } to(path);
            try {
                ::faiss::write_index(index_.get(), &to);
            } catch (::faiss::FaissException const& e) {
                fail<io_error>(path.string(), ": cannot be written: ", e.what());
            }
            to.file.commit();
        }
        /// Reads an index in Faiss's own format. Faiss checks little of it: load only files that you trust.
        ///
        /// @throws io_error      when the file cannot be read
        /// @throws format_error  when it is of another size of points, or compares otherwise
        void load(std::filesystem::path const& path) {
            struct reader : ::faiss::IOReader {
                io::mapped_file file;
                std::string_view left;
                explicit reader(std::filesystem::path const& from) : file(from), left(file.bytes()) {
                    name = from.string();
                }
                std::size_t operator()(void* to, std::size_t size, std::size_t items) override {
                    std::size_t const count = size > 0 ? std::min(items, left.size() / size) : 0;
                    if (count > 0) // nothing may go to no place
                        std::memcpy(to, left.data(), count * size);
                    left.remove_prefix(count * size);
                    return count;
                }
            } from(path);
            std::unique_ptr<::faiss::Index> fresh;
            try {
                fresh.reset(::faiss::read_index(&from));
            } catch (std::exception const& e) {
                fail<io_error>(path.string(), ": cannot be read as a Faiss index: ", e.what());
            }
            require<format_error>(static_cast<std::size_t>(fresh->d) == dimensions_, path.string(),
                                  ": holds points of ", fresh->d, " values, not ", dimensions_);
            require<format_error>(fresh->metric_type == index_->metric_type, path.string(),
                                  ": compares points otherwise than ", identity_of(distance_).text());
            index_ = std::move(fresh), removed_.clear(), removed_count_ = 0;
        }

    private:
        // Faiss's errors in our words.
        template <class F>
        static void translated(F&& f) {
            try {
                f();
            } catch (::faiss::FaissException const& e) {
                fail<argument_error>("Faiss, index \"", Factory.view(), "\": ", e.what());
            }
        }
        // Faiss gives ‖x − y‖² or x·y.
        static float distance_of(float value) {
            return metric::by_products ? metric::from_product(static_cast<double>(value))
                                       : metric::from_squares(static_cast<double>(value));
        }

        Distance distance_;
        std::size_t dimensions_;
        std::unique_ptr<::faiss::Index> index_;
        std::vector<bool> removed_;
        std::size_t removed_count_ = 0;
    };
};

} // namespace trine::neighbors
