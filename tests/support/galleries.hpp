#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <trine/io/file.hpp>
#include <trine/neighbors/gallery.hpp>

#include "catch.hpp"
#include "random_values.hpp"

/// What the tests' galleries are of.
inline trine::neighbors::gallery_identity const of_tests{"a network", "euclidean", 6};

inline std::vector<float> point(std::uint64_t seed) { return random_values<float>(6, seed); }

/// What a gallery holds, in words: every photo with its person, source and point, whatever its place.
template <class Storage>
std::multiset<std::string> contents(trine::neighbors::gallery<Storage> const& g) {
    std::multiset<std::string> all;
    for (std::size_t place = 0; place < g.places(); ++place)
        if (!g.is_removed(place)) {
            std::string line = g.name(place) + " " + g.source(place);
            for (float v : g.point(place))
                line += " " + std::to_string(v);
            all.insert(line);
        }
    REQUIRE(all.size() == g.size());
    return all;
}

inline std::string bytes_of(std::filesystem::path const& path) { return trine::io::read_file(path); }
inline void put(std::filesystem::path const& path, std::string const& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}
