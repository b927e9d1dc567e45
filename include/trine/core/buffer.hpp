#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace trine {

/// Memory for scalars, aligned to a cache line, of a size fixed when it is made. Zero-filled.
template <class T>
class buffer {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    /// Bytes of a cache line and of the widest vector register.
    static constexpr std::size_t alignment = 64;

    buffer() = default;
    explicit buffer(std::size_t size)
        : data_(static_cast<T*>(::operator new[](std::max<std::size_t>(size, 1) * sizeof(T), std::align_val_t{alignment}))),
          size_(size) {
        std::fill_n(data_.get(), size, T{});
    }
    buffer(buffer const& other) : buffer(other.size_) { std::copy_n(other.data(), size_, data()); }
    buffer(buffer&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
    buffer& operator=(buffer other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }

    T* data() { return data_.get(); }
    T const* data() const { return data_.get(); }
    std::size_t size() const { return size_; }
    T& operator[](std::size_t i) { return data_[i]; }
    T const& operator[](std::size_t i) const { return data_[i]; }
    std::span<T> span() { return {data(), size_}; }
    std::span<T const> span() const { return {data(), size_}; }

    /// Makes room for `size` scalars; what was held is lost when it has to grow.
    void reserve_discarding(std::size_t size) {
        if (size > size_)
            *this = buffer(size);
    }

private:
    struct release {
        void operator()(T* p) const { ::operator delete[](p, std::align_val_t{alignment}); }
    };
    std::unique_ptr<T[], release> data_;
    std::size_t size_ = 0;
};

} // namespace trine
