#pragma once

#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/error.hpp"

namespace trine::io {

/// A number that tells bytes from damaged ones: a multiplication and a turn for every eight, four at a time so that
/// none waits for another. Not against forgery. `sum` is that of the bytes before.
inline std::uint64_t checksum(std::string_view bytes, std::uint64_t sum = 0xcbf29ce484222325u) {
    auto const step = [](std::uint64_t& lane, std::uint64_t word) {
        lane = std::rotl((lane ^ word) * 0x9e3779b97f4a7c15u, 29);
    };
    auto const word_at = [&](std::size_t at) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + at, 8);
        return word;
    };
    std::size_t at = 0;
    if (bytes.size() >= 32) {
        std::uint64_t lanes[4]{sum, sum + 1, sum + 2, sum + 3};
        for (; at + 32 <= bytes.size(); at += 32)
            for (std::size_t i = 0; i < 4; ++i)
                step(lanes[i], word_at(at + 8 * i));
        for (std::uint64_t lane : lanes)
            step(sum, lane);
    }
    for (; at + 8 <= bytes.size(); at += 8)
        step(sum, word_at(at));
    std::uint64_t last = bytes.size();
    for (; at < bytes.size(); ++at)
        last = last << 8 | static_cast<unsigned char>(bytes[at]);
    step(sum, last);
    return sum;
}

/// Writes all bytes to an open file, from where it stands.
///
/// @throws io_error  when it does not take them
inline void write_all(int file, std::string_view bytes, std::string const& where) {
    while (!bytes.empty()) {
        ssize_t const written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        require<io_error>(written > 0, where, ": cannot be written: ", std::strerror(written == 0 ? ENOSPC : errno));
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// The whole of a file.
///
/// @throws io_error  when it cannot be opened or read
inline std::string read_file(std::filesystem::path const& path) {
    std::error_code code;
    require<io_error>(!std::filesystem::is_directory(path, code), path.string(), ": is a folder, not a file");
    std::ifstream in(path, std::ios::binary);
    require<io_error>(in.good(), path.string(), ": cannot be opened: ", std::strerror(errno));
    std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    require<io_error>(!in.bad(), path.string(), ": cannot be read");
    return bytes;
}

/// Writes a file so that a crash leaves the old one or the new one: to a temporary name beside it, flushed to the disk,
/// then renamed.
///
/// Until `commit` the old file is untouched; without it, the temporary one goes.
class file_writer {
public:
    /// @throws io_error  when the temporary file cannot be created
    explicit file_writer(std::filesystem::path path)
        : path_(std::move(path)), temporary_(path_.string() + ".tmp" + std::to_string(::getpid())) {
        file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (file_ < 0)
            give_up("created");
    }
    ~file_writer() {
        if (file_ >= 0) {
            ::close(file_);
            ::unlink(temporary_.c_str());
        }
    }
    file_writer(file_writer const&) = delete;
    file_writer& operator=(file_writer const&) = delete;

    /// @throws io_error  when the disk does not take it
    void write(std::string_view bytes) { write_all(file_, bytes, path_.string()); }
    /// Goes on writing at an offset from the file's beginning.
    void seek(std::size_t offset) {
        if (::lseek(file_, static_cast<off_t>(offset), SEEK_SET) < 0)
            give_up("written");
    }
    /// Puts the file in its place.
    ///
    /// @throws io_error  when it cannot be flushed or renamed; the old file is then untouched
    void commit() {
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

private:
    [[noreturn]] void give_up(char const* what) {
        int const cause = errno;
        if (file_ >= 0)
            ::close(std::exchange(file_, -1));
        ::unlink(temporary_.c_str());
        fail<io_error>(path_.string(), ": cannot be ", what, ": ", std::strerror(cause));
    }

    std::filesystem::path path_;
    std::string temporary_;
    int file_ = -1;
};

/// Writes a whole file, see `file_writer`.
///
/// @throws io_error  when it cannot be written; the old file is then untouched and the temporary one gone
inline void write_file(std::filesystem::path const& path, std::string_view bytes) {
    file_writer file(path);
    file.write(bytes);
    file.commit();
}

/// A file's bytes, in memory only where they are looked at. They stay what they are when another file is put in its
/// place.
class mapped_file {
public:
    mapped_file() = default;
    /// @throws io_error  when it cannot be opened or mapped
    explicit mapped_file(std::filesystem::path const& path) {
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
    ~mapped_file() {
        if (data_)
            ::munmap(const_cast<char*>(data_), size_);
    }
    mapped_file(mapped_file&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          device_(other.device_),
          number_(other.number_) {}
    mapped_file& operator=(mapped_file other) noexcept {
        std::swap(data_, other.data_), std::swap(size_, other.size_), std::swap(device_, other.device_),
            std::swap(number_, other.number_);
        return *this;
    }

    std::string_view bytes() const { return {data_, size_}; }
    /// Whether another file has been put in its place since.
    bool is_replaced(std::filesystem::path const& path) const {
        struct stat about {};
        return ::stat(path.c_str(), &about) != 0 || about.st_dev != device_ || about.st_ino != number_;
    }

private:
    char const* data_ = nullptr;
    std::size_t size_ = 0;
    dev_t device_ = 0;
    ino_t number_ = 0;
};

} // namespace trine::io
