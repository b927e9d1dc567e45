#pragma once

#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "file.hpp"

namespace trine::io {

TRINE_INLINE void write_all(int file, std::string_view bytes, std::string const& where) {
    while (!bytes.empty()) {
        auto const written = detail::write_some(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        require<io_error>(written > 0, where, ": cannot be written: ", std::strerror(written == 0 ? ENOSPC : errno));
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

namespace detail {

// What something is that is not a plain file.
inline char const* name_of(file_kind kind) {
    switch (kind) {
    case file_kind::folder:
        return "a folder";
    case file_kind::pipe:
        return "a pipe";
    case file_kind::socket:
        return "a socket";
    case file_kind::device:
        return "a device";
    default:
        return "something else";
    }
}

TRINE_INLINE int open_to_read(std::filesystem::path const& path) {
    int const file = open_file(path, opening::read);
    if (file < 0)
        fail<io_error>(path.string(), ": cannot be opened: ", std::strerror(errno));
    file_facts about; // from here on no memory is asked for while the file is nobody's
    int const cause = find_facts(file, about) ? 0 : errno;
    if (cause != 0 || about.kind != file_kind::file) {
        close_file(file);
        if (cause != 0)
            fail<io_error>(path.string(), ": cannot be read: ", std::strerror(cause));
        fail<io_error>(path.string(), ": is ", name_of(about.kind), ", not a file");
    }
    return file;
}

TRINE_INLINE std::size_t read_at(int file, char* to, std::size_t size, std::size_t offset, std::string const& where) {
    std::size_t used = 0;
    while (used < size) {
        auto const count = read_some_at(file, to + used, size - used, offset + used);
        if (count < 0 && errno != EINTR)
            fail<io_error>(where, ": cannot be read: ", std::strerror(errno));
        if (count == 0)
            break;
        used += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    return used;
}

TRINE_INLINE std::filesystem::path temporary_name(std::filesystem::path const& path) {
    auto name = path.filename().string();
    if (constexpr std::size_t longest = 200; name.size() > longest) // of 255 bytes; names that begin alike stay apart
        name = name.substr(0, longest) + '~' + std::to_string(checksum(name) % 1'000'000'000);
    return path.parent_path() / (name + ".tmp-");
}

TRINE_INLINE int open_temporary(std::filesystem::path const& path, std::filesystem::path& name) {
    int file = -1;
    do {
        name = temporary_name(path);
        name += random_digits(8);
        file = open_file(name, opening::only_new);
    } while (file < 0 && errno == EEXIST);
    return file;
}

} // namespace detail

TRINE_INLINE std::string read_file(std::filesystem::path const& path) {
    int const file = detail::open_to_read(path);
    struct closer {
        int file;
        ~closer() { detail::close_file(file); }
    } const closing{file};
    detail::file_facts about;
    // What a file says of its size is a guess: it may grow, and those of the system say nothing. One byte more, so
    // that its end is met without room for another portion.
    std::size_t const guess = detail::find_facts(file, about) ? static_cast<std::size_t>(about.size) + 1 : 1;
    constexpr std::size_t portion = std::size_t{1} << 16;
    std::string bytes;
    try {
        bytes.resize(guess > 1 ? guess : portion);
        for (std::size_t used = 0;;) {
            if (used == bytes.size())
                bytes.resize(2 * used);
            auto const count = detail::read_some(file, bytes.data() + used, bytes.size() - used);
            if (count < 0 && errno != EINTR)
                fail<io_error>(path.string(), ": cannot be read: ", std::strerror(errno));
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
        auto const count = detail::random_bytes(&byte, 1);
        if (!(count == 1 || errno == EINTR))
            fail<io_error>("the system gives no random bytes: ", std::strerror(errno));
        if (count == 1)
            digits += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    }
    return digits;
}

TRINE_INLINE file_writer::file_writer(std::filesystem::path path) : path_(std::move(path)) {
    // What links of the system name (/dev/stdout) is no path: so the file first, then the way to it.
    if (detail::file_facts about; detail::find_facts(path_, about))
        require<io_error>(about.kind == detail::file_kind::file, path_.string(), ": is ", detail::name_of(about.kind),
                          ", not a file, and is not written to");
    target_ = resolved(path_);
    file_ = detail::open_temporary(target_, temporary_);
    if (file_ < 0) {
        temporary_.clear(); // it is not ours
        give_up("created");
    }
}

TRINE_INLINE file_writer::~file_writer() {
    if (file_ >= 0) {
        detail::close_file(file_);
        detail::remove_name(temporary_);
    }
}

TRINE_INLINE void file_writer::write(std::string_view bytes) { write_all(file_, bytes, path_.string()); }

TRINE_INLINE void file_writer::seek(std::size_t offset) {
    if (!detail::seek_to(file_, offset))
        give_up("written");
}

TRINE_INLINE void file_writer::commit() {
    take_permissions();
    if (!detail::flush(file_))
        give_up("flushed");
    if (!detail::close_file(std::exchange(file_, -1)) || !detail::rename_over(temporary_, target_))
        give_up("put in place");
    detail::flush_folder_of(target_);
}

TRINE_INLINE void file_writer::take_permissions() {
    if (detail::file_facts old; detail::find_facts(target_, old) && !detail::give_rights(file_, old))
        give_up("given its permissions");
}

TRINE_INLINE void file_writer::give_up(char const* what) {
    int const cause = errno;
    if (file_ >= 0)
        detail::close_file(std::exchange(file_, -1));
    if (!temporary_.empty())
        detail::remove_name(temporary_);
    fail<io_error>(path_.string(), ": cannot be ", what, ": ", std::strerror(cause));
}

TRINE_INLINE void write_file(std::filesystem::path const& path, std::string_view bytes) {
    file_writer file(path);
    file.write(bytes);
    file.commit();
}

TRINE_INLINE mapped_file::mapped_file(std::filesystem::path const& path) : file_(detail::open_to_read(path)) {
    mapped_file keep = std::move(*this); // closes the file when something fails
    detail::file_facts about;
    bool const is_known = detail::find_facts(keep.file_, about); // before the cause is asked for
    if (!is_known)
        fail<io_error>(path.string(), ": cannot be read: ", std::strerror(errno));
    auto const size = static_cast<std::size_t>(about.size);
    keep.device_ = about.device, keep.number_ = about.number;
    if (size > copied) {
        keep.data_ = detail::map_file(keep.file_, size);
    } else if (size > 0) {
        char* const memory = detail::map_memory(size);
        keep.data_ = memory, keep.size_ = memory ? size : 0;
        require<io_error>(!memory || detail::read_at(keep.file_, memory, size, 0, path.string()) == size, path.string(),
                          ": has been shortened while it was read");
    }
    if (size > 0 && keep.data_ == nullptr)
        fail<io_error>(path.string(), ": cannot be mapped: ", std::strerror(errno));
    keep.size_ = size;
    *this = std::move(keep);
}

TRINE_INLINE mapped_file::~mapped_file() {
    if (data_ && size_ > copied)
        detail::unmap_file(data_, size_);
    else if (data_)
        detail::unmap_memory(const_cast<char*>(data_), size_);
    if (file_ >= 0)
        detail::close_file(file_);
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
    detail::file_facts about;
    return !detail::find_facts(path, about) || about.device != device_ || about.number != number_;
}

TRINE_INLINE bool mapped_file::is_shortened() const {
    detail::file_facts about;
    return file_ >= 0 && detail::find_facts(file_, about) && about.size < size_;
}

TRINE_INLINE std::string mapped_file::read_now(std::size_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    bytes.resize(detail::read_at(file_, bytes.data(), size, offset, "a mapped file"));
    return bytes;
}

} // namespace trine::io
