#pragma once

#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>

namespace trine {

/// A matrix in somebody else's memory: rows of `cols` scalars, `stride` scalars from one row to the next.
///
/// Copies are shallow. `matrix_view<T>` converts to `matrix_view<T const>`.
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
