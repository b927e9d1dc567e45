#pragma once

#include <atomic>
#include <csignal>

namespace trine {

namespace detail {
inline std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal's handler may write to it");
} // namespace detail

/// While it lives, the first Ctrl-C is noted and the second ends the program as ever: for programs that stop after the
/// step at hand. One at a time.
class interrupt_guard {
public:
    interrupt_guard() {
        detail::interrupted = false;
        before_ = std::signal(SIGINT, [](int) {
            detail::interrupted = true;
            std::signal(SIGINT, SIG_DFL);
        });
    }
    ~interrupt_guard() { std::signal(SIGINT, before_); }
    interrupt_guard(interrupt_guard const&) = delete;
    interrupt_guard& operator=(interrupt_guard const&) = delete;

    /// Whether Ctrl-C was pressed.
    bool requested() const { return detail::interrupted; }

private:
    void (*before_)(int) = SIG_DFL;
};

} // namespace trine
