#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

namespace trine {

/// Memory for scalars, aligned to a cache line, of a size fixed when it is made. Zero-filled.
///
/// Large ones ask the system for huge pages: kernels write to hundreds of places at once, more than a processor keeps
/// small pages' addresses for.
template <class T>
class buffer {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    /// Bytes of a cache line and of the widest vector register.
    static constexpr std::size_t alignment = 64;

    buffer() = default;
    explicit buffer(std::size_t size) : data_(allocate(size), release{alignment_of(size)}), size_(size) {
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
    static constexpr std::size_t huge_page = std::size_t{2} << 20;

    struct release {
        std::align_val_t alignment{buffer::alignment};
        void operator()(T* p) const { ::operator delete[](p, alignment); }
    };
    static std::align_val_t alignment_of(std::size_t size) {
        return std::align_val_t{size * sizeof(T) >= 2 * huge_page ? huge_page : alignment};
    }
    static T* allocate(std::size_t size) {
        std::size_t const bytes = std::max<std::size_t>(size, 1) * sizeof(T);
        auto* const p = static_cast<T*>(::operator new[](bytes, alignment_of(size)));
#ifdef MADV_HUGEPAGE
        if (bytes >= 2 * huge_page)
            (void)::madvise(p, bytes / huge_page * huge_page, MADV_HUGEPAGE); // a wish; without it all works, slower
#endif
        return p;
    }
    std::unique_ptr<T[], release> data_;
    std::size_t size_ = 0;
};

} // namespace trine
