#pragma once

#include <atomic>

#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "codes_beside.hpp"

namespace trine::neighbors::detail {

TRINE_INLINE void codes_beside::follow(std::span<part<storage::float32> const> floats) {
    // Only the last part may have grown; its rows may have moved.
    for (std::size_t p = parts_.empty() ? 0 : parts_.size() - 1; possible_ && p < floats.size(); ++p) {
        auto const& rows = floats[p].rows;
        if (p == parts_.size()) {
            parts_.reserve(p + 1); // one without the other would be of another part
            own_.push_back(std::make_unique<row_buffer<storage::int8>>(rows.cols, rows.rows));
            parts_.push_back({{}, {}, floats[p].first});
        }
        auto& codes = *own_[p];
        std::size_t const first = codes.rows();
        std::atomic<bool> finite{true};
        parallel_blocks(rows.rows - first, 1024, [&](std::size_t from, std::size_t to) {
            for (std::size_t i = first + from; i < first + to; ++i)
                if (!all_finite(rows.cols, rows.row(i)))
                    finite = false;
        });
        if (!finite) {
            parts_.clear(), own_.clear();
            rows_ = 0, possible_ = false;
            return;
        }
        codes.add(matrix_view<float const>(rows.row(first), rows.rows - first, rows.cols, rows.stride));
        rows_ += rows.rows - first;
        parts_[p].rows = codes.view();
        parts_[p].originals = matrix_view<float const>(rows.codes, rows.rows, rows.cols, rows.stride);
    }
}

TRINE_INLINE bool codes_beside::serve(std::size_t rows) const {
    // Fewer floats lie in a core's own cache, and settling what codes leave open takes longer than reading them.
    constexpr std::size_t least_values = std::size_t{1} << 18;
    return are_of(rows) && rows > 0 && rows * parts_.front().rows.cols >= least_values;
}

} // namespace trine::neighbors::detail
