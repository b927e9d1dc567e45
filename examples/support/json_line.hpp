#pragma once

#include <cstdio>

#include <nlohmann/json.hpp>

namespace program {

// A line of JSON, whatever bytes are in its texts.
inline void print_json(nlohmann::json const& line) {
    std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

} // namespace program
