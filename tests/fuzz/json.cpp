// JSON from anywhere: what is taken can be written, and read again as the same.

#include <trine/io/json.hpp>

#include "reading.hpp"

using trine::io::json;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    json value;
    if (fuzz::accepts([&] { value = json::parse(fuzz::text(data, size)); })) {
        auto const written = value.dump();
        fuzz::hold(json::parse(written) == value && json::parse(written).dump() == written);
    }
    return 0;
}
