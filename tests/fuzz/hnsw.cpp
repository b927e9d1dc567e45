// Graphs from files. hnswlib believes what it reads, so what is taken has to be walked, added to and saved without
// harm. The first byte says whether the rest is a whole file, or a graph that is put into one with the right checksum.

#include <trine/distances/euclidean.hpp>
#include <trine/io/safetensors.hpp>
#include <trine/neighbors/hnsw.hpp>

#include "graphs.hpp"
#include "reading.hpp"

using namespace trine;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0)
        return 0;
    auto const bytes = fuzz::text(data + 1, size - 1);
    auto const path = fuzz::folder() / "graph";
    fuzz::put("graph", data[0] == 'f' ? std::string(bytes) : fuzz::graph_file(bytes).serialize());
    // Once: an index has megabytes of locks, and one that refuses a file stays as it was.
    static fuzz::graph_index index(fuzz::graph_dimensions), again(fuzz::graph_dimensions);
    if (!fuzz::accepts([&] { index.load(path); }))
        return 0;
    std::vector<float> const points{0, 0, 0, 1, 2, 3, -1, 5, 100};
    matrix_view<float const> const queries(points.data(), 3, 3);
    std::size_t const there = index.size() - index.removed();
    auto const search = [&] {
        if (std::size_t const k = std::min<std::size_t>(index.size() - index.removed(), 4); k > 0)
            for (auto const& found = index.search(queries, k); auto const& n : found[0])
                fuzz::hold(n.index < index.size());
    };
    search();
    index.add(queries);
    fuzz::hold(index.size() - index.removed() == there + 3);
    fuzz::accepts([&] { index.remove(0); });
    search();
    index.save(path);
    again.load(path);
    fuzz::hold(again.size() == index.size() && again.removed() == index.removed());
    return 0;
}
