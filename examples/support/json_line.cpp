#include "json_line.hpp"

#include <cstdio>
#include <string_view>

#include <trine/core/utf8.hpp>

namespace program {

namespace {

void write_text(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        std::size_t good = 0;
        while (good < text.size()) {
            std::size_t const size = trine::utf8_length(text.substr(good));
            if (size == 0)
                break;
            good += size;
        }
        if (good > 0) {
            auto const quoted = nlohmann::json(text.substr(0, good)).dump();
            out.append(quoted, 1, quoted.size() - 2);
            text.remove_prefix(good);
            continue;
        }
        char code[8];
        std::snprintf(code, sizeof code, "\\udc%02x", static_cast<unsigned char>(text.front()));
        out += code;
        text.remove_prefix(1);
    }
    out += '"';
}

void write(std::string& out, nlohmann::json const& value) {
    if (value.is_string())
        write_text(out, value.get_ref<std::string const&>());
    else if (value.is_object()) {
        char before = '{';
        for (auto const& [key, member] : value.items()) {
            out += before, before = ',';
            write_text(out, key);
            out += ':';
            write(out, member);
        }
        out += value.empty() ? "{}" : "}";
    } else if (value.is_array()) {
        char before = '[';
        for (auto const& element : value) {
            out += before, before = ',';
            write(out, element);
        }
        out += value.empty() ? "[]" : "]";
    } else
        out += value.dump();
}

} // namespace

std::string json_text(nlohmann::json const& value) {
    std::string out;
    write(out, value);
    return out;
}

void print_json(nlohmann::json const& line) { std::printf("%s\n", json_text(line).c_str()); }

} // namespace program
