#include "disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

// A write at an offset, or another size.
struct change {
    std::size_t offset = 0;
    std::string bytes;
    std::optional<std::size_t> size;

    // What of it has come to the disk: all, a beginning, or some sectors.
    void apply_to(std::string& file) const { apply_to(file, bytes.size()); }
    void apply_to(std::string& file, std::size_t count) const {
        if (size)
            return file.resize(*size);
        if (count == 0)
            return;
        file.resize(std::max(file.size(), offset + count));
        std::copy_n(bytes.begin(), count, file.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    void apply_sectors(std::string& file, std::mt19937_64& random) const {
        constexpr std::size_t sector = 512;
        file.resize(std::max(file.size(), offset + bytes.size()));
        for (std::size_t at = 0; at < bytes.size();) {
            std::size_t const next = std::min(bytes.size(), ((offset + at) / sector + 1) * sector - offset);
            if (random() % 2 == 0)
                std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                          bytes.begin() + static_cast<std::ptrdiff_t>(next),
                          file.begin() + static_cast<std::ptrdiff_t>(offset + at));
            at = next;
        }
    }
    void apply_by_chance(std::string& file, std::mt19937_64& random) const {
        auto const chance = random() % 8;
        if (chance < 3)
            apply_to(file);
        else if (chance < 5 && !size)
            apply_to(file, random() % (bytes.size() + 1));
        else if (chance < 6 && !size)
            apply_sectors(file, random);
    }
};

struct file {
    std::string now, flushed;
    std::vector<change> pending; // since it was flushed
    void flush() { flushed = now, pending.clear(); }
};
using file_pointer = std::shared_ptr<file>;

struct name_change {
    std::string removed, given; // empty for none
    file_pointer to;
};

} // namespace

struct disk::pending {
    std::map<std::string, file_pointer> names, flushed_names;
    std::vector<name_change> pending_names;
};

namespace {

struct state : disk::pending {
    std::string folder;                          // watched, with a slash; empty for none
    std::unordered_map<int, file_pointer> files; // open for writing
    std::unordered_map<int, bool> folders;
    std::function<void()> call;
    bool is_calling = false;
    std::optional<change> next; // the write that is about to be done
    file_pointer next_file;
    std::mt19937_64 random, fault_random;
    std::size_t successes_left = 0, failures_left = 0, failed = 0;
    bool is_full = false;
};

state& here() {
    static auto* const one = new state; // the program's last calls may come after statics are gone
    return *one;
}

bool is_watching() { return !here().folder.empty() && !here().is_calling; }

// The name within the folder; nothing for what lies elsewhere or deeper.
std::optional<std::string> name_in(char const* path) {
    std::string_view const text(path), folder = here().folder;
    if (!is_watching() || !text.starts_with(folder) || text.substr(folder.size()).find('/') != text.npos ||
        text.size() == folder.size())
        return {};
    return std::string(text.substr(folder.size()));
}

void change_names(name_change c) {
    auto& s = here();
    if (!c.removed.empty())
        s.names.erase(c.removed);
    if (!c.given.empty())
        s.names[c.given] = c.to;
    s.pending_names.push_back(std::move(c));
}

void announce() {
    auto& s = here();
    if (s.call && !s.is_calling) {
        s.is_calling = true;
        s.call();
        s.is_calling = false;
    }
}

// The error that a call fails with now, or 0.
int fault(bool can_be_full) {
    auto& s = here();
    if (s.failures_left == 0 || (s.is_full && !can_be_full))
        return 0;
    if (s.successes_left > 0)
        return --s.successes_left, 0;
    --s.failures_left, ++s.failed;
    return s.is_full ? ENOSPC : EIO;
}

ssize_t changed(int descriptor, void const* from, std::size_t size, std::optional<std::size_t> offset) {
    auto const write = [&](std::size_t count) {
        return offset ? ::syscall(SYS_pwrite64, descriptor, from, count, *offset)
                      : ::syscall(SYS_write, descriptor, from, count);
    };
    auto& s = here();
    auto const at = s.files.find(descriptor);
    if (!is_watching() || at == s.files.end())
        return write(size);
    auto const to = at->second;
    std::size_t const first =
        offset ? *offset : static_cast<std::size_t>(::syscall(SYS_lseek, descriptor, 0, SEEK_CUR));
    s.next = change{first, std::string(static_cast<char const*>(from), size), {}}, s.next_file = to;
    announce();
    s.next.reset(), s.next_file.reset();
    std::size_t count = size;
    if (int const cause = fault(true); cause != 0) {
        count = s.fault_random() % (size + 1); // a part may have been written
        if (count == 0 || s.fault_random() % 2 == 0)
            return errno = cause, -1;
    }
    ssize_t const written = write(count);
    if (written > 0) {
        change done{first, std::string(static_cast<char const*>(from), static_cast<std::size_t>(written)), {}};
        done.apply_to(to->now);
        to->pending.push_back(std::move(done));
    }
    return written;
}

int opened(char const* path, int flags, mode_t mode) {
    auto const name = name_in(path);
    bool const writes = (flags & O_ACCMODE) != O_RDONLY;
    bool const makes = name && writes && (flags & O_CREAT) != 0 && !here().names.contains(*name);
    if (makes) {
        announce();
        if (int const cause = fault(true); cause != 0)
            return errno = cause, -1;
    }
    int const descriptor = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
    if (descriptor < 0 || !is_watching())
        return descriptor;
    if (makes)
        change_names({"", *name, std::make_shared<file>()});
    if (name && writes)
        here().files[descriptor] = here().names.at(*name);
    if (std::string_view const text(path);
        (flags & O_DIRECTORY) != 0 && text == std::string_view(here().folder).substr(0, here().folder.size() - 1))
        here().folders[descriptor] = true;
    return descriptor;
}

int flushed(int descriptor, long number) {
    auto& s = here();
    auto const at = s.files.find(descriptor);
    bool const is_folder = s.folders.contains(descriptor);
    if (!is_watching() || (at == s.files.end() && !is_folder))
        return static_cast<int>(::syscall(number, descriptor));
    announce();
    if (is_folder) {
        s.flushed_names = s.names, s.pending_names.clear();
        return 0;
    }
    auto& f = *at->second;
    if (int const cause = fault(false); cause != 0) {
        // What is not on the disk by now never comes there: the system takes it for written.
        for (auto const& c : f.pending)
            c.apply_by_chance(f.flushed, s.fault_random);
        f.pending.clear();
        return errno = cause, -1;
    }
    f.flush();
    return 0;
}

int removed(char const* path) {
    auto const name = name_in(path);
    if (name)
        announce();
    int const result = static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
    if (result == 0 && name)
        change_names({*name, "", {}});
    return result;
}

} // namespace

extern "C" {

int open(char const* path, int flags, ...) {
    std::va_list more;
    va_start(more, flags);
    mode_t const mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return opened(path, flags, mode);
}
int open64(char const* path, int flags, ...) {
    std::va_list more;
    va_start(more, flags);
    mode_t const mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return opened(path, flags, mode);
}
int close(int descriptor) {
    if (is_watching())
        here().files.erase(descriptor), here().folders.erase(descriptor);
    return static_cast<int>(::syscall(SYS_close, descriptor));
}
ssize_t write(int descriptor, void const* from, std::size_t size) { return changed(descriptor, from, size, {}); }
ssize_t pwrite(int descriptor, void const* from, std::size_t size, off_t offset) {
    return changed(descriptor, from, size, static_cast<std::size_t>(offset));
}
ssize_t pwrite64(int descriptor, void const* from, std::size_t size, off64_t offset) {
    return changed(descriptor, from, size, static_cast<std::size_t>(offset));
}
int fsync(int descriptor) { return flushed(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return flushed(descriptor, SYS_fdatasync); }
int ftruncate(int descriptor, off_t size) noexcept {
    auto& s = here();
    auto const at = s.files.find(descriptor);
    if (!is_watching() || at == s.files.end())
        return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
    announce();
    int const result = static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
    if (result == 0) {
        change const done{0, {}, static_cast<std::size_t>(size)};
        done.apply_to(at->second->now);
        at->second->pending.push_back(done);
    }
    return result;
}
int rename(char const* from, char const* to) noexcept {
    auto const old = name_in(from), fresh = name_in(to);
    if (old && fresh) {
        announce();
        if (int const cause = fault(false); cause != 0)
            return errno = cause, -1;
    }
    int const result = static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
    if (result == 0 && old && fresh)
        change_names({*old, *fresh, here().names.at(*old)});
    return result;
}
int unlink(char const* path) noexcept { return removed(path); }
int remove(char const* path) noexcept {
    int const result = removed(path);
    return result != 0 && errno == EISDIR ? static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR))
                                          : result;
}
ssize_t getrandom(void* to, std::size_t size, unsigned flags) {
    if (here().folder.empty())
        return ::syscall(SYS_getrandom, to, size, flags);
    for (std::size_t i = 0; i < size; ++i)
        static_cast<unsigned char*>(to)[i] = static_cast<unsigned char>(here().random());
    return static_cast<ssize_t>(size);
}

} // extern "C"

namespace disk {

void watch(std::filesystem::path const& folder, std::uint64_t seed, left const& from) {
    watch_nothing();
    auto& s = here();
    s.random.seed(seed), s.fault_random.seed(seed + 1);
    if (from.under_way)
        static_cast<pending&>(s) = *from.under_way;
    else
        for (auto const& entry : std::filesystem::directory_iterator(folder)) {
            auto f = std::make_shared<file>();
            std::ifstream in(entry.path(), std::ios::binary);
            f->now.assign(std::istreambuf_iterator<char>(in), {});
            f->flush();
            s.names[entry.path().filename().string()] = f;
            s.flushed_names = s.names;
        }
    s.folder = folder.string() + "/";
}

void watch_nothing() { here() = state{}; }

void before_changes(std::function<void()> call) { here().call = std::move(call); }

left after_crash(crash how, std::mt19937_64& random) {
    auto const& s = here();
    left result;
    auto& files = result.files;
    if (how == crash::killed) {
        auto kept = std::make_shared<pending>();
        std::map<file_pointer, file_pointer> copies; // a file may have two names
        auto const copy = [&](file_pointer const& f) {
            auto& to = copies[f];
            if (f && !to) {
                to = std::make_shared<file>(*f);
                if (s.next && f == s.next_file) {
                    auto part = *s.next;
                    part.bytes.resize(random() % (part.bytes.size() + 1));
                    part.apply_to(to->now);
                    to->pending.push_back(std::move(part));
                }
            }
            return to;
        };
        for (auto const& [name, f] : s.names)
            kept->names[name] = copy(f), files[name] = kept->names[name]->now;
        for (auto const& [name, f] : s.flushed_names)
            kept->flushed_names[name] = copy(f);
        for (auto const& c : s.pending_names)
            kept->pending_names.push_back({c.removed, c.given, copy(c.to)});
        result.under_way = std::move(kept);
        return result;
    }
    auto names = s.flushed_names;
    // A file system that keeps the order of names leaves the first of them; another one any.
    bool const in_order = random() % 2 == 0;
    std::size_t count = s.pending_names.size();
    if (in_order)
        count = random() % (count + 1);
    for (std::size_t i = 0; i < count; ++i) {
        auto const& c = s.pending_names[i];
        if (!in_order && random() % 2 == 0)
            continue;
        if (!c.removed.empty())
            names.erase(c.removed);
        if (!c.given.empty())
            names[c.given] = c.to;
    }
    std::map<file_pointer, std::string> bytes; // a file may have two names
    auto const mode = random() % 4;            // much is lost, or little
    for (auto const& [name, f] : names) {
        auto [at, is_new] = bytes.try_emplace(f, f->flushed);
        if (is_new)
            for (auto const& c : f->pending) {
                if (mode == 0 || (mode == 1 && random() % 8 != 0))
                    c.apply_to(at->second);
                else if (mode != 2)
                    c.apply_by_chance(at->second, random);
            }
        files[name] = at->second;
    }
    return result;
}

void fail_later(std::size_t after, std::size_t count, bool is_full, std::uint64_t seed) {
    auto& s = here();
    s.successes_left = after, s.failures_left = count, s.is_full = is_full, s.failed = 0;
    s.fault_random.seed(seed);
}

std::size_t failures() { return here().failed; }

void check() {
    auto const& s = here();
    std::size_t there = 0;
    for (auto const& entry : std::filesystem::directory_iterator(s.folder)) {
        ++there;
        std::ifstream in(entry.path(), std::ios::binary);
        std::string const bytes((std::istreambuf_iterator<char>(in)), {});
        auto const at = s.names.find(entry.path().filename().string());
        if (at == s.names.end() || at->second->now != bytes) {
            std::fprintf(stderr, "%s is not what its changes say: a call was missed\n", entry.path().c_str());
            std::abort();
        }
    }
    if (there != s.names.size()) {
        std::fprintf(stderr, "%s: files are missing: a call was missed\n", s.folder.c_str());
        std::abort();
    }
}

} // namespace disk
