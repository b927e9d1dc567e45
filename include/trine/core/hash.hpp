#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace trine {

/// A number that tells bytes from damaged ones: a multiplication and a turn for every eight, four at a time so that
/// none waits for another. Not against forgery. `sum` is that of the bytes before.
inline std::uint64_t checksum(std::string_view bytes, std::uint64_t sum = 0xcbf29ce484222325u) {
    auto const step = [](std::uint64_t& lane, std::uint64_t word) {
        lane = std::rotl((lane ^ word) * 0x9e3779b97f4a7c15u, 29);
    };
    auto const word_at = [&](std::size_t at) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + at, 8);
        return word;
    };
    std::size_t at = 0;
    if (bytes.size() >= 32) {
        std::uint64_t lanes[4]{sum, sum + 1, sum + 2, sum + 3};
        for (; at + 32 <= bytes.size(); at += 32)
            for (std::size_t i = 0; i < 4; ++i)
                step(lanes[i], word_at(at + 8 * i));
        for (std::uint64_t lane : lanes)
            step(sum, lane);
    }
    for (; at + 8 <= bytes.size(); at += 8)
        step(sum, word_at(at));
    std::uint64_t last = bytes.size();
    for (; at < bytes.size(); ++at)
        last = last << 8 | static_cast<unsigned char>(bytes[at]);
    step(sum, last);
    return sum;
}

} // namespace trine
