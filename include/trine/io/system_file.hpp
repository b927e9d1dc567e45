#pragma once

// All that files ask of the system, POSIX or Windows: whoever works on files calls these. What fails says false, −1 or
// nothing, and errno why, on both.

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "../core/config.hpp"

namespace trine::io::detail {

enum class file_kind { file, folder, pipe, socket, device, other };

struct file_facts {
    file_kind kind = file_kind::other;
    std::uint64_t size = 0, links = 0;
    std::uint64_t device = 0, number = 0;                // together, which file it is
    std::uint32_t owner = 0, group = 0, permissions = 0; // of POSIX alone
};

enum class opening {
    read,         // never waits for a pipe's writer
    write,        // what is there; not through a link
    append,       // what is there
    write_or_new, // to read as well; not through a link
    only_new,     // to read as well; its owner's alone
};

// A descriptor, or −1.
int open_file(std::filesystem::path const& path, opening how);
bool close_file(int file);

bool find_facts(int file, file_facts& to);
// Of what links lead to.
bool find_facts(std::filesystem::path const& path, file_facts& to);

// How many bytes were read or written, at most `size`; −1 when that failed, 0 at the file's end.
std::ptrdiff_t read_some(int file, char* to, std::size_t size);
std::ptrdiff_t read_some_at(int file, char* to, std::size_t size, std::uint64_t offset);
std::ptrdiff_t write_some(int file, char const* from, std::size_t size);
std::ptrdiff_t write_some_at(int file, char const* from, std::size_t size, std::uint64_t offset);
bool seek_to(int file, std::uint64_t offset);
bool truncate_to(int file, std::uint64_t size);

// Waits until the disk has what was written to a file, and what else is known of it.
bool flush(int file, bool contents_alone = false);
// Waits until the disk knows a file's name, where a program can ask for that.
void flush_folder_of(std::filesystem::path const& path) noexcept;

// The file is this process's to write, until it closes it; EWOULDBLOCK when it is another's.
bool lock_file(int file);
// The same of a file that is opened by its name, and made where there is none: what is locked is what has that name
// then.
int open_locked(std::filesystem::path const& path);

// Puts a file in another's place, which whoever has that open does not notice.
bool rename_over(std::filesystem::path const& from, std::filesystem::path const& to);
// The same of an open and locked file, which stays that. Windows has to close it meanwhile, and it is −1 when somebody
// else was faster.
bool rename_locked_over(int& file, std::filesystem::path const& from, std::filesystem::path const& to);
bool remove_name(std::filesystem::path const& path);

// Owner, group and permissions of another file. Where the group cannot be given, the file's own must not read it
// instead.
bool give_rights(int file, file_facts const& like);

// A file's bytes, read only; or zeros, to write. Null when that failed.
char const* map_file(int file, std::size_t size);
char* map_memory(std::size_t size);
void unmap_file(char const* at, std::size_t size);
void unmap_memory(char* at, std::size_t size);

// Bytes that nobody can guess; how many were given, or −1.
std::ptrdiff_t random_bytes(unsigned char* to, std::size_t size);

} // namespace trine::io::detail

#ifdef TRINE_HEADER_ONLY
#include "system_file_impl.hpp"
#endif
