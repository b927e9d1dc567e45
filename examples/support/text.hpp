#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace program {

/// A name or message as a terminal can show it: control characters and bytes that are not UTF-8 as \n, \t or \x1b, so
/// that a file's name can neither end a line nor steer the terminal.
std::string printable(std::string_view text);

/// A field of a CSV file (RFC 4180): in quotes where it holds a comma, a quote or a line's end.
std::string csv_field(std::string_view text);

} // namespace program
