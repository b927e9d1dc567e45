#pragma once

#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
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

namespace detail {

// What something is that is not a plain file.
inline char const* kind_of(mode_t mode) {
    return S_ISDIR(mode)                    ? "a folder"
           : S_ISFIFO(mode)                 ? "a pipe"
           : S_ISSOCK(mode)                 ? "a socket"
           : S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
                                            : "something else";
}

TRINE_INLINE int open_to_read(std::filesystem::path const& path) {
    // Opening a pipe would wait for a writer.
    int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    require<io_error>(file >= 0, path.string(), ": cannot be opened: ", std::strerror(errno));
    struct stat about {};
    int const cause = ::fstat(file, &about) == 0 ? 0 : errno;
    if (cause != 0 || !S_ISREG(about.st_mode)) {
        ::close(file);
        require<io_error>(cause == 0, path.string(), ": cannot be read: ", std::strerror(cause));
        fail<io_error>(path.string(), ": is ", kind_of(about.st_mode), ", not a file");
    }
    return file;
}

TRINE_INLINE std::size_t read_at(int file, char* to, std::size_t size, std::size_t offset, std::string const& where) {
    std::size_t used = 0;
    while (used < size) {
        ssize_t const count = ::pread(file, to + used, size - used, static_cast<off_t>(offset + used));
        require<io_error>(count >= 0 || errno == EINTR, where, ": cannot be read: ", std::strerror(errno));
        if (count == 0)
            break;
        used += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    return used;
}

TRINE_INLINE std::string temporary_name(std::filesystem::path const& path) {
    auto name = path.filename().string();
    if (constexpr std::size_t longest = 200; name.size() > longest) // of 255 bytes; names that begin alike stay apart
        name = name.substr(0, longest) + '~' + std::to_string(checksum(name) % 1'000'000'000);
    return (path.parent_path() / (name + ".tmp-")).string();
}

TRINE_INLINE bool flush(int file, [[maybe_unused]] bool contents_alone) {
#if defined(F_FULLFSYNC) // on macOS fsync leaves it in the disk's own memory; not all file systems know the other
    return ::fcntl(file, F_FULLFSYNC) == 0 || ::fsync(file) == 0;
#else
    return (contents_alone ? ::fdatasync(file) : ::fsync(file)) == 0;
#endif
}

TRINE_INLINE void flush_folder_of(std::filesystem::path const& path) {
    auto const folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    if (int const directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
        flush(directory);
        ::close(directory);
    }
}

} // namespace detail

TRINE_INLINE std::string read_file(std::filesystem::path const& path) {
    int const file = detail::open_to_read(path);
    struct closer {
        int file;
        ~closer() { ::close(file); }
    } const closing{file};
    struct stat about {};
    // What a file says of its size is a guess: it may grow, and those of the system say nothing. One byte more, so
    // that its end is met without room for another portion.
    std::size_t const guess = ::fstat(file, &about) == 0 ? static_cast<std::size_t>(about.st_size) + 1 : 1;
    constexpr std::size_t portion = std::size_t{1} << 16;
    std::string bytes;
    try {
        bytes.resize(guess > 1 ? guess : portion);
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
    } catch (std::bad_alloc const&) {
        fail<io_error>(path.string(), ": there is no memory for its ", guess - 1, " bytes");
    } catch (std::length_error const&) {
        fail<io_error>(path.string(), ": there is no memory for its ", guess - 1, " bytes");
    }
}

TRINE_INLINE std::filesystem::path resolved(std::filesystem::path const& path) {
    auto at = path;
    for (int links = 0; links < 40; ++links) {
        std::error_code none;
        if (!std::filesystem::is_symlink(std::filesystem::symlink_status(at, none)))
            return at;
        auto const next = std::filesystem::read_symlink(at, none);
        require<io_error>(!none, at.string(), ": the link cannot be read: ", none.message());
        at = next.is_absolute() ? next : at.parent_path() / next;
    }
    fail<io_error>(path.string(), ": is a link that leads in a circle");
}

TRINE_INLINE std::string random_digits(std::size_t bytes) {
    std::string digits;
    while (digits.size() < 2 * bytes) {
        unsigned char byte = 0;
        ssize_t const count = ::getrandom(&byte, 1, 0);
        require<io_error>(count == 1 || errno == EINTR, "the system gives no random bytes: ", std::strerror(errno));
        if (count == 1)
            digits += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    }
    return digits;
}

TRINE_INLINE file_writer::file_writer(std::filesystem::path path) : path_(std::move(path)) {
    // What links of the system name (/dev/stdout) is no path: so the file first, then the way to it.
    struct stat about {};
    if (::stat(path_.c_str(), &about) == 0)
        require<io_error>(S_ISREG(about.st_mode), path_.string(), ": is ", detail::kind_of(about.st_mode),
                          ", not a file, and is not written to");
    target_ = resolved(path_);
    do {
        temporary_ = detail::temporary_name(target_) + random_digits(8);
        file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    } while (file_ < 0 && errno == EEXIST);
    if (file_ < 0) {
        temporary_.clear(); // it is not ours
        give_up("created");
    }
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
    take_permissions();
    if (!detail::flush(file_))
        give_up("flushed");
    if (::close(std::exchange(file_, -1)) != 0 || ::rename(temporary_.c_str(), target_.c_str()) != 0)
        give_up("put in place");
    detail::flush_folder_of(target_);
}

TRINE_INLINE void file_writer::take_permissions() {
    struct stat old {};
    if (::stat(target_.c_str(), &old) != 0)
        return;
    mode_t mode = old.st_mode & 0777;
    // Where the old group cannot be kept, another one must not read it instead.
    if (::fchown(file_, old.st_uid, old.st_gid) != 0 && ::fchown(file_, static_cast<uid_t>(-1), old.st_gid) != 0)
        mode &= ~static_cast<mode_t>(S_IRWXG);
    if (::fchmod(file_, mode) != 0)
        give_up("given its permissions");
}

TRINE_INLINE void file_writer::give_up(char const* what) {
    int const cause = errno;
    if (file_ >= 0)
        ::close(std::exchange(file_, -1));
    if (!temporary_.empty())
        ::unlink(temporary_.c_str());
    fail<io_error>(path_.string(), ": cannot be ", what, ": ", std::strerror(cause));
}

TRINE_INLINE void write_file(std::filesystem::path const& path, std::string_view bytes) {
    file_writer file(path);
    file.write(bytes);
    file.commit();
}

TRINE_INLINE mapped_file::mapped_file(std::filesystem::path const& path) : file_(detail::open_to_read(path)) {
    mapped_file keep = std::move(*this); // closes the file when something fails
    struct stat about {};
    bool const is_known = ::fstat(keep.file_, &about) == 0; // before the cause is asked for
    require<io_error>(is_known, path.string(), ": cannot be read: ", std::strerror(errno));
    auto const size = static_cast<std::size_t>(about.st_size);
    keep.device_ = about.st_dev, keep.number_ = about.st_ino;
    if (size > 0) {
        bool const is_copied = size <= copied;
        void* const at = is_copied ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                                   : ::mmap(nullptr, size, PROT_READ, MAP_SHARED, keep.file_, 0);
        require<io_error>(at != MAP_FAILED, path.string(), ": cannot be mapped: ", std::strerror(errno));
        keep.data_ = static_cast<char const*>(at), keep.size_ = size;
        require<io_error>(!is_copied ||
                              detail::read_at(keep.file_, static_cast<char*>(at), size, 0, path.string()) == size,
                          path.string(), ": has been shortened while it was read");
    }
    *this = std::move(keep);
}

TRINE_INLINE mapped_file::~mapped_file() {
    if (data_)
        ::munmap(const_cast<char*>(data_), size_);
    if (file_ >= 0)
        ::close(file_);
}

TRINE_INLINE mapped_file::mapped_file(mapped_file&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      device_(other.device_),
      number_(other.number_),
      file_(std::exchange(other.file_, -1)) {}

TRINE_INLINE mapped_file& mapped_file::operator=(mapped_file other) noexcept {
    std::swap(data_, other.data_), std::swap(size_, other.size_), std::swap(device_, other.device_);
    std::swap(number_, other.number_), std::swap(file_, other.file_);
    return *this;
}

TRINE_INLINE bool mapped_file::is_replaced(std::filesystem::path const& path) const {
    struct stat about {};
    return ::stat(path.c_str(), &about) != 0 || about.st_dev != device_ || about.st_ino != number_;
}

TRINE_INLINE bool mapped_file::is_shortened() const {
    struct stat about {};
    return file_ >= 0 && ::fstat(file_, &about) == 0 && static_cast<std::size_t>(about.st_size) < size_;
}

TRINE_INLINE std::string mapped_file::read_now(std::size_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    bytes.resize(detail::read_at(file_, bytes.data(), size, offset, "a mapped file"));
    return bytes;
}

} // namespace trine::io
