// Safetensors from anywhere: what is taken says the same again when it is written and read.

#include <trine/io/safetensors.hpp>

#include "reading.hpp"

using trine::io::safetensors;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    safetensors file;
    if (!fuzz::accepts([&] { file = safetensors::parse(std::string(fuzz::text(data, size)), "input"); }))
        return 0;
    for (auto const& [name, entry] : file.entries())
        fuzz::accepts([&, &name = name, &entry = entry] { (void)file.get<float>(name, entry.shape); });
    std::string bytes;
    if (fuzz::accepts([&] { bytes = file.serialize(); })) {
        auto const again = safetensors::parse(bytes, "what was written");
        fuzz::hold(again.metadata == file.metadata && again.entries().size() == file.entries().size());
        fuzz::hold(again.serialize() == bytes);
    }
    return 0;
}
