#pragma once

/// The files of points that lie on several ranks: one for each, and a list of them that is written last.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "../core/communicator.hpp"
#include "../core/config.hpp"

namespace trine::distributed {

/// What all ranks know of all points.
struct shard_list {
    std::string distance; ///< its identity
    std::size_t dimensions = 0, places = 0, shards = 0;
    std::vector<std::int64_t> removed{}; ///< places, in order
    std::string generation{};            ///< random digits that all files of one `save_shards` repeat
};

/// Points of one rank.
struct shard {
    std::vector<std::int64_t> places; ///< in order
    std::vector<float> points;        ///< as many times D
};

/// Writes each rank's shard beside `path`, then the list to `path`, and then removes the shards that an earlier list
/// named. Collective.
///
/// @throws io_error  on all ranks, when one cannot write; the earlier list then still holds
void save_shards(communicator& ranks, std::filesystem::path const& path, shard_list list, shard const& own);

/// Reads the list, by rank 0, and each rank's part of the shards. Collective.
///
/// @throws io_error      on all ranks, when one cannot read
/// @throws format_error  when they are damaged, of another distance or size, or do not belong together
std::pair<shard_list, shard> load_shards(communicator& ranks, std::filesystem::path const& path,
                                         std::string const& distance, std::size_t dimensions);

} // namespace trine::distributed

#ifdef TRINE_HEADER_ONLY
#include "shard_files_impl.hpp"
#endif
