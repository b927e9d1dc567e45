#include "guarded.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>

#include <sys/mman.h>
#include <unistd.h>

namespace grading {
namespace {

guarded_memory* newest = nullptr;
char const* damaged = nullptr;         // the first that somebody wrote before
constexpr unsigned char before = 0xA5; // what lies between the first page and the data

std::size_t page() {
    static auto const size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

} // namespace

// The data end where a page does, so that one value beyond them lies on the next, which may not be touched.
guarded_memory::guarded_memory(char const* name, std::size_t rows, std::size_t cols, std::size_t scalar)
    : name_(name), rows_(rows), cols_(cols), scalar_(scalar), next_(newest) {
    std::size_t const bytes = rows * cols * scalar, inner = (bytes / page() + 1) * page();
    page_bytes_ = inner + 2 * page();
    void* const memory = mmap(nullptr, page_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc();
    pages_ = static_cast<char*>(memory);
    if (mprotect(pages_ + page(), inner, PROT_READ | PROT_WRITE) != 0) {
        munmap(pages_, page_bytes_);
        throw std::bad_alloc();
    }
    data_ = pages_ + page() + inner - bytes;
    std::memset(pages_ + page(), before, inner - bytes);
    if (newest)
        newest->previous_ = this;
    newest = this;
}

guarded_memory::~guarded_memory() {
    if (!damaged && !is_whole_before())
        damaged = name_;
    (previous_ ? previous_->next_ : newest) = next_;
    if (next_)
        next_->previous_ = previous_;
    munmap(pages_, page_bytes_);
}

void guarded_memory::seal() {
    sealed_ = true;
    mprotect(pages_ + page(), page_bytes_ - 2 * page(), PROT_READ);
}

bool guarded_memory::is_whole_before() const {
    return std::all_of(pages_ + page(), data_, [](char c) { return static_cast<unsigned char>(c) == before; });
}

bool guarded_memory::describe(void const* address, char* text, std::size_t size) {
    auto const at = static_cast<char const*>(address);
    for (auto const* m = newest; m; m = m->next_) {
        if (at < m->pages_ || at >= m->pages_ + m->page_bytes_)
            continue;
        char sizes[64];
        if (m->cols_ == 1)
            std::snprintf(sizes, sizeof sizes, "%zu values", m->rows_);
        else
            std::snprintf(sizes, sizeof sizes, "%zu×%zu values", m->rows_, m->cols_);
        if (at >= m->data_ + m->rows_ * m->cols_ * m->scalar_)
            std::snprintf(
                text, size, "it reads or writes beyond the end of `%s`, which has %s: place %zu, and the last is %zu",
                m->name_, sizes, static_cast<std::size_t>(at - m->data_) / m->scalar_, m->rows_ * m->cols_ - 1);
        else if (at < m->data_)
            std::snprintf(text, size,
                          "it reads or writes before the beginning of `%s`, which has %s: an index was below 0",
                          m->name_, sizes);
        else
            std::snprintf(text, size, "it writes into `%s`, which is only there to be read", m->name_);
        return true;
    }
    return false;
}

std::string guarded_memory::damage() {
    return damaged ? std::string("it writes before the beginning of `") + damaged + "`: an index was below 0" : "";
}

} // namespace grading
