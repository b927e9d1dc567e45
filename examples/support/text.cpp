#include "text.hpp"

#include <cstdio>

namespace {

// How many bytes from here on are one character of UTF-8 that may be shown; 0 where they are none.
std::size_t shown_bytes(std::string_view text) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned const first = byte(0);
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    std::size_t const size = first >= 0xf0 && first < 0xf5   ? 4
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xc2                 ? 2
                                                             : 0;
    if (size == 0 || first >= 0xf5 || text.size() < size)
        return 0;
    unsigned code = first & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (byte(i) & 0x3fu);
    }
    bool const overlong = (size == 3 && code < 0x800) || (size == 4 && (code < 0x10000 || code > 0x10ffff));
    bool const surrogate = code >= 0xd800 && code < 0xe000, control = code < 0xa0;
    // Line and paragraph ends, and what turns the direction of writing round.
    bool const steers = (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return overlong || surrogate || control || steers ? 0 : size;
}

} // namespace

std::string program::printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (std::size_t const size = shown_bytes(text)) {
            out += text.substr(0, size);
            text.remove_prefix(size);
            continue;
        }
        switch (char const c = text.front()) {
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default: {
            char code[8];
            std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
            out += code;
        }
        }
        text.remove_prefix(1);
    }
    return out;
}

std::string program::csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos)
        return std::string(text);
    std::string out = "\"";
    for (char c : text)
        out.append(c == '"' ? 2 : 1, c);
    return out + '"';
}
