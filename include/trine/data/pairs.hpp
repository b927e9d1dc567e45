#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../core/error.hpp"

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
inline std::vector<photo_pair> read_pairs(std::filesystem::path const& path) {
    std::ifstream file(path);
    require<io_error>(file.good(), path.string(), ": cannot be opened");
    std::string line;
    std::getline(file, line);
    std::size_t folds = 0, each = 0;
    require<format_error>(static_cast<bool>(std::istringstream(line) >> folds >> each) && folds > 0 && each > 0,
                          path.string(), ": its first line is not a number of folds and of pairs");
    auto const photo = [](std::string const& name, std::size_t number) {
        char digits[32];
        std::snprintf(digits, sizeof digits, "_%04zu.jpg", number);
        return name + "/" + name + digits;
    };
    std::vector<photo_pair> pairs;
    for (std::size_t fold = 0; fold < folds; ++fold)
        for (std::size_t i = 0; i < 2 * each; ++i) {
            bool const same = i < each, there = static_cast<bool>(std::getline(file, line));
            std::istringstream fields(line);
            std::string a, b;
            std::size_t x = 0, y = 0;
            bool const good = there && (same ? static_cast<bool>(fields >> a >> x >> y)
                                             : static_cast<bool>(fields >> a >> x >> b >> y));
            require<format_error>(good, path.string(), ": line ", pairs.size() + 2, " is not a pair of photos of ",
                                  same ? "one person" : "two people");
            pairs.push_back({photo(a, x), photo(same ? a : b, y), same, fold});
        }
    return pairs;
}

} // namespace trine::data
