#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "../core/config.hpp"

namespace trine::data {

/// Two photos, and whether they show one person.
struct photo_pair {
    std::string first, second; ///< files, below the set's folder
    bool same = false;
    std::size_t fold = 0;
};

/// Reads pairs in the format of Labeled Faces in the Wild: a line "folds pairs", then for each fold so many lines "name
/// i j" (one person) and as many "name i name j" (two), separated by tabs. Photo i of a name is name/name_000i.jpg.
///
/// @throws io_error      when the file cannot be read
/// @throws format_error  when a line is something else, or there are fewer than the first line says
/// @see G. Huang, M. Ramesh, T. Berg, E. Learned-Miller, "Labeled Faces in the Wild", 2007
std::vector<photo_pair> read_pairs(std::filesystem::path const& path);

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "pairs_impl.hpp"
#endif
