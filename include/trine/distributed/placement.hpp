#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../core/communicator.hpp"
#include "../core/config.hpp"

namespace trine::distributed {

/// Where one rank runs, as it says itself.
struct rank_place {
    std::string machine;                   ///< what tells it from others
    std::string name;                      ///< of the machine, for people
    std::vector<std::size_t> processors{}; ///< that it may run on; empty where the system does not say
    std::size_t usable = 1;                ///< processors that it can keep busy, see `processor_limits`
    std::size_t threads = 1;               ///< that its loops use
    std::size_t present = 1;               ///< processors of the machine
};

/// Where all ranks run. Collective.
std::vector<rank_place> find_places(communicator& ranks);

/// How many threads suit a rank: as many as it can keep busy, or its part of processors that it shares with others.
std::size_t suitable_threads(std::vector<rank_place> const& all, std::size_t rank);

/// "4 ranks on 2 machines, 2 threads each".
std::string describe_places(std::vector<rank_place> const& all);

/// A sentence for each machine whose ranks have more threads than it has processors for them, or of whose processors
/// they may not use all, because mpirun binds each rank to one unless it is told; empty where there is no such machine.
std::string warn_of_sharing(std::vector<rank_place> const& all);

} // namespace trine::distributed

#ifdef TRINE_HEADER_ONLY
#include "placement_impl.hpp"
#endif
