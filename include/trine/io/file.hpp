#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "../core/error.hpp"
#include "../core/hash.hpp"

namespace trine::io {

using trine::checksum;

/// Writes all bytes to an open file, from where it stands.
///
/// @throws io_error  when it does not take them
void write_all(int file, std::string_view bytes, std::string const& where);

/// The whole of a file.
///
/// @throws io_error  when it cannot be opened or read
std::string read_file(std::filesystem::path const& path);

/// Writes a file so that a crash leaves the old one or the new one: to a temporary name beside it, flushed to the disk,
/// then renamed.
///
/// Until `commit` the old file is untouched; without it, the temporary one goes.
class file_writer {
public:
    /// @throws io_error  when the temporary file cannot be created
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

    std::filesystem::path path_;
    std::string temporary_;
    int file_ = -1;
};

/// Writes a whole file, see `file_writer`.
///
/// @throws io_error  when it cannot be written; the old file is then untouched and the temporary one gone
void write_file(std::filesystem::path const& path, std::string_view bytes);

/// A file's bytes, in memory only where they are looked at. They stay what they are when another file is put in its
/// place.
class mapped_file {
public:
    mapped_file() = default;
    /// @throws io_error  when it cannot be opened or mapped
    explicit mapped_file(std::filesystem::path const& path);
    ~mapped_file();
    mapped_file(mapped_file&& other) noexcept;
    mapped_file& operator=(mapped_file other) noexcept;

    std::string_view bytes() const { return {data_, size_}; }
    /// Whether another file has been put in its place since.
    bool is_replaced(std::filesystem::path const& path) const;

private:
    char const* data_ = nullptr;
    std::size_t size_ = 0;
    std::uint64_t device_ = 0, number_ = 0; // which file it is
};

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "file_impl.hpp"
#endif
