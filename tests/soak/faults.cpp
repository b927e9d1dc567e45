// What a bad day does to a program's files: calls that fail, or do less than was asked. Loaded before a program:
//
//     LD_PRELOAD=…/libsoak_faults.so SOAK_FAULTS=SEED:ONE_IN:FOLDER[:COUNTS] program …
//
// Of the calls on files below FOLDER, one in ONE_IN is met: reads and writes are short, interrupted or fail with EIO,
// writes and renames also with ENOSPC, fsync with EIO, mmap with ENOMEM. COUNTS is a file of two numbers of eight
// bytes, calls and faults, that all processes add to.

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

template <class F>
F next(char const* name) {
    return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

class bad_day {
public:
    bad_day() {
        char const* const told = std::getenv("SOAK_FAULTS");
        if (told == nullptr)
            return;
        std::string const all = told;
        auto const first = all.find(':'), second = all.find(':', first + 1), third = all.find(':', second + 1);
        state_ = std::strtoull(all.c_str(), nullptr, 10) * 0x9e3779b97f4a7c15u + 1;
        one_in_ = std::strtoull(all.c_str() + first + 1, nullptr, 10);
        folder_ = all.substr(second + 1, third == std::string::npos ? third : third - second - 1);
        if (third != std::string::npos) {
            int const file = ::open(all.c_str() + third + 1, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            if (file >= 0 && ::ftruncate(file, 16) == 0) {
                // Not the one below, which asks who is being made here.
                auto const map = next<void* (*)(void*, size_t, int, int, int, off_t)>("mmap");
                void* const at = map(nullptr, 16, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
                counts_ = at == MAP_FAILED ? nullptr : static_cast<std::atomic<std::uint64_t>*>(at);
            }
            ::close(file);
        }
    }

    // A random number above 0 when this call is met, else 0.
    std::uint64_t meets(char const* path) {
        if (one_in_ == 0 || std::strncmp(path, folder_.c_str(), folder_.size()) != 0)
            return 0;
        std::uint64_t x = state_.fetch_add(0x9e3779b97f4a7c15u);
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
        x ^= x >> 31;
        bool const met = x % one_in_ == 0;
        if (counts_ != nullptr) {
            counts_[0] += 1;
            counts_[1] += met;
        }
        return met ? (x >> 20) + 1 : 0;
    }
    std::uint64_t meets(int file) {
        if (one_in_ == 0 || file < 0)
            return 0;
        std::array<char, 32> link;
        std::array<char, 4096> path;
        std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
        int const before = errno;
        auto const size = ::readlink(link.data(), path.data(), path.size() - 1);
        errno = before;
        if (size <= 0)
            return 0;
        path[static_cast<std::size_t>(size)] = '\0';
        return meets(path.data());
    }

private:
    std::atomic<std::uint64_t> state_ = 0;
    std::uint64_t one_in_ = 0;
    std::string folder_;
    std::atomic<std::uint64_t>* counts_ = nullptr;
};

// Never destroyed: files are written until a process has ended.
bad_day& today() {
    static bad_day& it = *new bad_day;
    return it;
}

// Whether a read or a write goes through with `size` bytes, perhaps fewer; errno is set when it does not.
bool goes_through(std::uint64_t met, std::size_t& size, bool writes) {
    switch (met == 0 ? 3 : met % 4) {
    case 0:
        errno = EIO;
        return false;
    case 1:
        errno = writes ? ENOSPC : EIO;
        return false;
    case 2:
        errno = EINTR;
        return false;
    default:
        size = met == 0 || size < 2 ? size : 1 + (met / 4) % (size - 1);
        return true;
    }
}

} // namespace

extern "C" {

ssize_t write(int file, void const* bytes, size_t size) {
    static auto const real = next<ssize_t (*)(int, void const*, size_t)>("write");
    return goes_through(today().meets(file), size, true) ? real(file, bytes, size) : -1;
}
ssize_t pwrite(int file, void const* bytes, size_t size, off_t at) {
    static auto const real = next<ssize_t (*)(int, void const*, size_t, off_t)>("pwrite");
    return goes_through(today().meets(file), size, true) ? real(file, bytes, size, at) : -1;
}
ssize_t pwrite64(int file, void const* bytes, size_t size, off64_t at) { return pwrite(file, bytes, size, at); }
ssize_t read(int file, void* bytes, size_t size) {
    static auto const real = next<ssize_t (*)(int, void*, size_t)>("read");
    return goes_through(today().meets(file), size, false) ? real(file, bytes, size) : -1;
}
ssize_t pread(int file, void* bytes, size_t size, off_t at) {
    static auto const real = next<ssize_t (*)(int, void*, size_t, off_t)>("pread");
    return goes_through(today().meets(file), size, false) ? real(file, bytes, size, at) : -1;
}
ssize_t pread64(int file, void* bytes, size_t size, off64_t at) { return pread(file, bytes, size, at); }
int fsync(int file) {
    static auto const real = next<int (*)(int)>("fsync");
    if (today().meets(file) == 0)
        return real(file);
    errno = EIO;
    return -1;
}
int fdatasync(int file) {
    static auto const real = next<int (*)(int)>("fdatasync");
    if (today().meets(file) == 0)
        return real(file);
    errno = EIO;
    return -1;
}
int rename(char const* from, char const* to) {
    static auto const real = next<int (*)(char const*, char const*)>("rename");
    if (today().meets(to) == 0)
        return real(from, to);
    errno = ENOSPC;
    return -1;
}
void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) {
    static auto const real = next<void* (*)(void*, size_t, int, int, int, off_t)>("mmap");
    if (file < 0 || (flags & MAP_SHARED) == 0 || today().meets(file) == 0)
        return real(at, size, protection, flags, file, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}
void* mmap64(void* at, size_t size, int protection, int flags, int file, off64_t offset) {
    return mmap(at, size, protection, flags, file, offset);
}
}
