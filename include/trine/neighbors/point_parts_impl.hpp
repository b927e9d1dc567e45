#pragma once

#include <algorithm>
#include <utility>

#include "../core/error.hpp"
#include "point_parts.hpp"

namespace trine::neighbors::detail {

template <class Storage>
void point_parts<Storage>::add(matrix_view<float const> points) {
    add(points, {});
}

template <class Storage>
void point_parts<Storage>::add_kept(matrix_view<float const> points) {
    if constexpr (Storage::is_exact)
        borrow(points);
    else
        add(points, points);
}

template <class Storage>
void point_parts<Storage>::borrow(stored_rows<Storage> rows, matrix_view<float const> originals) {
    require<shape_error>(rows.cols == dimensions_, "points of ", rows.cols, " values for an index of ", dimensions_);
    if (rows.rows == 0)
        return;
    parts_.push_back({rows, originals, size_});
    size_ += rows.rows;
    open_ = nullptr;
}

template <class Storage>
void point_parts<Storage>::remove(std::size_t place) {
    require<argument_error>(place < size_ && !is_removed(place), "there is no point at place ", place, " of ", size_);
    removed_.resize(size_);
    removed_[place] = true;
    ++removed_count_;
}

template <class Storage>
void point_parts<Storage>::copy_point(std::size_t place, float* to) const {
    require<argument_error>(place < size_, "there is no point at place ", place, " of ", size_);
    auto const after = std::upper_bound(parts_.begin(), parts_.end(), place,
                                        [](std::size_t p, part<Storage> const& all) { return p < all.first; });
    auto const& own = *(after - 1);
    own.rows.copy_row(place - own.first, to);
}

template <class Storage>
void point_parts<Storage>::add(matrix_view<float const> points, matrix_view<float const> originals) {
    require<shape_error>(points.cols() == dimensions_, "points of ", points.cols(), " values for an index of ",
                         dimensions_);
    if (points.rows() == 0)
        return;
    // Many points get memory of their own, few share: so nothing large is ever copied to grow.
    constexpr std::size_t large = 1 << 16;
    bool const shares = open_ && originals.rows() == 0 && points.rows() < large && parts_.back().rows.rows < large;
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

#ifdef TRINE_COMPILED
template class point_parts<storage::float32>;
template class point_parts<storage::float16>;
template class point_parts<storage::int8>;
#endif

} // namespace trine::neighbors::detail
