// Pairs of photos, as Labeled Faces in the Wild lists them.

#include <trine/data/pairs.hpp>

#include "reading.hpp"

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const path = fuzz::put("pairs.txt", fuzz::text(data, size));
    fuzz::accepts([&] {
        auto const pairs = trine::data::read_pairs(path);
        fuzz::hold(!pairs.empty() && pairs.size() % 2 == 0 && pairs.back().fold < pairs.size());
    });
    return 0;
}
