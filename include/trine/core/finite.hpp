#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "error.hpp"
#include "view.hpp"

namespace trine {

/// Whether no value is NaN or infinite. By the bits, so that the loop is vectorised.
inline bool all_finite(std::size_t size, float const* values) {
    std::uint32_t largest = 0;
    for (std::size_t i = 0; i < size; ++i)
        largest = std::max(largest, std::bit_cast<std::uint32_t>(values[i]) & 0x7fffffffu);
    return largest < 0x7f800000u;
}

/// @throws numeric_error  when a row holds NaN or infinity: "<what> 3<of> is not finite"
inline void require_finite(matrix_view<float const> rows, char const* what, char const* of = "") {
    for (std::size_t i = 0; i < rows.rows(); ++i)
        require<numeric_error>(all_finite(rows.cols(), rows.row(i).data()), what, " ", i, of, " is not finite");
}

} // namespace trine
