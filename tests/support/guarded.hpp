#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

/// A copy of some values, behind the last of which lies a page that nobody may touch: who reads or writes further than
/// the end is ended by a signal, whatever the values there would have done.
template <class T>
class guarded {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    explicit guarded(std::vector<T> const& values)
        : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
          bytes_((values.size() * sizeof(T) + page_ - 1) / page_ * page_ + page_),
          memory_(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        if (memory_ == MAP_FAILED)
            throw std::bad_alloc();
        std::byte* const end = static_cast<std::byte*>(memory_) + (bytes_ - page_);
        ::mprotect(end, page_, PROT_NONE);
        data_ = reinterpret_cast<T*>(end) - values.size();
        std::copy(values.begin(), values.end(), data_);
    }
    ~guarded() { ::munmap(memory_, bytes_); }
    guarded(guarded const&) = delete;
    guarded& operator=(guarded const&) = delete;

    T* data() const { return data_; }

private:
    std::size_t page_, bytes_;
    void* memory_;
    T* data_;
};
