#pragma once

#include <cerrno>
#include <cstring>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "../core/error.hpp"
#include "file.hpp"
#include "memory_file.hpp"

namespace trine::io {

TRINE_INLINE memory_file::memory_file() {
#ifdef __linux__
    path_.reserve(32); // so that nothing fails once there is a file
    file_ = ::memfd_create("trine", MFD_CLOEXEC);
    if (file_ < 0)
        fail<io_error>("no memory for a file: ", std::strerror(errno));
    path_.append("/proc/self/fd/").append(std::to_string(file_));
#else
    std::filesystem::path name;
    file_ = detail::open_temporary(std::filesystem::temp_directory_path() / "trine", name);
    if (file_ < 0)
        fail<io_error>("no memory for a file: ", std::strerror(errno));
    path_ = name.string();
#endif
}

TRINE_INLINE memory_file::~memory_file() {
    detail::close_file(file_);
#ifndef __linux__
    detail::remove_name(path_);
#endif
}

TRINE_INLINE void memory_file::write(std::string_view bytes, std::string const& where) const {
    write_all(file_, bytes, where);
}

} // namespace trine::io
