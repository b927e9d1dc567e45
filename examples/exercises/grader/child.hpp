#pragma once

// Work in a process of its own, so that whatever it does ends there.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace grading {

struct limits {
    std::size_t seconds = 10;     ///< of processor time
    std::size_t patience = 300;   ///< of waiting, for work that does nothing
    std::size_t megabytes = 1024; ///< beyond what the process has when it begins; 0 for any
};

/// How a process ended.
enum class ending {
    answered, ///< it wrote its answer
    left,     ///< it ended without one
    signal,   ///< the system stopped it, or it stopped itself
    too_long, ///< it took more processor time than it may
    stuck,    ///< it waited for something that does not come
};

struct outcome {
    ending how = ending::left;
    std::string answer;              ///< what `work` returned
    std::string complaint;           ///< of a signal: what happened, in a sentence
    std::string printed;             ///< its first output, standard and error
    bool printed_more = false;       ///< and there was more of it
    int status = 0;                  ///< what it exited with
    std::vector<std::size_t> frames; ///< of a signal: where in the module it was, innermost first
};

/// Calls `work` in a child of this process and hands its answer back.
///
/// @param module  a shared object that `work` loads: places of the call stack are those within it
/// @throws trine::io_error  when the system gives no process or pipe
outcome in_child(limits const& most, std::filesystem::path const& module, std::function<std::string()> const& work);

/// From now on SIGINT and SIGTERM end the child that is waited for, and what waits throws trine::error: so nothing is
/// left behind.
void end_when_interrupted();

/// Runs a program, with nothing to read, in the same way; `printed` holds up to `kept` bytes of what it says.
outcome run_program(limits const& most, std::vector<std::string> const& command, std::size_t kept = 65536);

} // namespace grading
