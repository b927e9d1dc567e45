#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../core/error.hpp"
#include "../core/identity.hpp"
#include "concepts.hpp"
#include "gallery.hpp"

namespace trine::neighbors {

/// An index over a gallery's photos, which follows what is added to the gallery and removed from it.
///
/// It compares by the distance that it was made with, which has to be the gallery's own.
template <class Neighbors, class Distance, class Storage = storage::float32>
class gallery_search {
public:
    using index_type = typename Neighbors::template index<Distance>;

    explicit gallery_search(Distance distance = {})
        : distance_(distance), distance_text_(identity_of(distance).text()) {}

    Distance const& distance() const { return distance_; }

    /// Takes in what has changed in the gallery. Searches do that by themselves.
    ///
    /// @throws format_error  when the gallery is of another distance, or of this one with other values
    void update(gallery<Storage> const& g) {
        try {
            follow(g);
        } catch (...) {
            index_.reset(); // what has half been added is added again
            throw;
        }
    }
    /// The k nearest photos of each query: places in the gallery.
    ///
    /// @throws as the index's search
    neighbor_lists search(gallery<Storage> const& g, matrix_view<float const> queries, std::size_t k) {
        update(g);
        // Rows that lie in the gallery's file are read once more for codes: for one search that does not pay.
        if constexpr (requires { index_->make_codes(); })
            if (++searches_ == 2)
                try {
                    index_->make_codes();
                } catch (std::bad_alloc const&) {
                    // All is found without them.
                }
        return index_->search(queries, k);
    }
    /// The index itself, once there has been a search.
    index_type& index() {
        require<argument_error>(index_.has_value(), "there is no index before the first search");
        return *index_;
    }

private:
    void follow(gallery<Storage> const& g) {
        if (!index_ || g.layout() != layout_) {
            auto const& where = g.path();
            detail::check_distance(where.empty() ? "the gallery" : where.string(), g.identity(), distance_text_);
            index_.emplace(g.dimensions(), distance_);
            seen_ = seen_removals_ = searches_ = 0, layout_ = g.layout();
            // Rows of the file stay where they are, and need no copy where the index reads them as they are stored.
            if constexpr (requires { index_->borrow(g.file_rows()); })
                index_->borrow(g.file_rows()), seen_ = g.file_rows().rows;
            else if constexpr (Storage::is_exact && requires { index_->add_kept(matrix_view<float const>{}); })
                index_->add_kept({g.file_rows().codes, g.file_rows().rows, g.dimensions()}), seen_ = g.file_rows().rows;
        }
        // In large blocks, because some kinds of index learn from the first.
        constexpr std::size_t block = 1 << 16;
        std::vector<float> decoded;
        while (seen_ < g.places()) {
            std::size_t const count = std::min(block, g.places() - seen_);
            decoded.resize(count * g.dimensions());
            for (std::size_t i = 0; i < count; ++i)
                g.copy_point(seen_ + i, decoded.data() + i * g.dimensions());
            index_->add(matrix_view<float const>(decoded.data(), count, g.dimensions()));
            seen_ += count;
        }
        for (; seen_removals_ < g.removals().size(); ++seen_removals_)
            index_->remove(g.removals()[seen_removals_]);
    }

    Distance distance_;
    std::string distance_text_;
    std::optional<index_type> index_;
    std::uint64_t layout_ = 0;
    std::size_t seen_ = 0, seen_removals_ = 0, searches_ = 0;
};

} // namespace trine::neighbors
