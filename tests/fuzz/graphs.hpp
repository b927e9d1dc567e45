#pragma once

// Small graphs of hnswlib in files.

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include <trine/distances/euclidean.hpp>
#include <trine/io/safetensors.hpp>
#include <trine/neighbors/hnsw.hpp>

namespace fuzz {

inline constexpr std::size_t graph_dimensions = 3;
using graph_index = trine::neighbors::hnsw_with<2, 10, 10>::index<trine::distances::squared_euclidean>;

/// The file in which a graph of so many bytes would lie.
inline trine::io::safetensors graph_file(std::string_view graph) {
    trine::io::safetensors file;
    file.metadata = {{"format", "trine hnsw 1"},
                     {"distance", trine::identity_of(trine::distances::squared_euclidean{}).text()},
                     {"dimensions", std::to_string(graph_dimensions)},
                     {"M", "2"},
                     {"points", "0"},
                     {"checksum", std::to_string(trine::io::checksum(graph))}};
    file.add<std::uint8_t>("graph", {graph.size()},
                           {reinterpret_cast<std::uint8_t const*>(graph.data()), graph.size()});
    return file;
}

} // namespace fuzz
