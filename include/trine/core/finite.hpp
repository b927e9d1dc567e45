#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "error.hpp"
#include "view.hpp"

namespace trine {

/// Whether no value is NaN or infinite. By the bits, so that the loop is vectorised, and compilers' options that assume
/// finite numbers change nothing.
template <std::floating_point T>
bool all_finite(std::size_t size, T const* values) {
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr bits sign = bits{1} << (8 * sizeof(T) - 1),
                   infinity = static_cast<bits>(sizeof(T) == 4 ? 0x7f800000ull : 0x7ffull << 52);
    bits largest = 0;
    for (std::size_t i = 0; i < size; ++i) {
        bits const b = std::bit_cast<bits>(values[i]) & ~sign;
        largest = b > largest ? b : largest;
    }
    return largest < infinity;
}

namespace detail {

template <class T>
void require_finite_rows(matrix_view<T const> rows, char const* what, char const* of) {
    for (std::size_t i = 0; i < rows.rows(); ++i)
        require<numeric_error>(all_finite(rows.cols(), rows.row(i).data()), what, " ", i, of, " is not finite");
}

} // namespace detail

/// @throws numeric_error  when a row holds NaN or infinity: "<what> 3<of> is not finite"
inline void require_finite(matrix_view<float const> rows, char const* what, char const* of = "") {
    detail::require_finite_rows(rows, what, of);
}
inline void require_finite(matrix_view<double const> rows, char const* what, char const* of = "") {
    detail::require_finite_rows(rows, what, of);
}

/// @throws numeric_error  when one of the values is NaN: "<what> 3 is not a number"; infinity is one
template <std::floating_point T>
void require_numbers(std::size_t size, T const* values, char const* what) {
    for (std::size_t i = 0; i < size; ++i)
        require<numeric_error>(values[i] == values[i], what, " ", i, " is not a number");
}

} // namespace trine
