#pragma once

// A gallery's file and its log as one input: four bytes say how long the file is, then both.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <trine/core/hash.hpp>

namespace fuzz {

inline std::string gallery_input(std::string_view file, std::string_view log) {
    auto const size = static_cast<std::uint32_t>(file.size());
    std::string input(reinterpret_cast<char const*>(&size), sizeof size);
    return input.append(file).append(log);
}

inline std::pair<std::string_view, std::string_view> gallery_parts(std::string_view input) {
    std::uint32_t size = 0;
    if (input.size() < sizeof size)
        return {};
    std::memcpy(&size, input.data(), sizeof size);
    input.remove_prefix(sizeof size);
    auto const file = input.substr(0, size);
    return {file, input.substr(file.size())};
}

/// Gives a log the checksums and places that fit what it says now: chance would never find them, and what an entry says
/// would never be looked at.
inline void mend_log(char* log, std::size_t size) {
    constexpr std::size_t header = 80, entry = 40;
    auto const put = [](char* to, std::uint64_t value) { std::memcpy(to, &value, sizeof value); };
    if (size < header)
        return;
    std::memcpy(log, "TRINLOG2", 8);
    put(log + header - 8, trine::checksum({log, header - 8}));
    for (std::size_t at = header; size - at >= entry;) {
        char* const e = log + at;
        std::memcpy(e, "TRNENTRY", 8);
        put(e + 8, at);
        std::uint64_t length = 0;
        std::memcpy(&length, e + 24, sizeof length);
        length = std::min<std::uint64_t>(length, size - at - entry);
        put(e + 24, length);
        put(e + 32, trine::checksum({e + entry, length}, trine::checksum({e, entry - 8})));
        at += entry + length;
    }
}

} // namespace fuzz
