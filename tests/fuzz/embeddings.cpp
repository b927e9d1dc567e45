// Embeddings as CSV: what is taken can be written, and read again as the same.

#include <trine/io/embeddings.hpp>

#include "reading.hpp"

using namespace trine;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::accepts([&] {
        auto const all = io::parse_embeddings_csv(fuzz::text(data, size), "input");
        fuzz::hold(all.values.size() == all.labels.size() * all.dimensions);
        auto const again = io::parse_embeddings_csv(io::embeddings_csv(all.view(), all.labels), "again");
        fuzz::hold(again.labels == all.labels && again.values == all.values && again.dimensions == all.dimensions);
    });
    return 0;
}
