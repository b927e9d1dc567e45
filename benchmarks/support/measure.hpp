#pragma once

// What programs that measure share: resident memory, and time.

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

namespace program {

inline double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Resident memory in bytes: what is held now, and the most that was held since `forget_peak`.
struct memory_use {
    double now = 0, peak = 0;
};
inline memory_use memory() {
    memory_use use;
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmRSS:", 0) == 0)
            use.now = std::atof(line.c_str() + 6) * 1024;
        if (line.rfind("VmHWM:", 0) == 0)
            use.peak = std::atof(line.c_str() + 6) * 1024;
    }
    return use;
}
inline void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

} // namespace program
