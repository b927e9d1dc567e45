// Names as programs show them and write them into CSV and JSON: bytes of any kind, which steer no terminal and come
// back as they were.

#include <nlohmann/json.hpp>

#include <trine/core/utf8.hpp>
#include <trine/faces/alignment.hpp>

#include "json_line.hpp"
#include "reading.hpp"
#include "text.hpp"

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const name(fuzz::text(data, size));
    auto const shown = program::printable(name);
    for (std::string_view rest = shown; !rest.empty();) {
        std::size_t const length = trine::utf8_length(rest);
        fuzz::hold(length > 0 && static_cast<unsigned char>(rest[0]) >= 0x20 && rest[0] != 0x7f);
        rest.remove_prefix(length);
    }
    fuzz::hold(program::printable(shown) == shown);

    auto const list = fuzz::put("names.csv", "file,p\n" + program::csv_field(name) + ",1,1,2,3,4,5,6,7,8,9,10\n");
    auto const read = trine::faces::read_landmarks(list);
    fuzz::hold(read.size() == 1 && read.begin()->first == name);

    auto const line = program::json_text({{"name", name}});
    fuzz::hold(line.find('\n') == line.npos);
    if (std::string_view rest = name; [&] {
            while (!rest.empty() && trine::utf8_length(rest) > 0)
                rest.remove_prefix(trine::utf8_length(rest));
            return rest.empty();
        }())
        fuzz::hold(nlohmann::json::parse(line)["name"] == name);
    return 0;
}
