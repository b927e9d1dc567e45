#pragma once

#include <cstddef>
#include <functional>

#include "../core/communicator.hpp"
#include "../core/config.hpp"

namespace trine::distributed {

/// Does a piece of work on so many ranks that are threads of this process: for tests, and for a debugger. Each rank has
/// its own communicator, and thread count as who calls has it.
///
/// A rank that throws ends the others as soon as they want something of it. What the first one threw is thrown again
/// here, after all have ended.
///
/// @throws argument_error  for no rank
void run_on_threads(std::size_t ranks, std::function<void(communicator&)> const& work);

} // namespace trine::distributed

#ifdef TRINE_HEADER_ONLY
#include "thread_ranks_impl.hpp"
#endif
