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
#include "pixel_limit.hpp"

namespace trine::data {

/// Whether "photo2" comes before "photo10": digits compare by value, all else by bytes.
bool natural_less(std::string const& a, std::string const& b);

/// What a loader left out, and why.
struct load_report {
    std::vector<std::string> skipped; ///< a message for each file or folder that could not be used, with its name
    std::size_t ignored = 0;          ///< files that are no photos by their names
};

/// Whether nobody means what is called so: its name begins with a dot, or is one that archives and file managers leave
/// behind (`__MACOSX`, `Thumbs.db`, `desktop.ini`, `@eaDir`, `lost+found`, `$RECYCLE.BIN`, `System Volume
/// Information`).
bool is_hidden_name(std::string const& name);

/// Names in a folder, in natural order.
struct folder_listing {
    std::vector<std::string> folders;
    std::vector<std::string> photos; ///< files that are photos by their names
};

/// What is in a folder. Every program and `load_folder` see folders so: what has a hidden name is passed over; a link
/// is what it leads to, a file or a folder; what cannot be looked at (a link to itself or to nothing), is a pipe or a
/// device, or a photo of a kind that is not read (HEIC, AVIF, …) is named in the report and left out.
///
/// @throws io_error  when the folder itself cannot be read
folder_listing list_folder(std::filesystem::path const& folder, load_report& report);

/// Photos in a folder and all its sub-folders, in natural order of their paths, as `list_folder` sees each of them. A
/// folder that several links lead to is entered once, by its own name rather than a link's. One that cannot be read is
/// named in the report and left out.
///
/// @param but_not  a folder, there or not, that is not entered
/// @throws io_error  when there is no such folder, or it cannot be read
std::vector<std::filesystem::path> photos_below(std::filesystem::path const& folder, load_report& report,
                                                std::filesystem::path const& but_not = {});

struct load_options {
    fit how = fit::stretch;
    bool strict = false; ///< whether a photo, or what else is named in the report, is an error when it cannot be read
    std::function<image(image const&)>
        prepare{}; ///< done to every photo before it is brought to size, such as `faces::face_aligner`; may throw a
                   ///< `trine::error` for one without a face
    std::size_t most_pixels = most_pixels_by_default; ///< of a photo; one of more is not read
};

/// Reads a photo, prepares it, and brings it to size.
///
/// @throws io_error, format_error  when it cannot be read
/// @throws data_error              when it has too many pixels, there is no memory for it, or it cannot be prepared,
/// with the file's name
image fitted_photo(std::filesystem::path const& path, std::size_t channels, std::size_t height, std::size_t width,
                   load_options const& options);

/// Reads a folder with one sub-folder of photos for each person, in natural order of the names, as `list_folder` sees
/// them. Files beside the people's folders, and folders in these, are not looked at.
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
