#include "text.hpp"

#include <cstdio>

#include <trine/core/utf8.hpp>

namespace {

// How many bytes from here on are one character that may be shown; 0 where they are none.
std::size_t shown_bytes(std::string_view text) {
    std::size_t const size = trine::utf8_length(text);
    if (size == 1)
        return text[0] >= 0x20 && text[0] != 0x7f ? 1 : 0;
    auto const is = [&](char const* first, char const* last) {
        auto const character = text.substr(0, size);
        return character >= first && character <= last;
    };
    // More control characters; ends of lines and paragraphs; and what turns the direction of writing round.
    return (size == 2 && is("\xc2\x80", "\xc2\x9f")) ||
                   (size == 3 && (is("\xe2\x80\xa8", "\xe2\x80\xae") || is("\xe2\x81\xa6", "\xe2\x81\xa9")))
               ? 0
               : size;
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
