#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace program {

/// JSON on one line, whatever bytes are in its texts: one that is not UTF-8 becomes \udc80 to \udcff, as in Python,
/// where os.fsencode gives the byte back. So two names that differ stay two.
std::string json_text(nlohmann::json const& value);

/// Prints that as a line.
void print_json(nlohmann::json const& line);

} // namespace program
