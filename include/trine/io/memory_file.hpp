#pragma once

#include <string>
#include <string_view>

#include "../core/config.hpp"

namespace trine::io {

/// A file with a name that lies in memory, for libraries that read and write files alone; its owner's alone, and gone
/// with this object. On Linux no disk sees it; elsewhere it is a temporary file.
class memory_file {
public:
    /// @throws io_error  when the system has no memory for another file
    memory_file();
    ~memory_file();
    memory_file(memory_file const&) = delete;
    memory_file& operator=(memory_file const&) = delete;

    /// Under which it can be opened, while this object lives.
    std::string const& path() const { return path_; }
    /// Writes all bytes, from where it stands.
    ///
    /// @throws io_error  when it does not take them
    void write(std::string_view bytes, std::string const& where) const;

private:
    std::string path_;
    int file_ = -1;
};

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "memory_file_impl.hpp"
#endif
