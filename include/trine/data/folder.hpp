#pragma once

/// Photos in files: one brought to a network's size, and a folder with a sub-folder for each person.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "dataset.hpp"
#include "image.hpp"

namespace trine::data {

/// Whether "photo2" comes before "photo10": digits compare by value, all else by bytes.
bool natural_less(std::string const& a, std::string const& b);

/// What a loader left out, and why.
struct load_report {
    std::vector<std::string> skipped; ///< a message for each file that could not be used
    std::size_t ignored = 0;          ///< files that are no photos by their names
};

struct load_options {
    fit how = fit::stretch;
    bool strict = false; ///< whether a photo that cannot be read is an error
    std::function<image(image const&)>
        prepare{}; ///< done to every photo before it is brought to size, such as `faces::face_aligner`; may throw a
                   ///< `trine::error` for one without a face
};

/// Reads a photo, prepares it, and brings it to size.
///
/// @throws io_error, format_error  when it cannot be read
/// @throws data_error              when it cannot be prepared, with the file's name
image fitted_photo(std::filesystem::path const& path, std::size_t channels, std::size_t height, std::size_t width,
                   load_options const& options);

/// Reads a folder with one sub-folder of photos for each person, in natural order of the names.
///
/// @throws io_error    when the folder cannot be read
/// @throws data_error  when there are no people or no photos in it
/// @throws error       with `strict`, for the first photo that cannot be read
dataset load_folder(std::filesystem::path const& folder, std::size_t channels, std::size_t height, std::size_t width,
                    load_options const& options = {}, load_report* report = nullptr);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "folder_impl.hpp"
#endif
