#pragma once

#include <cmath>
#include <cstdlib>
#include <string>

#include <CLI/CLI.hpp>

namespace program {

// A number above 0. (The parser's own check, as Debian 12 has it, answers with all 309 digits of the largest double.)
inline CLI::Validator const positive(
    [](std::string& text) {
        char* end = nullptr;
        double const value = std::strtod(text.c_str(), &end);
        return !text.empty() && *end == '\0' && value > 0 && std::isfinite(value)
                   ? std::string()
                   : "must be a number above 0, not " + text;
    },
    "POSITIVE");

} // namespace program
