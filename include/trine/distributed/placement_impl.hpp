#pragma once

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#ifdef _WIN32
#include <cstdlib>
#else
#include <unistd.h>
#endif
#ifdef __linux__
#include <sched.h>
#endif

#include "../core/parallel.hpp"
#include "../core/processors.hpp"
#include "placement.hpp"

namespace trine::distributed {

namespace detail {

inline rank_place own_place() {
#ifdef _WIN32
    char const* const computer = std::getenv("COMPUTERNAME");
    std::string const name = computer ? computer : "";
#else
    char name[256] = "";
    ::gethostname(name, sizeof name - 1);
#endif
    rank_place own{.machine = name,
                   .name = name,
                   .usable = find_processor_limits().usable(),
                   .threads = thread_count(),
                   .present = find_processor_limits().present};
    // Containers of one machine may have names of their own, and machines in other rooms the same.
    std::string boot;
    if (std::ifstream("/proc/sys/kernel/random/boot_id") >> boot)
        own.machine = boot;
#ifdef __linux__
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0)
        for (std::size_t i = 0; i < CPU_SETSIZE; ++i)
            if (CPU_ISSET(i, &set))
                own.processors.push_back(i);
#endif
    return own;
}

inline std::map<std::string, std::vector<std::size_t>> ranks_of_machines(std::vector<rank_place> const& all) {
    std::map<std::string, std::vector<std::size_t>> machines;
    for (std::size_t r = 0; r < all.size(); ++r)
        machines[all[r].machine].push_back(r);
    return machines;
}

// Processors that some ranks can keep busy together: those that any of them may run on, and no more than where a
// control group limits their time, which they are taken to share.
inline std::size_t processors_of(std::vector<rank_place> const& all, std::vector<std::size_t> const& ranks) {
    std::set<std::size_t> any;
    std::size_t usable = 0;
    bool limited = false;
    for (std::size_t r : ranks) {
        any.insert(all[r].processors.begin(), all[r].processors.end());
        usable = std::max(usable, all[r].usable);
        limited = limited || all[r].processors.empty() || all[r].usable < all[r].processors.size();
    }
    return limited ? usable : any.size();
}

} // namespace detail

TRINE_INLINE std::vector<rank_place> find_places(communicator& ranks) {
    auto const own = detail::own_place();
    std::ostringstream text;
    text << own.machine << '\n' << own.name << '\n' << own.usable << ' ' << own.threads << ' ' << own.present;
    for (std::size_t p : own.processors)
        text << ' ' << p;
    std::vector<rank_place> all;
    for (auto const& said : gather(ranks, text.str())) {
        std::istringstream in(said);
        auto& place = all.emplace_back();
        std::getline(in, place.machine), std::getline(in, place.name);
        in >> place.usable >> place.threads >> place.present;
        for (std::size_t p = 0; in >> p;)
            place.processors.push_back(p);
    }
    return all;
}

TRINE_INLINE std::size_t suitable_threads(std::vector<rank_place> const& all, std::size_t rank) {
    auto const here = detail::ranks_of_machines(all).at(all[rank].machine);
    auto const& own = all[rank].processors;
    bool const alone = std::all_of(here.begin(), here.end(), [&](std::size_t r) {
        auto const& other = all[r].processors;
        return r == rank || (!own.empty() && !other.empty() &&
                             std::find_first_of(own.begin(), own.end(), other.begin(), other.end()) == own.end());
    });
    std::size_t const part = std::max<std::size_t>(1, detail::processors_of(all, here) / here.size());
    return alone ? all[rank].usable : std::min(part, all[rank].usable);
}

TRINE_INLINE std::string describe_places(std::vector<rank_place> const& all) {
    std::set<std::size_t> threads;
    for (auto const& place : all)
        threads.insert(place.threads);
    auto const count = [](std::size_t n, char const* what) {
        return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
    };
    return count(all.size(), "rank") + " on " + count(detail::ranks_of_machines(all).size(), "machine") + ", " +
           (threads.size() == 1
                ? count(*threads.begin(), "thread")
                : std::to_string(*threads.begin()) + " to " + std::to_string(*threads.rbegin()) + " threads") +
           " each";
}

TRINE_INLINE std::string warn_of_sharing(std::vector<rank_place> const& all) {
    std::string text;
    for (auto const& [machine, ranks] : detail::ranks_of_machines(all)) {
        std::size_t threads = 0;
        for (std::size_t r : ranks)
            threads += all[r].threads;
        std::size_t const processors = detail::processors_of(all, ranks);
        if (ranks.size() > 1 && threads > processors)
            text += "on " + all[ranks[0]].name + " " + std::to_string(ranks.size()) + " ranks with " +
                    std::to_string(threads) + " threads share " + std::to_string(processors) +
                    (processors == 1 ? " processor" : " processors") + ": they wait for each other\n";
        std::set<std::size_t> allowed;
        for (std::size_t r : ranks)
            allowed.insert(all[r].processors.begin(), all[r].processors.end());
        if (std::size_t const present = all[ranks[0]].present; !allowed.empty() && allowed.size() < present)
            text += "on " + all[ranks[0]].name + " " + std::to_string(ranks.size()) +
                    (ranks.size() == 1 ? " rank may use " : " ranks may use ") + std::to_string(allowed.size()) +
                    " of " + std::to_string(present) + " processors: mpirun --bind-to none gives them all\n";
    }
    return text;
}

} // namespace trine::distributed
