#pragma once

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.hpp"

namespace trine::io {

TRINE_INLINE void write_all(int file, std::string_view bytes, std::string const& where) {
    while (!bytes.empty()) {
        ssize_t const written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        require<io_error>(written > 0, where, ": cannot be written: ", std::strerror(written == 0 ? ENOSPC : errno));
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

TRINE_INLINE std::string read_file(std::filesystem::path const& path) {
    std::error_code code;
    require<io_error>(!std::filesystem::is_directory(path, code), path.string(), ": is a folder, not a file");
    int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    require<io_error>(file >= 0, path.string(), ": cannot be opened: ", std::strerror(errno));
    struct closer {
        int file;
        ~closer() { ::close(file); }
    } const closing{file};
    struct stat about {};
    // What a file says of its size is a guess: it may grow, and others than plain ones say nothing. One byte more, so
    // that its end is met without room for another portion.
    std::size_t const guess = ::fstat(file, &about) == 0 ? static_cast<std::size_t>(about.st_size) + 1 : 1;
    constexpr std::size_t portion = std::size_t{1} << 16;
    std::string bytes(guess > 1 ? guess : portion, '\0');
    for (std::size_t used = 0;;) {
        if (used == bytes.size())
            bytes.resize(2 * used);
        ssize_t const count = ::read(file, bytes.data() + used, bytes.size() - used);
        require<io_error>(count >= 0 || errno == EINTR, path.string(), ": cannot be read: ", std::strerror(errno));
        if (count == 0) {
            bytes.resize(used);
            return bytes;
        }
        used += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
}

TRINE_INLINE file_writer::file_writer(std::filesystem::path path)
    : path_(std::move(path)), temporary_(path_.string() + ".tmp" + std::to_string(::getpid())) {
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file_ < 0)
        give_up("created");
}

TRINE_INLINE file_writer::~file_writer() {
    if (file_ >= 0) {
        ::close(file_);
        ::unlink(temporary_.c_str());
    }
}

TRINE_INLINE void file_writer::write(std::string_view bytes) { write_all(file_, bytes, path_.string()); }

TRINE_INLINE void file_writer::seek(std::size_t offset) {
    if (::lseek(file_, static_cast<off_t>(offset), SEEK_SET) < 0)
        give_up("written");
}

TRINE_INLINE void file_writer::commit() {
    if (::fsync(file_) != 0)
        give_up("flushed");
    if (::close(std::exchange(file_, -1)) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0)
        give_up("put in place");
    // The new name itself has to reach the disk too.
    auto const folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
    if (int const directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
        ::fsync(directory);
        ::close(directory);
    }
}

TRINE_INLINE void file_writer::give_up(char const* what) {
    int const cause = errno;
    if (file_ >= 0)
        ::close(std::exchange(file_, -1));
    ::unlink(temporary_.c_str());
    fail<io_error>(path_.string(), ": cannot be ", what, ": ", std::strerror(cause));
}

TRINE_INLINE void write_file(std::filesystem::path const& path, std::string_view bytes) {
    file_writer file(path);
    file.write(bytes);
    file.commit();
}

TRINE_INLINE mapped_file::mapped_file(std::filesystem::path const& path) {
    int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    require<io_error>(file >= 0, path.string(), ": cannot be opened: ", std::strerror(errno));
    struct stat about {};
    if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        ::close(file);
        fail<io_error>(path.string(), ": is not a file");
    }
    size_ = static_cast<std::size_t>(about.st_size), device_ = about.st_dev, number_ = about.st_ino;
    if (size_ > 0) {
        void* const at = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0);
        int const cause = errno;
        ::close(file);
        require<io_error>(at != MAP_FAILED, path.string(), ": cannot be mapped: ", std::strerror(cause));
        data_ = static_cast<char const*>(at);
    } else
        ::close(file);
}

TRINE_INLINE mapped_file::~mapped_file() {
    if (data_)
        ::munmap(const_cast<char*>(data_), size_);
}

TRINE_INLINE mapped_file::mapped_file(mapped_file&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      device_(other.device_),
      number_(other.number_) {}

TRINE_INLINE mapped_file& mapped_file::operator=(mapped_file other) noexcept {
    std::swap(data_, other.data_), std::swap(size_, other.size_), std::swap(device_, other.device_);
    std::swap(number_, other.number_);
    return *this;
}

TRINE_INLINE bool mapped_file::is_replaced(std::filesystem::path const& path) const {
    struct stat about {};
    return ::stat(path.c_str(), &about) != 0 || about.st_dev != device_ || about.st_ino != number_;
}

} // namespace trine::io
