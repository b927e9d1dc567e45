#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "../core/error.hpp"

namespace trine::io {

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

/// Writes a file so that a crash leaves the old one or the new one: to a temporary name beside it, flushed to the disk, then renamed.
///
/// @throws io_error  when it cannot be written; the old file is then untouched and the temporary one gone
inline void write_file(std::filesystem::path const& path, std::string_view bytes) {
    std::string const temporary = path.string() + ".tmp" + std::to_string(::getpid());
    auto const give_up = [&](char const* what) {
        int const cause = errno;
        ::unlink(temporary.c_str());
        fail<io_error>(path.string(), ": cannot be ", what, ": ", std::strerror(cause));
    };
    int const file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        give_up("created");
    while (!bytes.empty()) {
        ssize_t const written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            int const cause = errno;
            ::close(file);
            errno = cause;
            give_up("written");
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file) != 0) {
        int const cause = errno;
        ::close(file);
        errno = cause;
        give_up("flushed");
    }
    if (::close(file) != 0)
        give_up("closed");
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        give_up("put in place");
    // The new name itself has to reach the disk too.
    auto const folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    if (int const directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
        ::fsync(directory);
        ::close(directory);
    }
}

} // namespace trine::io
