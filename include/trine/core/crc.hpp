#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace trine {

namespace detail {

template <std::uint32_t Polynomial>
inline constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = value & 1 ? value >> 1 ^ Polynomial : value >> 1;
        table[i] = value;
    }
    return table;
}();

template <std::uint32_t Polynomial>
constexpr std::uint32_t crc(std::string_view bytes) {
    std::uint32_t sum = 0xFFFFFFFFu;
    for (char c : bytes)
        sum = sum >> 8 ^ crc_table<Polynomial>[(sum ^ static_cast<unsigned char>(c)) & 0xFF];
    return ~sum;
}

} // namespace detail

/// The cyclic redundancy check of zip files (polynomial 0x04C11DB7, bits reversed).
constexpr std::uint32_t crc32(std::string_view bytes) { return detail::crc<0xEDB88320u>(bytes); }

/// Castagnoli's (0x1EDC6F41, bits reversed), which TFRecord files have.
///
/// @see G. Castagnoli, S. Bräuer, M. Herrmann, "Optimization of Cyclic Redundancy-Check Codes with 24 and 32 Parity
/// Bits", IEEE Transactions on Communications, 1993
constexpr std::uint32_t crc32c(std::string_view bytes) { return detail::crc<0x82F63B78u>(bytes); }

} // namespace trine
