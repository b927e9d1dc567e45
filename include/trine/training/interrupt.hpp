#pragma once

#include <atomic>
#include <csignal>

namespace trine {

namespace detail {
inline std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal's handler may write to it");
} // namespace detail

/// While it lives, the first Ctrl-C is noted and the second ends the program as ever: for programs that stop after the
/// step at hand. So is the signal USR1, which mpirun hands on to all its ranks, and batch systems send before a job's
/// time is up. One at a time.
class interrupt_guard {
public:
    interrupt_guard() {
        detail::interrupted = false;
        before_ = std::signal(SIGINT, [](int) {
            detail::interrupted = true;
            std::signal(SIGINT, SIG_DFL);
        });
#ifdef SIGUSR1 // Windows has none
        user_before_ = std::signal(SIGUSR1, [](int) { detail::interrupted = true; });
#endif
    }
    ~interrupt_guard() {
        std::signal(SIGINT, before_);
#ifdef SIGUSR1
        std::signal(SIGUSR1, user_before_);
#endif
    }
    interrupt_guard(interrupt_guard const&) = delete;
    interrupt_guard& operator=(interrupt_guard const&) = delete;

    /// Whether Ctrl-C was pressed, or the signal sent.
    bool requested() const { return detail::interrupted; }

private:
    void (*before_)(int) = SIG_DFL;
    [[maybe_unused]] void (*user_before_)(int) = SIG_DFL;
};

} // namespace trine
