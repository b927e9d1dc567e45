#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <omp.h>

#include "parallel.hpp"
#include "processors.hpp"

namespace trine {
namespace detail {

// A file of the system, whose size is not known before; empty where there is none.
TRINE_INLINE std::string system_text(std::string const& path) {
    std::string text;
    if (std::FILE* const file = std::fopen(path.c_str(), "re")) {
        char some[4096];
        for (std::size_t n; (n = std::fread(some, 1, sizeof some, file)) > 0;)
            text.append(some, n);
        std::fclose(file);
    }
    return text;
}

// Processors that a control group gives the time of, or nothing where it sets no limit.
TRINE_INLINE std::optional<double> quota_of_group(std::string const& folder) {
    double time = 0, period = 0;
    if (std::string const both = system_text(folder + "/cpu.max"); !both.empty()) // version 2
        std::sscanf(both.c_str(), "%lf %lf", &time, &period); // "200000 100000"; "max 100000": no limit
    else {                                                    // version 1: −1 means no limit
        time = std::atof(system_text(folder + "/cpu.cfs_quota_us").c_str());
        period = std::atof(system_text(folder + "/cpu.cfs_period_us").c_str());
    }
    return time > 0 && period > 0 ? std::optional(time / period) : std::nullopt;
}

// The least that a group or one of those around it gives. `path` is "/" or begins with it.
TRINE_INLINE void limit_by_groups(std::string const& mount, std::string path, std::optional<double>& least) {
    for (;;) {
        if (auto const quota = quota_of_group(mount + path))
            least = std::min(*quota, least.value_or(*quota));
        if (path.size() <= 1)
            return;
        auto const above = path.rfind('/');
        path.resize(std::max<std::size_t>(above == std::string::npos ? 0 : above, 1));
    }
}

} // namespace detail

TRINE_INLINE std::size_t processor_limits::usable() const {
    double const most = static_cast<double>(std::min(present, allowed));
    return static_cast<std::size_t>(std::max(1.0, std::min(most, quota.value_or(most))));
}

TRINE_INLINE processor_limits find_processor_limits(std::string const& root) {
    processor_limits out;
    out.allowed = static_cast<std::size_t>(std::max(omp_get_num_procs(), 1));
    out.present = std::max<std::size_t>(std::thread::hardware_concurrency(), out.allowed);
    // Lines such as "0::/user.slice" (version 2) and "4:cpu,cpuacct:/docker/1f" (version 1). In a container, the path
    // may be one of the host's: then the mounted folder itself is the container's group.
    std::string const groups = detail::system_text(root + "/proc/self/cgroup");
    for (std::size_t at = 0; at < groups.size();) {
        std::string const line = groups.substr(at, groups.find('\n', at) - at);
        at += line.size() + 1;
        auto const first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos || line.size() == second + 1)
            continue;
        std::string const controllers = "," + line.substr(first + 1, second - first - 1) + ",",
                          path = line.substr(second + 1);
        if (controllers == ",,") {
            detail::limit_by_groups(root + "/sys/fs/cgroup", path, out.quota);
            detail::limit_by_groups(root + "/sys/fs/cgroup/unified", path, out.quota);
        } else if (controllers.find(",cpu,") != std::string::npos) {
            detail::limit_by_groups(root + "/sys/fs/cgroup/cpu", path, out.quota);
        }
    }
    // Affinity may hide the others: "0-3,8" names all that there are.
    std::string const online = detail::system_text(root + "/sys/devices/system/cpu/online");
    std::size_t count = 0;
    for (char const* at = online.c_str(); *at != 0;) {
        unsigned from = 0, to = 0;
        int read = 0;
        if (std::sscanf(at, "%u-%u%n", &from, &to, &read) < 2)
            to = from;
        if (read == 0 && std::sscanf(at, "%u%n", &from, &read) == 1)
            to = from;
        if (read == 0)
            break;
        count += to - from + 1;
        at += read;
        if (*at != ',')
            break;
        ++at;
    }
    out.present = std::max(out.present, count);
    return out;
}

TRINE_INLINE std::string describe_threads() {
    auto const limits = find_processor_limits();
    std::size_t const threads = thread_count();
    std::string text = std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    if (threads >= limits.present)
        return text;
    text += " (of " + std::to_string(limits.present) + " processors: ";
    if (threads != limits.usable())
        return text + "as many as were asked for)";
    if (limits.quota && *limits.quota < static_cast<double>(limits.allowed)) {
        std::string time = std::to_string(*limits.quota);
        time.resize(time.find('.') + 2);
        return text + "a control group gives this process the time of " + time + ")";
    }
    return text + "this process may run on no others)";
}

} // namespace trine
