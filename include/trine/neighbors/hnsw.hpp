#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <hnswlib/hnswlib.h>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/identity.hpp"
#include "../core/parallel.hpp"
#include "../distances/concepts.hpp"
#include "../io/file.hpp"
#include "../io/memory_file.hpp"
#include "../io/safetensors.hpp"
#include "concepts.hpp"
#include "foreign_index.hpp"

namespace trine::neighbors {

/// Approximate nearest neighbours by a hierarchical navigable small world graph, built and walked by hnswlib.
///
/// For galleries in which exact search takes too long. `M` is how many links a point has, `EfConstruction` how many
/// candidates its links are chosen from, `Ef` how many candidates a search keeps: more find more of the true neighbours
/// and take longer. Threads add points to the graph together, so which few neighbours are missed may differ from run to
/// run.
///
/// @see Y. Malkov, D. Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
/// Small World graphs", 2016
template <std::size_t M = 16, std::size_t EfConstruction = 200, std::size_t Ef = 64>
struct hnsw_with {
    static constexpr std::string_view name = "hnsw";
    static constexpr std::size_t links = M, construction_candidates = EfConstruction, candidates = Ef;

    template <class Self, class Visit>
    static void values(Self&, Visit&& visit) {
        visit("links", links), visit("construction candidates", construction_candidates),
            visit("candidates", candidates);
    }

    static_assert(M >= 2 && M <= 1000, "a point of the graph has between 2 and 1000 links");
    static_assert(Ef >= 1 && EfConstruction >= 1, "a search keeps at least one candidate");

    template <class Distance>
    class index {
        using metric = detail::foreign_metric<Distance>;
        static_assert(
            metric::is_known,
            "hnsw searches by lengths, cosines and products, and this distance is none of them: use neighbors::exact");
        using space_type = std::conditional_t<metric::by_products, hnswlib::InnerProductSpace, hnswlib::L2Space>;
        using graph_type = hnswlib::HierarchicalNSW<float>;

    public:
        explicit index(std::size_t dimensions, Distance distance = {})
            : distance_(distance), dimensions_(dimensions), space_(std::make_unique<space_type>(dimensions)) {
            require<argument_error>(dimensions > 0, "an index's points need at least one value");
            graph_ = std::make_unique<graph_type>(space_.get(), 1024, M, EfConstruction);
            graph_->setEf(Ef);
        }

        /// Adds points; the memory grows as needed.
        ///
        /// @param points  N×D
        /// @throws shape_error    when their size is not the index's
        /// @throws numeric_error  when one is not finite; none is added then
        /// @throws std::bad_alloc, std::runtime_error  when memory runs out; the graph may then be of no use any more,
        ///                                             and says so (argument_error) to whoever asks it again
        void add(matrix_view<float const> points) {
            check_whole();
            detail::check_points(points, dimensions_);
            typename metric::rows const rows(points);
            if (size() + points.rows() > graph_->max_elements_)
                graph_->resizeIndex(std::max(size() + points.rows(), 2 * graph_->max_elements_));
            std::size_t const first = size();
            auto const insert = [&](std::size_t i) { graph_->addPoint(rows.row(i), first + i); };
            // The first is everybody's entry point.
            std::size_t const alone = first == 0 && points.rows() > 0 ? 1 : 0;
            is_partial_ = true; // hnswlib leaves a point in part when it finds no memory for its links
            if (alone)
                insert(0);
            parallel_for(points.rows() - alone, [&](std::size_t i) { insert(i + alone); });
            is_partial_ = false;
            size_ += points.rows();
        }
        /// Leaves a point out of every later search; it stays a step on the way to others.
        ///
        /// @throws argument_error  when there is none at that place
        void remove(std::size_t place) {
            check_whole();
            require<argument_error>(place < size_ && !graph_->isMarkedDeleted(graph_->label_lookup_.at(place)),
                                    "there is no point at place ", place, " of ", size_);
            graph_->markDelete(place);
        }

        std::size_t size() const { return size_; }
        std::size_t removed() const { return graph_->num_deleted_; }
        std::size_t dimensions() const { return dimensions_; }
        Distance const& distance() const { return distance_; }
        /// How many candidates a search keeps from now on.
        void set_ef(std::size_t ef) {
            require<argument_error>(ef > 0, "a search has to keep at least one candidate");
            graph_->setEf(ef);
        }

        /// hnswlib's own graph, for what it can do beyond this; a point's label is its place.
        graph_type const& graph() const { return *graph_; }

        /// Near points of each query, nearest first: mostly the nearest. Lists may be shorter than k where the graph
        /// leads to fewer points.
        ///
        /// @throws as `exact_in::index::search`
        neighbor_lists search(matrix_view<float const> queries, std::size_t k) const {
            check_whole();
            detail::check_search(queries, dimensions_, k, size_ - removed());
            typename metric::rows const rows(queries);
            neighbor_lists lists(queries.rows(), k);
            parallel_for(queries.rows(), [&](std::size_t q) {
                auto found = graph_->searchKnn(rows.row(q), k);
                auto const room = lists.room(q);
                std::size_t const count = found.size();
                for (std::size_t i = count; i-- > 0; found.pop())
                    room[i] = {distance_of(found.top().first), found.top().second};
                std::sort(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count));
                lists.set_length(q, count);
            });
            return lists;
        }

        /// Writes the graph with its points as a safetensors file.
        ///
        /// @throws io_error  when it cannot be written; an old file is kept
        void save(std::filesystem::path const& path) const {
            check_whole();
            io::memory_file const memory; // hnswlib reads and writes files alone
            graph_->saveIndex(memory.path());
            auto const graph = io::read_file(memory.path());
            io::safetensors file;
            file.metadata = {{"format", format},
                             {"distance", identity_of(distance_).text()},
                             {"dimensions", std::to_string(dimensions_)},
                             {"M", std::to_string(M)},
                             {"points", std::to_string(size_)},
                             {"checksum", std::to_string(io::checksum(graph))}};
            file.add<std::uint8_t>("graph", {graph.size()},
                                   {reinterpret_cast<std::uint8_t const*>(graph.data()), graph.size()});
            file.save(path);
        }
        /// Reads what `save` wrote; nothing changes unless all of it is good. How many candidates a search keeps
        /// (`set_ef`) stays.
        ///
        /// @throws io_error      when the file cannot be read
        /// @throws format_error  when it is damaged, or of another distance, size of points or M
        void load(std::filesystem::path const& path) {
            auto const where = path.string();
            auto const file = io::safetensors::load(path);
            require<format_error>(file.metadata.contains("format") && file.text_of("format") == format, where,
                                  ": is not a saved hnsw graph");
            require<format_error>(file.text_of("distance") == identity_of(distance_).text(), where,
                                  ": was made for the distance ", file.text_of("distance"), ", not ",
                                  identity_of(distance_).text());
            require<format_error>(file.text_of("dimensions") == std::to_string(dimensions_), where,
                                  ": holds points of ", file.text_of("dimensions"), " values, not ", dimensions_);
            require<format_error>(file.text_of("M") == std::to_string(M), where, ": its points have ",
                                  file.text_of("M"), " links, not ", M);
            auto const bytes = file.template get<std::uint8_t>("graph", file.find("graph").shape);
            std::string_view const graph(reinterpret_cast<char const*>(bytes.data()), bytes.size());
            require<format_error>(file.text_of("checksum") == std::to_string(io::checksum(graph)), where,
                                  ": is damaged: its checksum is another");
            std::size_t const count = check_graph(graph, where);
            io::memory_file const memory;
            memory.write(graph, where);
            auto fresh =
                std::make_unique<graph_type>(space_.get(), memory.path(), false, std::max<std::size_t>(count, 1024));
            fresh->num_deleted_ = 0; // hnswlib leaves it to chance
            for (std::size_t i = 0; i < count; ++i)
                fresh->num_deleted_ += fresh->isMarkedDeleted(static_cast<hnswlib::tableint>(i));
            fresh->setEf(graph_->ef_); // that is how this index searches, not what the file holds
            graph_ = std::move(fresh), size_ = count, is_partial_ = false;
        }

    private:
        static constexpr char const* format = "trine hnsw 1";

        void check_whole() const {
            require<argument_error>(!is_partial_, "memory ran out while points were added to this hnsw graph, which it "
                                                  "holds in part: make the index anew");
        }
        // hnswlib believes a file whatever it says: so every size, link and level is checked before.
        std::size_t check_graph(std::string_view bytes, std::string const& where) const {
            auto const check = [&](bool condition) {
                require<format_error>(condition, where, ": its graph is not one of ", dimensions_, " values with ", M,
                                      " links");
            };
            auto const take = [&]<class T>(T value) {
                check(bytes.size() >= sizeof value);
                std::memcpy(&value, bytes.data(), sizeof value);
                bytes.remove_prefix(sizeof value);
                return value;
            };
            constexpr std::size_t links_size = 4 + 4 * M, base_links_size = 4 + 8 * M;
            std::size_t const element = base_links_size + 4 * dimensions_ + sizeof(hnswlib::labeltype);
            check(take(std::size_t{}) == 0);
            (void)take(std::size_t{}); // what there was room for
            std::size_t const count = take(std::size_t{});
            check(take(std::size_t{}) == element && take(std::size_t{}) == base_links_size + 4 * dimensions_ &&
                  take(std::size_t{}) == base_links_size);
            int const top = take(int{});
            auto const entry = take(hnswlib::tableint{});
            check(take(std::size_t{}) == M && take(std::size_t{}) == 2 * M && take(std::size_t{}) == M);
            check(std::abs(take(double{}) - 1 / std::log(1.0 * M)) < 1e-12);
            std::size_t const tried = take(std::size_t{});
            check(tried >= 1 && tried < 1u << 30);
            check(count <= bytes.size() / element && count < 0xffffffffu);
            auto const base = bytes.substr(0, count * element);
            bytes.remove_prefix(base.size());
            std::vector<int> levels(count);
            std::vector<std::string_view> upper(count);
            for (std::size_t i = 0; i < count; ++i) {
                auto const size = take(std::uint32_t{});
                check(size % links_size == 0 && size <= bytes.size() && size / links_size < 64);
                levels[i] = static_cast<int>(size / links_size);
                upper[i] = bytes.substr(0, size);
                bytes.remove_prefix(size);
            }
            check(bytes.empty());
            check(count == 0 ? top == -1 && entry == static_cast<hnswlib::tableint>(-1)
                             : entry < count && top == levels[entry] &&
                                   *std::max_element(levels.begin(), levels.end()) == top);
            auto const check_links = [&](std::string_view links, std::size_t most, int level) {
                std::uint16_t number;
                std::memcpy(&number, links.data(), 2);
                check(number <= most);
                for (std::size_t l = 0; l < number; ++l) {
                    hnswlib::tableint to;
                    std::memcpy(&to, links.data() + 4 + 4 * l, 4);
                    check(to < count && levels[to] >= level);
                }
            };
            std::vector<bool> seen(count);
            for (std::size_t i = 0; i < count; ++i) {
                check_links(base.substr(i * element), 2 * M, 0);
                for (int level = 1; level <= levels[i]; ++level)
                    check_links(upper[i].substr(static_cast<std::size_t>(level - 1) * links_size), M, level);
                hnswlib::labeltype label;
                std::memcpy(&label, base.data() + i * element + base_links_size + 4 * dimensions_, sizeof label);
                check(label < count && !seen[label]);
                seen[label] = true;
                for (std::size_t k = 0; k < dimensions_; ++k) {
                    float v;
                    std::memcpy(&v, base.data() + i * element + base_links_size + 4 * k, 4);
                    check(all_finite(1, &v));
                }
            }
            return count;
        }

        // hnswlib gives ‖x − y‖² or 1 − x·y.
        static float distance_of(float value) {
            return metric::by_products ? metric::from_product(1 - static_cast<double>(value))
                                       : metric::from_squares(static_cast<double>(value));
        }

        Distance distance_;
        std::size_t dimensions_, size_ = 0;
        bool is_partial_ = false;           // since an addition failed
        std::unique_ptr<space_type> space_; // outlives the graph, which keeps a pointer to it
        std::unique_ptr<graph_type> graph_;
    };
};

using hnsw = hnsw_with<>;

} // namespace trine::neighbors
