#pragma once

// Where programs write: never onto what they read, never outside the folder that they were given.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

using inputs = std::vector<std::filesystem::path>;

/// Looks, before any work, whether a file can be written there later: its folder is there and can be written to, and it
/// is none of the files that are read, under whatever name, nor in a folder of them.
///
/// @throws trine::io_error        when its folder is not there or cannot be written to, or it is a folder itself
/// @throws trine::argument_error  when it is an input
void require_output_file(std::string_view option, std::filesystem::path const& file, inputs const& read);

/// Refuses a file that is one of those that the program writes anyway, under whatever name. Empty paths are none.
///
/// @throws trine::argument_error
void require_other_file(std::string_view option, std::filesystem::path const& file,
                        std::vector<std::filesystem::path> const& written);

/// `require_output_file` for a folder, which is made where there is none.
///
/// @throws as above
void require_output_folder(std::string_view option, std::filesystem::path const& folder, inputs const& read);

/// The files that a program writes into one folder.
class output_folder {
public:
    /// @param read  files and folders that are read; a folder's files are found by `reads`
    /// @throws as `require_output_folder`
    output_folder(std::string_view option, std::filesystem::path folder, inputs const& read);

    /// Names a file that is read and so must not be written onto.
    void reads(std::filesystem::path const& file);

    /// Where the file of that name goes, its folder made; another number is added to a name that was given before.
    ///
    /// @throws trine::io_error  when that is outside the folder, through links or "..", or is a file that is read
    std::filesystem::path place(std::filesystem::path const& inside);

    std::filesystem::path const& path() const { return folder_; }

private:
    std::filesystem::path folder_, canonical_;
    std::set<std::filesystem::path> given_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> read_; // device and file
};

/// A folder that is written whole or not at all: under another name beside it, then put in its place.
///
/// A folder that is there already is replaced if it is empty, or holds nothing but what the same program wrote there
/// last: so what two runs wrote is never mixed, and nobody's files are lost.
class whole_folder {
public:
    /// @throws as `require_output_folder`, and trine::argument_error when there are files of somebody else
    whole_folder(std::string_view option, std::filesystem::path folder, std::string const& program, inputs const& read);
    ~whole_folder();
    whole_folder(whole_folder const&) = delete;
    whole_folder& operator=(whole_folder const&) = delete;

    /// Copies a file there; another number is added to a name that was given before.
    ///
    /// @throws trine::io_error  when it cannot be copied
    void copy(std::filesystem::path const& file, std::filesystem::path const& inside);
    /// Puts the folder in its place.
    ///
    /// @throws trine::io_error  when it cannot be written; the folder from before is then untouched
    void commit();

private:
    std::filesystem::path folder_, temporary_, mark_;
    std::set<std::filesystem::path> given_;
};

} // namespace program
