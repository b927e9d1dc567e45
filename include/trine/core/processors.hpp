#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "config.hpp"

namespace trine {

/// What this process has of the machine's processors.
struct processor_limits {
    /// Processors of the machine.
    std::size_t present = 1;
    /// Those that it may run on (affinity: `taskset`, a batch system, `OMP_PLACES`).
    std::size_t allowed = 1;
    /// As many as its control groups give it the time of (containers: `--cpus 2`), where they limit it.
    std::optional<double> quota;

    /// Processors that it can keep busy: at least 1, a part of one not counted.
    std::size_t usable() const;
};

/// Asks the system for the limits of this process: affinity, and quotas of control groups, versions 1 and 2.
///
/// @param root  where /proc and /sys are; the limits of control groups are not known without them
processor_limits find_processor_limits(std::string const& root = "");

/// How many threads loops use, and why where they are not as many as there are processors: "2 threads", "2 threads (of
/// 64 processors: a control group gives this process the time of 2)".
std::string describe_threads();

} // namespace trine

#ifdef TRINE_HEADER_ONLY
#include "processors_impl.hpp"
#endif
