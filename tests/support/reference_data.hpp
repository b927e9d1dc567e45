#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "catch.hpp"

/// A file or folder below the one that the environment variable TRINE_TEST_DATA names; nothing, with a word in the
/// report, where it is not there.
inline std::optional<std::filesystem::path> reference_data(char const* name) {
    if (char const* folder = std::getenv("TRINE_TEST_DATA"))
        if (auto const path = std::filesystem::path(folder) / name; std::filesystem::exists(path))
            return path;
    WARN("not checked: " << name << " is not there (set TRINE_TEST_DATA to the folder that holds it)");
    return {};
}
