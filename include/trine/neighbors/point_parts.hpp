#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "../core/config.hpp"
#include "../core/view.hpp"
#include "rows.hpp"
#include "scan.hpp"

namespace trine::neighbors::detail {

/// The points of an exact index, whatever compares them: its own, and ones in memory that somebody else keeps.
template <class Storage>
class point_parts {
public:
    explicit point_parts(std::size_t dimensions) : dimensions_(dimensions) {}

    /// Adds copies of points.
    ///
    /// @param points  N×D
    /// @throws shape_error    when their size is not the index's
    /// @throws numeric_error  when one is not finite, or does not fit the storage; none is added then
    void add(matrix_view<float const> points);
    /// Adds points that somebody else keeps as long as this index is used; codes are made and the points themselves
    /// are read only where codes cannot decide.
    void add_kept(matrix_view<float const> points);
    /// Adds rows as they are stored, in memory that somebody else keeps as long as this index is used.
    void borrow(stored_rows<Storage> rows, matrix_view<float const> originals = {});
    /// Leaves a point out of every later search.
    ///
    /// @throws argument_error  when there is none at that place
    void remove(std::size_t place);
    bool is_removed(std::size_t place) const { return place < removed_.size() && removed_[place]; }
    /// A point as it is stored, decoded.
    void copy_point(std::size_t place, float* to) const;

    std::size_t size() const { return size_; }
    std::size_t removed() const { return removed_count_; }
    std::size_t dimensions() const { return dimensions_; }

protected:
    std::vector<part<Storage>> const& parts() const { return parts_; }
    std::vector<bool> const& removals() const { return removed_; }

private:
    void add(matrix_view<float const> points, matrix_view<float const> originals);

    std::size_t dimensions_, size_ = 0, removed_count_ = 0;
    std::vector<part<Storage>> parts_;
    std::vector<std::unique_ptr<row_buffer<Storage>>> own_;
    row_buffer<Storage>* open_ = nullptr; // the last part's, while it may grow
    std::vector<bool> removed_;
};

} // namespace trine::neighbors::detail

#ifdef TRINE_HEADER_ONLY
#include "point_parts_impl.hpp"
#endif
