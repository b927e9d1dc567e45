#pragma once

// From a file of C++ to a shared object, by the compiler that built the grader.

#include <filesystem>
#include <string>

#include "child.hpp"

namespace grading {

enum class purpose {
    checks,  ///< with assertions and line numbers
    speed,   ///< as fast as it goes
    grading, ///< further checks
};

struct compiled {
    bool ok = false;
    std::string complaint; ///< what the compiler says, or why it did not get that far
};

/// Compiles a file; never throws because of what is in it.
compiled compile(std::filesystem::path const& source, std::filesystem::path const& module, purpose why,
                 limits const& most);

/// The innermost of some places of a module that lies in a file: "line 31", or nothing where that is not known.
std::string line_of(std::filesystem::path const& module, std::vector<std::size_t> const& places,
                    std::filesystem::path const& source);

/// A folder of its own that goes with everything in it.
class temporary_folder {
public:
    /// @throws trine::io_error  when it cannot be made
    temporary_folder();
    ~temporary_folder();
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    std::filesystem::path const& path() const { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace grading
