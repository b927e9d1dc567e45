#pragma once

// What the targets share. A reader returns, or throws trine::error: anything else (another exception, a sanitizer's
// complaint, too much time or memory) ends the program, and libFuzzer keeps the input.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include <trine/core/error.hpp>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace fuzz {

inline std::string_view text(std::uint8_t const* data, std::size_t size) {
    return {reinterpret_cast<char const*>(data), size};
}

/// Reads what may be refused. Says whether it was taken.
template <class Read>
bool accepts(Read&& read) {
    try {
        read();
        return true;
    } catch (trine::error const&) {
        return false;
    }
}

/// Ends the program where something does not hold that has to.
inline void hold(bool condition) {
    if (!condition)
        std::abort();
}

/// A folder of this process alone, in memory where the system has one there.
class scratch_folder {
public:
    scratch_folder() {
        auto const shared = std::filesystem::path("/dev/shm");
        auto name = ((::access(shared.c_str(), W_OK) == 0 ? shared : std::filesystem::temp_directory_path()) /
                     "trine-fuzz-XXXXXX")
                        .string();
        hold(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_folder(scratch_folder const&) = delete;
    scratch_folder& operator=(scratch_folder const&) = delete;

    std::filesystem::path operator/(std::string const& name) const { return path_ / name; }
    std::filesystem::path const& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline scratch_folder const& folder() {
    static scratch_folder const one;
    return one;
}

/// Writes a file of the folder; not as the library does, which flushes it to the disk.
inline std::filesystem::path put(std::string const& name, std::string_view bytes) {
    auto const path = folder() / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

} // namespace fuzz
