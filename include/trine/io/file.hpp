#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "../core/error.hpp"
#include "../core/hash.hpp"
#include "system_file.hpp"

namespace trine::io {

using trine::checksum;

namespace detail {

// Opens a file to read; throws io_error when it cannot be opened, or is a pipe, a device or a folder.
int open_to_read(std::filesystem::path const& path);
// Reads up to `size` bytes from an offset; less at the file's end. Throws io_error.
std::size_t read_at(int file, char* to, std::size_t size, std::size_t offset, std::string const& where);
// How the names of temporary files beside a file begin: random digits follow.
std::filesystem::path temporary_name(std::filesystem::path const& path);
// Makes a temporary file beside a file, of a name that nobody has guessed; its descriptor, or −1 and errno.
int open_temporary(std::filesystem::path const& path, std::filesystem::path& name);

} // namespace detail

/// Writes all bytes to an open file, from where it stands.
///
/// @throws io_error  when it does not take them
void write_all(int file, std::string_view bytes, std::string const& where);

/// The whole of a file.
///
/// @throws io_error  when it cannot be opened or read, or is not a file: pipes and devices may never end
std::string read_file(std::filesystem::path const& path);

/// Where a path leads when links are followed, whether there is something or not.
///
/// @throws io_error  when links lead in a circle
std::filesystem::path resolved(std::filesystem::path const& path);

/// So many random bytes, which nobody can guess, as hexadecimal digits.
///
/// @throws io_error  when the system gives none
std::string random_digits(std::size_t bytes);

/// Writes a file so that a crash leaves the old one or the new one: to a temporary name beside it, flushed to the disk,
/// then renamed.
///
/// Until `commit` the old file is untouched; without it, the temporary one goes. A link stays: what it leads to is
/// replaced. What was there leaves the new file its permissions and, where the system allows that, its owner; where
/// nothing was, the file is its owner's alone (mode 600), because it may hold faces.
class file_writer {
public:
    /// @throws io_error  when the temporary file cannot be created, or there is a device, pipe or folder at `path`
    explicit file_writer(std::filesystem::path path);
    ~file_writer();
    file_writer(file_writer const&) = delete;
    file_writer& operator=(file_writer const&) = delete;

    /// @throws io_error  when the disk does not take it
    void write(std::string_view bytes);
    /// Goes on writing at an offset from the file's beginning.
    void seek(std::size_t offset);
    /// Puts the file in its place.
    ///
    /// @throws io_error  when it cannot be flushed or renamed; the old file is then untouched
    void commit();

private:
    [[noreturn]] void give_up(char const* what);
    void take_permissions();

    std::filesystem::path path_, target_; // as it was given, and where links lead
    std::filesystem::path temporary_;
    int file_ = -1;
};

/// Writes a whole file, see `file_writer`.
///
/// @throws io_error  when it cannot be written; the old file is then untouched and the temporary one gone
void write_file(std::filesystem::path const& path, std::string_view bytes);

/// A file's bytes, those of a large one in memory only where they are looked at. They stay what they are when another
/// file is put in its place.
///
/// Files of up to `copied` bytes are read when they are opened, and stay also when somebody shortens them. Of a larger
/// file that somebody shortens, what is gone cannot be looked at any more: the system ends a program that does.
class mapped_file {
public:
    static constexpr std::size_t copied = std::size_t{16} << 20;

    mapped_file() = default;
    /// @throws io_error  when it cannot be opened, read or mapped, or is not a file
    explicit mapped_file(std::filesystem::path const& path);
    ~mapped_file();
    mapped_file(mapped_file&& other) noexcept;
    mapped_file& operator=(mapped_file other) noexcept;

    std::string_view bytes() const { return {data_, size_}; }
    /// Whether another file has been put in its place since.
    bool is_replaced(std::filesystem::path const& path) const;
    /// Whether it has fewer bytes now than when it was opened.
    bool is_shortened() const;
    /// What the file says now, which `bytes` need not. Less than `size` bytes where it ends before.
    std::string read_now(std::size_t offset, std::size_t size) const;

private:
    char const* data_ = nullptr;
    std::size_t size_ = 0;
    std::uint64_t device_ = 0, number_ = 0; // which file it is
    int file_ = -1;                         // open, so that no other file is given its number
};

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "file_impl.hpp"
#endif
