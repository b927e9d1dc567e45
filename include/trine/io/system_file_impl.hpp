#pragma once

#include <cerrno>

#ifdef _WIN32
#include <cstring>
#include <new>
#include <system_error>
#include <vector>

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
// after it
#include <fcntl.h>
#include <io.h>
#include <ntsecapi.h>
// Words of 16-bit pointers, which <windows.h> makes nothing of: others use them as names.
#undef near
#undef far
#undef NEAR
#undef FAR
#define NEAR
#define FAR
#else
#include <algorithm>
#include <array>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#if __has_include(<sys/random.h>)
#include <sys/random.h>
#endif
#endif

#include "system_file.hpp"

namespace trine::io::detail {

#ifndef _WIN32

inline file_facts facts_from(struct stat const& s) {
    file_facts f;
    f.kind = S_ISREG(s.st_mode)                         ? file_kind::file
             : S_ISDIR(s.st_mode)                       ? file_kind::folder
             : S_ISFIFO(s.st_mode)                      ? file_kind::pipe
             : S_ISSOCK(s.st_mode)                      ? file_kind::socket
             : S_ISCHR(s.st_mode) || S_ISBLK(s.st_mode) ? file_kind::device
                                                        : file_kind::other;
    f.size = static_cast<std::uint64_t>(s.st_size), f.links = static_cast<std::uint64_t>(s.st_nlink);
    f.device = static_cast<std::uint64_t>(s.st_dev), f.number = static_cast<std::uint64_t>(s.st_ino);
    f.owner = s.st_uid, f.group = s.st_gid, f.permissions = static_cast<std::uint32_t>(s.st_mode & 0777);
    return f;
}

TRINE_INLINE int open_file(std::filesystem::path const& path, opening how) {
    switch (how) {
    case opening::read:
        return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    case opening::write:
        return ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    case opening::append:
        return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK);
    case opening::write_or_new:
        return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    case opening::only_new:
        break;
    }
    return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

TRINE_INLINE bool close_file(int file) { return ::close(file) == 0; }

TRINE_INLINE bool find_facts(int file, file_facts& to) {
    struct stat s {};
    if (::fstat(file, &s) != 0)
        return false;
    to = facts_from(s);
    return true;
}

TRINE_INLINE bool find_facts(std::filesystem::path const& path, file_facts& to) {
    struct stat s {};
    if (::stat(path.c_str(), &s) != 0)
        return false;
    to = facts_from(s);
    return true;
}

TRINE_INLINE std::ptrdiff_t read_some(int file, char* to, std::size_t size) { return ::read(file, to, size); }
TRINE_INLINE std::ptrdiff_t read_some_at(int file, char* to, std::size_t size, std::uint64_t offset) {
    return ::pread(file, to, size, static_cast<off_t>(offset));
}
TRINE_INLINE std::ptrdiff_t write_some(int file, char const* from, std::size_t size) {
    return ::write(file, from, size);
}
TRINE_INLINE std::ptrdiff_t write_some_at(int file, char const* from, std::size_t size, std::uint64_t offset) {
    return ::pwrite(file, from, size, static_cast<off_t>(offset));
}
TRINE_INLINE bool seek_to(int file, std::uint64_t offset) {
    return ::lseek(file, static_cast<off_t>(offset), SEEK_SET) >= 0;
}
TRINE_INLINE bool truncate_to(int file, std::uint64_t size) { return ::ftruncate(file, static_cast<off_t>(size)) == 0; }

TRINE_INLINE bool flush(int file, [[maybe_unused]] bool contents_alone) {
#if defined(F_FULLFSYNC) // on macOS fsync leaves it in the disk's own memory; not all file systems know the other
    return ::fcntl(file, F_FULLFSYNC) == 0 || ::fsync(file) == 0;
#else
    return (contents_alone ? ::fdatasync(file) : ::fsync(file)) == 0;
#endif
}

TRINE_INLINE void flush_folder_of(std::filesystem::path const& path) noexcept {
    // Without a path of its own: what was written has been written, also where there is no memory for more.
    std::string_view const name = path.native();
    std::array<char, 4096> folder{'.'}; // the system takes no longer ones
    if (auto const end = name.rfind('/'); end != std::string_view::npos)
        name.substr(0, std::min(std::max<std::size_t>(end, 1), folder.size() - 1)).copy(folder.data(), folder.size());
    if (int const directory = ::open(folder.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
        flush(directory);
        ::close(directory);
    }
}

TRINE_INLINE bool lock_file(int file) { return ::flock(file, LOCK_EX | LOCK_NB) == 0; }

TRINE_INLINE bool rename_over(std::filesystem::path const& from, std::filesystem::path const& to) {
    return ::rename(from.c_str(), to.c_str()) == 0;
}
TRINE_INLINE bool rename_locked_over(int&, std::filesystem::path const& from, std::filesystem::path const& to) {
    return rename_over(from, to);
}
TRINE_INLINE bool remove_name(std::filesystem::path const& path) { return ::unlink(path.c_str()) == 0; }

TRINE_INLINE bool give_rights(int file, file_facts const& like) {
    bool const is_given =
        ::fchown(file, like.owner, like.group) == 0 || ::fchown(file, static_cast<uid_t>(-1), like.group) == 0;
    return ::fchmod(file, static_cast<mode_t>(like.permissions & (is_given ? 0777 : 0707))) == 0;
}

TRINE_INLINE char const* map_file(int file, std::size_t size) {
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    return at == MAP_FAILED ? nullptr : static_cast<char const*>(at);
}
TRINE_INLINE char* map_memory(std::size_t size) {
    void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? nullptr : static_cast<char*>(at);
}
TRINE_INLINE void unmap_file(char const* at, std::size_t size) { ::munmap(const_cast<char*>(at), size); }
TRINE_INLINE void unmap_memory(char* at, std::size_t size) { ::munmap(at, size); }

TRINE_INLINE std::ptrdiff_t random_bytes(unsigned char* to, std::size_t size) {
#ifdef GRND_NONBLOCK // Linux
    return ::getrandom(to, size, 0);
#else // macOS and the BSDs, where it cannot fail
    ::arc4random_buf(to, size);
    return static_cast<std::ptrdiff_t>(size);
#endif
}

#else // Windows, where a file's descriptor is the C library's, of a handle that keeps nobody from anything

// errno of the last error.
inline bool failed_as_windows_says() {
    switch (::GetLastError()) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
        errno = ENOENT;
        break;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
        errno = EACCES;
        break;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
        errno = EEXIST;
        break;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        errno = ENOSPC;
        break;
    case ERROR_LOCK_VIOLATION:
    case ERROR_IO_PENDING:
        errno = EWOULDBLOCK;
        break;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        errno = ENOMEM;
        break;
    case ERROR_INVALID_HANDLE:
        errno = EBADF;
        break;
    default:
        errno = EIO;
    }
    return false;
}

inline HANDLE handle_of(int file) { return reinterpret_cast<HANDLE>(::_get_osfhandle(file)); }

inline OVERLAPPED at_offset(std::uint64_t offset) {
    OVERLAPPED at{};
    at.Offset = static_cast<DWORD>(offset), at.OffsetHigh = static_cast<DWORD>(offset >> 32);
    return at;
}

// One call takes less than 4 GB.
inline DWORD portion(std::size_t size) { return size > (1u << 30) ? 1u << 30 : static_cast<DWORD>(size); }

TRINE_INLINE int open_file(std::filesystem::path const& path, opening how) {
    DWORD const access = how == opening::read     ? GENERIC_READ
                         : how == opening::append ? FILE_APPEND_DATA | SYNCHRONIZE
                                                  : GENERIC_READ | GENERIC_WRITE;
    DWORD const creation = how == opening::write_or_new ? OPEN_ALWAYS
                           : how == opening::only_new   ? CREATE_NEW
                                                        : OPEN_EXISTING;
    // A folder can be opened so as well, and is then seen to be one.
    DWORD const flags = FILE_ATTRIBUTE_NORMAL | (how == opening::read ? FILE_FLAG_BACKUP_SEMANTICS : 0) |
                        (how == opening::read || how == opening::append ? 0 : FILE_FLAG_OPEN_REPARSE_POINT);
    HANDLE const handle = ::CreateFileW(path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                        nullptr, creation, flags, nullptr);
    if (handle == INVALID_HANDLE_VALUE) {
        failed_as_windows_says();
        return -1;
    }
    int const file = ::_open_osfhandle(reinterpret_cast<std::intptr_t>(handle), _O_BINARY);
    if (file < 0)
        ::CloseHandle(handle);
    return file;
}

TRINE_INLINE bool close_file(int file) { return ::_close(file) == 0; }

inline bool find_facts(HANDLE handle, file_facts& to) {
    to = {};
    DWORD const type = ::GetFileType(handle);
    if (type != FILE_TYPE_DISK) {
        to.kind = type == FILE_TYPE_PIPE ? file_kind::pipe : file_kind::device;
        return true;
    }
    BY_HANDLE_FILE_INFORMATION about{};
    if (!::GetFileInformationByHandle(handle, &about))
        return failed_as_windows_says();
    auto const both = [](DWORD high, DWORD low) { return static_cast<std::uint64_t>(high) << 32 | low; };
    to.kind = about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? file_kind::folder : file_kind::file;
    to.size = both(about.nFileSizeHigh, about.nFileSizeLow), to.links = about.nNumberOfLinks;
    to.device = about.dwVolumeSerialNumber, to.number = both(about.nFileIndexHigh, about.nFileIndexLow);
    return true;
}

TRINE_INLINE bool find_facts(int file, file_facts& to) { return find_facts(handle_of(file), to); }

TRINE_INLINE bool find_facts(std::filesystem::path const& path, file_facts& to) {
    HANDLE const handle = ::CreateFileW(path.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                        nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr);
    if (handle == INVALID_HANDLE_VALUE)
        return failed_as_windows_says();
    bool const found = find_facts(handle, to);
    ::CloseHandle(handle);
    return found;
}

inline std::ptrdiff_t read_by(int file, char* to, std::size_t size, OVERLAPPED* at) {
    DWORD count = 0;
    if (!::ReadFile(handle_of(file), to, portion(size), &count, at) && ::GetLastError() != ERROR_HANDLE_EOF)
        return failed_as_windows_says() ? 0 : -1;
    return static_cast<std::ptrdiff_t>(count);
}
inline std::ptrdiff_t write_by(int file, char const* from, std::size_t size, OVERLAPPED* at) {
    DWORD count = 0;
    if (!::WriteFile(handle_of(file), from, portion(size), &count, at))
        return failed_as_windows_says() ? 0 : -1;
    return static_cast<std::ptrdiff_t>(count);
}
TRINE_INLINE std::ptrdiff_t read_some(int file, char* to, std::size_t size) { return read_by(file, to, size, nullptr); }
TRINE_INLINE std::ptrdiff_t read_some_at(int file, char* to, std::size_t size, std::uint64_t offset) {
    auto at = at_offset(offset);
    return read_by(file, to, size, &at);
}
TRINE_INLINE std::ptrdiff_t write_some(int file, char const* from, std::size_t size) {
    return write_by(file, from, size, nullptr);
}
TRINE_INLINE std::ptrdiff_t write_some_at(int file, char const* from, std::size_t size, std::uint64_t offset) {
    auto at = at_offset(offset);
    return write_by(file, from, size, &at);
}
TRINE_INLINE bool seek_to(int file, std::uint64_t offset) {
    LARGE_INTEGER at{};
    at.QuadPart = static_cast<LONGLONG>(offset);
    return ::SetFilePointerEx(handle_of(file), at, nullptr, FILE_BEGIN) || failed_as_windows_says();
}
TRINE_INLINE bool truncate_to(int file, std::uint64_t size) {
    FILE_END_OF_FILE_INFO end{};
    end.EndOfFile.QuadPart = static_cast<LONGLONG>(size);
    return ::SetFileInformationByHandle(handle_of(file), FileEndOfFileInfo, &end, sizeof end) ||
           failed_as_windows_says();
}

TRINE_INLINE bool flush(int file, bool) { return ::FlushFileBuffers(handle_of(file)) || failed_as_windows_says(); }
TRINE_INLINE void flush_folder_of(std::filesystem::path const&) noexcept {
} // NTFS keeps a journal of names; nobody can wait for it

// Nobody reads or writes a locked byte but its owner: so it is one far beyond any file's end.
TRINE_INLINE bool lock_file(int file) {
    auto at = at_offset(std::uint64_t{0x7FFFFFFFFFFFFFF0});
    return ::LockFileEx(handle_of(file), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at) ||
           failed_as_windows_says();
}

// As POSIX does it, which Windows can since 10 (1607): also over a file that is open.
inline bool rename_as_posix(std::filesystem::path const& from, std::filesystem::path const& to) {
    std::error_code code;
    auto const whole = std::filesystem::absolute(to, code).native();
    if (code)
        return false;
    struct rename_information { // FILE_RENAME_INFO with flags, which older headers do not have
        DWORD flags;
        HANDLE folder;
        DWORD bytes;
        WCHAR name[1];
    };
    std::vector<char> room(sizeof(rename_information) + whole.size() * sizeof(WCHAR));
    auto* const about = new (room.data()) rename_information{1 | 2, nullptr, 0, {}}; // replace, as POSIX
    about->bytes = static_cast<DWORD>(whole.size() * sizeof(WCHAR));
    std::memcpy(about->name, whole.c_str(), (whole.size() + 1) * sizeof(WCHAR));
    HANDLE const handle =
        ::CreateFileW(from.c_str(), DELETE | SYNCHRONIZE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                      nullptr, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, nullptr);
    if (handle == INVALID_HANDLE_VALUE)
        return false;
    constexpr auto rename_with_flags = static_cast<FILE_INFO_BY_HANDLE_CLASS>(22);
    bool const is_done =
        ::SetFileInformationByHandle(handle, rename_with_flags, about, static_cast<DWORD>(room.size())) != 0;
    ::CloseHandle(handle);
    return is_done;
}

TRINE_INLINE bool rename_over(std::filesystem::path const& from, std::filesystem::path const& to) {
    // Older ones, and Wine, put a file in an open one's place by the second call alone, and where there is none by the
    // third.
    return rename_as_posix(from, to) ||
           ::ReplaceFileW(to.c_str(), from.c_str(), nullptr, REPLACEFILE_IGNORE_MERGE_ERRORS, nullptr, nullptr) ||
           ::MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) ||
           failed_as_windows_says();
}
TRINE_INLINE bool rename_locked_over(int& file, std::filesystem::path const& from, std::filesystem::path const& to) {
    close_file(file);
    file = -1;
    bool const is_renamed = rename_over(from, to);
    int const cause = errno;
    file = open_file(is_renamed ? to : from, opening::write_or_new);
    if (file >= 0 && !lock_file(file)) {
        int const why = errno;
        close_file(file);
        file = -1, errno = why;
        return false;
    }
    if (!is_renamed)
        errno = cause;
    return is_renamed && file >= 0;
}
TRINE_INLINE bool remove_name(std::filesystem::path const& path) {
    return ::DeleteFileW(path.c_str()) || failed_as_windows_says();
}

TRINE_INLINE bool give_rights(int, file_facts const&) { return true; } // a new file has those of its folder

TRINE_INLINE char const* map_file(int file, std::size_t size) {
    HANDLE const mapping = ::CreateFileMappingW(handle_of(file), nullptr, PAGE_READONLY, 0, 0, nullptr);
    void const* const at = mapping ? ::MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, size) : nullptr;
    if (!at)
        failed_as_windows_says();
    if (mapping)
        ::CloseHandle(mapping); // the view keeps it
    return static_cast<char const*>(at);
}
TRINE_INLINE char* map_memory(std::size_t size) {
    void* const at = ::VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!at)
        failed_as_windows_says();
    return static_cast<char*>(at);
}
TRINE_INLINE void unmap_file(char const* at, std::size_t) { ::UnmapViewOfFile(at); }
TRINE_INLINE void unmap_memory(char* at, std::size_t) { ::VirtualFree(at, 0, MEM_RELEASE); }

TRINE_INLINE std::ptrdiff_t random_bytes(unsigned char* to, std::size_t size) {
    if (::RtlGenRandom(to, static_cast<ULONG>(size)))
        return static_cast<std::ptrdiff_t>(size);
    errno = EIO;
    return -1;
}

#endif

TRINE_INLINE int open_locked(std::filesystem::path const& path) {
    // Whoever held it before may have put another in its place, or removed it, between opening and locking here.
    for (int attempt = 0; attempt < 100; ++attempt) {
        int const file = open_file(path, opening::write_or_new);
        if (file < 0)
            return -1;
        int const cause = lock_file(file) ? 0 : errno;
        file_facts own, there;
        if (cause == 0 && find_facts(file, own) && find_facts(path, there) && own.device == there.device &&
            own.number == there.number)
            return file;
        close_file(file);
        if (cause != 0) {
            errno = cause;
            return -1;
        }
    }
    errno = EWOULDBLOCK;
    return -1;
}

} // namespace trine::io::detail
