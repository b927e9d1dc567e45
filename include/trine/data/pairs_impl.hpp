#pragma once

#include <cstdio>
#include <sstream>

#include "../core/error.hpp"
#include "../io/file.hpp"
#include "pairs.hpp"

namespace trine::data {

TRINE_INLINE std::vector<photo_pair> read_pairs(std::filesystem::path const& path) {
    std::istringstream file(io::read_file(path));
    std::string line;
    std::getline(file, line);
    std::size_t folds = 0, each = 0;
    // A minus is read as a very large number.
    auto const is_count = [](std::size_t n) { return n > 0 && n <= 1'000'000'000; };
    require<format_error>(static_cast<bool>(std::istringstream(line) >> folds >> each) && is_count(folds) &&
                              is_count(each),
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
            require<format_error>(good && is_count(x) && is_count(y), path.string(), ": line ", pairs.size() + 2,
                                  " is not a pair of photos of ", same ? "one person" : "two people");
            pairs.push_back({photo(a, x), photo(same ? a : b, y), same, fold});
        }
    return pairs;
}

} // namespace trine::data
