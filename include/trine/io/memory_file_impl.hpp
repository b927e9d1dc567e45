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
    file_ = ::memfd_create("trine", MFD_CLOEXEC);
    path_ = "/proc/self/fd/" + std::to_string(file_);
#else
    std::filesystem::path name;
    file_ = detail::open_temporary(std::filesystem::temp_directory_path() / "trine", name);
    path_ = name.string();
#endif
    require<io_error>(file_ >= 0, "no memory for a file: ", std::strerror(errno));
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
