#pragma once

// Memory between two pages that nobody may touch: whoever runs over its end is stopped there, and told of which array.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <trine/core/view.hpp>

namespace grading {

class guarded_memory {
public:
    /// @param name  lives as long as the memory
    guarded_memory(char const* name, std::size_t rows, std::size_t cols, std::size_t scalar);
    ~guarded_memory();
    guarded_memory(guarded_memory const&) = delete;
    guarded_memory& operator=(guarded_memory const&) = delete;

    void* data() const { return data_; }
    /// From now on it may only be read.
    void seal();
    /// Whether what lies just before it is as it was.
    bool is_whole_before() const;

    char const* name() const { return name_; }

    /// What is at an address, for a handler of signals: a sentence in `text`, and whether it belongs to guarded memory.
    static bool describe(void const* address, char* text, std::size_t size);
    /// What was written before the beginning of one that is gone by now, in a sentence; empty, when nothing was.
    static std::string damage();

private:
    char const* name_;
    std::size_t rows_, cols_, scalar_;
    char *pages_, *data_;
    std::size_t page_bytes_;
    bool sealed_ = false;
    guarded_memory *next_, *previous_ = nullptr;
};

/// A matrix in such memory.
template <class T>
class guarded {
public:
    guarded(char const* name, std::size_t rows, std::size_t cols)
        : memory_(std::make_unique<guarded_memory>(name, rows, cols, sizeof(T))), rows_(rows), cols_(cols) {}

    T* data() const { return static_cast<T*>(memory_->data()); }
    std::size_t size() const { return rows_ * cols_; }
    std::span<T> span() const { return {data(), size()}; }
    std::span<T const> read() const { return {data(), size()}; }
    trine::matrix_view<T> view() const { return {data(), rows_, cols_}; }
    trine::matrix_view<T const> read_view() const { return {data(), rows_, cols_}; }
    T& operator()(std::size_t row, std::size_t col = 0) const { return data()[row * cols_ + col]; }

    /// From now on it may only be read.
    guarded& seal() {
        memory_->seal();
        return *this;
    }

private:
    std::unique_ptr<guarded_memory> memory_;
    std::size_t rows_, cols_;
};

} // namespace grading
