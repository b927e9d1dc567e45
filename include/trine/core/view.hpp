#pragma once

#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "error.hpp"

namespace trine {

/// What knows its extents, its strides and where it lies, as xtensor's containers, adaptors and strided views do.
template <class A>
concept strided_array = requires(A& a) {
    a.dimension();
    a.shape();
    a.strides();
    std::as_const(a).data();
    a.data_offset();
};

namespace detail {
// Asks a const array where it only is to be read: an adaptor of const memory has nothing else.
template <class T, class A>
constexpr auto data_for(A& array) {
    if constexpr (std::is_const_v<T>)
        return std::as_const(array).data();
    else
        return array.data();
}
} // namespace detail

/// A matrix in somebody else's memory: rows of `cols` scalars, `stride` scalars from one row to the next.
///
/// Copies are shallow. `matrix_view<T>` converts to `matrix_view<T const>`. So do arrays of two dimensions whose rows
/// are contiguous (`xt::xtensor<T, 2>`, `xt::xarray<T>`, `xt::adapt(…)`, a view of some rows or of some columns side by
/// side), without a copy; of other memory say `{pointer, rows, cols}` or `{span, rows, cols}`.
template <class T>
class matrix_view {
public:
    using value_type = std::remove_const_t<T>;

    constexpr matrix_view() = default;
    constexpr matrix_view(T* data, std::size_t rows, std::size_t cols) : matrix_view(data, rows, cols, cols) {}
    constexpr matrix_view(T* data, std::size_t rows, std::size_t cols, std::size_t stride)
        : data_(data), rows_(rows), cols_(cols), stride_(stride) {
        assert(stride >= cols);
    }

    template <class U>
        requires(std::is_same_v<T, U const>)
    constexpr matrix_view(matrix_view<U> other)
        : matrix_view(other.data(), other.rows(), other.cols(), other.stride()) {}

    /// @throws shape_error  when the memory holds fewer or more than rows · cols scalars
    constexpr matrix_view(std::span<T> values, std::size_t rows, std::size_t cols)
        : matrix_view(values.data(), rows, cols) {
        require<shape_error>(cols == 0 ? values.empty() : values.size() / cols == rows && values.size() % cols == 0,
                             values.size(), " values for a matrix of ", rows, "×", cols);
    }
    /// @throws shape_error  when the array has not two dimensions, or its rows are not contiguous
    template <class A>
        requires strided_array<A> && std::is_convertible_v<decltype(detail::data_for<T>(std::declval<A&>())), T*>
    constexpr matrix_view(A&& array) { // NOLINT: a conversion is what it is for
        require<shape_error>(array.dimension() == 2, "an array of ", array.dimension(), " dimensions for a matrix");
        rows_ = array.shape()[0], cols_ = array.shape()[1];
        auto const rows = static_cast<std::ptrdiff_t>(array.strides()[0]);
        auto const cols = static_cast<std::ptrdiff_t>(array.strides()[1]); // 0 along a single row or column
        stride_ = rows_ > 1 ? static_cast<std::size_t>(rows) : cols_;
        require<shape_error>((cols_ <= 1 || cols == 1) && (rows_ <= 1 || rows >= static_cast<std::ptrdiff_t>(cols_)),
                             "a matrix of ", rows_, "×", cols_, " with strides ", rows, ", ", cols,
                             ": its rows have to be contiguous, in row-major order");
        data_ = detail::data_for<T>(array) + array.data_offset();
    }

    constexpr T* data() const { return data_; }
    constexpr std::size_t rows() const { return rows_; }
    constexpr std::size_t cols() const { return cols_; }
    constexpr std::size_t stride() const { return stride_; }
    constexpr bool is_contiguous() const { return stride_ == cols_ || rows_ <= 1; }

    constexpr T& operator()(std::size_t row, std::size_t col) const {
        assert(row < rows_ && col < cols_);
        return data_[row * stride_ + col];
    }
    constexpr std::span<T> row(std::size_t index) const {
        assert(index < rows_);
        return {data_ + index * stride_, cols_};
    }
    /// The `count` rows from `first` on.
    constexpr matrix_view slice(std::size_t first, std::size_t count) const {
        assert(first + count <= rows_);
        return {data_ + first * stride_, count, cols_, stride_};
    }

private:
    T* data_ = nullptr;
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    std::size_t stride_ = 0;
};

} // namespace trine
