#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace program {

// A number above 0. (The parser's own check, as Debian 12 has it, answers with all 309 digits of the largest double.)
inline CLI::Validator const positive(
    [](std::string& text) {
        double value = 0;
        return CLI::detail::lexical_cast(text, value) && value > 0 ? std::string() : "must be a number above 0, not " + text;
    },
    "POSITIVE");

} // namespace program
