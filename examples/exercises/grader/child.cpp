#include "child.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trine/core/error.hpp>

#include "guarded.hpp"

namespace grading {
namespace {

// What the handler of signals needs: it may not ask for anything.
int answers = -1;
char module_name[4096];
std::size_t stack_top, stack_bytes;
constexpr std::size_t handler_stack = 256 * 1024;

volatile std::sig_atomic_t interrupted = 0;

void write_all(int to, char const* bytes, std::size_t size) {
    while (size > 0) {
        ssize_t const n = write(to, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        bytes += n, size -= static_cast<std::size_t>(n);
    }
}

// Says what happened and where, then ends the process. snprintf asks for no memory with these formats.
void tell(int number, siginfo_t* info, void*) {
    char text[512];
    auto const at = reinterpret_cast<std::size_t>(info->si_addr);
    switch (number) {
    case SIGSEGV:
    case SIGBUS:
        if (guarded_memory::describe(info->si_addr, text, sizeof text))
            break;
        std::snprintf(text, sizeof text, "%s",
                      at < 65536 ? "it uses a pointer that points to nothing"
                      : at < stack_top && stack_top - at < stack_bytes + (std::size_t{1} << 20)
                          ? "its stack is full: a function calls itself without end, or has too large an array"
                          : "it touches memory that is not its own: an index far out of range");
        break;
    case SIGFPE:
        std::snprintf(text, sizeof text, "it divides a whole number by 0");
        break;
    case SIGILL:
        std::snprintf(text, sizeof text, "it came to a place that cannot be reached: does every path return a value?");
        break;
    case SIGXCPU:
        std::snprintf(text, sizeof text, "T");
        break;
    default:
        std::snprintf(text, sizeof text, "it stopped itself (abort)");
    }
    write_all(answers, "S", 1);
    write_all(answers, text, std::strlen(text));
    alarm(60); // if what follows waits for a lock that was held when the signal came
    void* frames[64];
    int const count = backtrace(frames, 64);
    for (int i = 0; i < count; ++i) {
        Dl_info where;
        if (!dladdr(frames[i], &where) || !where.dli_fname || std::strcmp(where.dli_fname, module_name) != 0)
            continue;
        std::snprintf(text, sizeof text, "\n@%zx",
                      static_cast<std::size_t>(static_cast<char*>(frames[i]) - static_cast<char*>(where.dli_fbase)));
        write_all(answers, text, std::strlen(text));
    }
    _exit(0);
}

void limit(int what, std::size_t soft, std::size_t hard) {
    rlimit const r{static_cast<rlim_t>(soft), static_cast<rlim_t>(hard)};
    setrlimit(what, &r); // where the system does not allow it, the other limits still hold
}

std::size_t bytes_in_use() {
    std::size_t pages = 0;
    if (std::FILE* const file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%zu", &pages) != 1)
            pages = 0;
        std::fclose(file);
    }
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void set_limits(limits const& most) {
    limit(RLIMIT_CPU, most.seconds, most.seconds + 2);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_FSIZE, std::size_t{64} << 20, std::size_t{64} << 20);
    if (most.megabytes > 0)
        if (std::size_t const used = bytes_in_use(); used > 0)
            limit(RLIMIT_AS, used + (most.megabytes << 20), used + (most.megabytes << 20));
}

void listen_to_signals() {
    // Of its own, for the stack may be what is full. backtrace loads a library at its first call, which has to be now.
    static char memory[handler_stack];
    stack_top = reinterpret_cast<std::size_t>(__builtin_frame_address(0));
    rlimit r{};
    stack_bytes = getrlimit(RLIMIT_STACK, &r) == 0 && r.rlim_cur < (std::size_t{1} << 30) ? r.rlim_cur : 8u << 20;
    stack_t const stack{.ss_sp = memory, .ss_flags = 0, .ss_size = sizeof memory};
    sigaltstack(&stack, nullptr);
    void* frame;
    backtrace(&frame, 1);
    struct sigaction action {};
    action.sa_sigaction = tell;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    for (int const number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU})
        sigaction(number, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

struct pipe_ends {
    int read = -1, write = -1;
    pipe_ends() {
        int both[2];
        if (pipe(both) != 0)
            trine::fail<trine::io_error>("the system gives no pipe: ", std::strerror(errno));
        read = both[0], write = both[1];
        for (int const end : both)
            fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    ~pipe_ends() { close_read(), close_write(); }
    pipe_ends(pipe_ends const&) = delete;
    pipe_ends& operator=(pipe_ends const&) = delete;
    void close_read() {
        if (read >= 0)
            close(read), read = -1;
    }
    void close_write() {
        if (write >= 0)
            close(write), write = -1;
    }
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Reads both pipes until the child has ended, or until patience has. Of what is printed only the beginning is kept.
outcome wait_for(pid_t child, limits const& most, pipe_ends& answer, pipe_ends& printed, std::size_t kept) {
    answer.close_write(), printed.close_write();
    outcome result;
    double const until = now() + static_cast<double>(most.patience);
    bool stuck = false, ended = false;
    int status = 0;
    rusage used{};
    std::string answered;
    pollfd both[2] = {{answer.read, POLLIN, 0}, {printed.read, POLLIN, 0}};
    auto const take = [&](std::size_t which) {
        char bytes[16384];
        ssize_t const n = read(both[which].fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            return;
        if (n <= 0) {
            both[which].fd = -1;
            return;
        }
        std::string& to = which == 0 ? answered : result.printed;
        std::size_t const room = (which == 0 ? std::size_t{1} << 20 : kept) - to.size();
        to.append(bytes, std::min(room, static_cast<std::size_t>(n)));
        result.printed_more |= which == 1 && static_cast<std::size_t>(n) > room;
    };
    // The child's own end is what counts: others that it made may hold the pipes open.
    while (!ended && !stuck && !interrupted) {
        both[0].revents = both[1].revents = 0;
        bool const closed = both[0].fd < 0 && both[1].fd < 0;
        if (poll(both, 2, closed ? 1 : 20) > 0)
            for (std::size_t i = 0; i < 2; ++i)
                if (both[i].fd >= 0 && both[i].revents != 0)
                    take(i);
        ended = wait4(child, &status, WNOHANG, &used) == child;
        stuck = !ended && now() > until;
    }
    kill(-child, SIGKILL); // with all that it may have begun
    if (!ended)
        while (wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
        }
    if (interrupted)
        trine::fail("interrupted");
    for (std::size_t i = 0; i < 2; ++i) // what is still in the pipes
        for (int tries = 0; tries < 256 && both[i].fd >= 0; ++tries) {
            pollfd one{both[i].fd, POLLIN, 0};
            if (poll(&one, 1, 0) <= 0 || one.revents == 0)
                break;
            take(i);
        }

    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    if (stuck) {
        result.how = ending::stuck;
    } else if (answered.starts_with('S')) {
        result.how = ending::signal;
        std::size_t end = answered.find('\n');
        result.complaint = answered.substr(1, end == std::string::npos ? end : end - 1);
        while (end != std::string::npos) {
            result.frames.push_back(std::strtoull(answered.c_str() + end + 2, nullptr, 16));
            end = answered.find('\n', end + 1);
        }
        if (result.complaint == "T")
            result.how = ending::too_long, result.complaint.clear();
    } else if (answered.starts_with('A')) {
        result.how = ending::answered;
        result.answer = answered.substr(1);
    } else if (WIFSIGNALED(status)) {
        // Who pays no heed to the limit of processor time is killed a little later.
        int const number = WTERMSIG(status);
        bool const spent = static_cast<std::size_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) >= most.seconds;
        result.how = number == SIGXCPU || (number == SIGKILL && spent) ? ending::too_long : ending::signal;
        result.complaint = std::string("the system stopped it (") + strsignal(number) + ")";
    }
    return result;
}

pid_t begin(pipe_ends& answer, pipe_ends& printed, limits const& most) {
    std::fflush(nullptr);
    pid_t const child = fork();
    if (child < 0)
        trine::fail<trine::io_error>("the system gives no process: ", std::strerror(errno));
    if (child > 0) {
        setpgid(child, child); // here and there, whichever comes first
        return child;
    }
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL); // whatever ends the grader ends this, too
#endif
    std::signal(SIGINT, SIG_DFL), std::signal(SIGTERM, SIG_DFL);
    int const nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, 0);
    dup2(printed.write, 1), dup2(printed.write, 2);
    answers = answer.write;
    set_limits(most);
    return 0;
}

} // namespace

void end_when_interrupted() {
    for (int const number : {SIGINT, SIGTERM})
        std::signal(number, [](int) { interrupted = 1; });
}

outcome in_child(limits const& most, std::filesystem::path const& module, std::function<std::string()> const& work) {
    pipe_ends answer, printed;
    pid_t const child = begin(answer, printed, most);
    if (child == 0) {
        std::snprintf(module_name, sizeof module_name, "%s", module.c_str());
        listen_to_signals();
        std::string text = "A" + work();
        std::fflush(nullptr);
        write_all(answers, text.data(), text.size());
        _exit(0);
    }
    return wait_for(child, most, answer, printed, 65536);
}

outcome run_program(limits const& most, std::vector<std::string> const& command, std::size_t kept) {
    pipe_ends answer, printed;
    std::vector<char*> words;
    for (auto const& word : command)
        words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_t const child = begin(answer, printed, most);
    if (child == 0) {
        execvp(words[0], words.data());
        std::fprintf(stderr, "%s: %s\n", words[0], std::strerror(errno));
        _exit(127);
    }
    return wait_for(child, most, answer, printed, kept);
}

} // namespace grading
