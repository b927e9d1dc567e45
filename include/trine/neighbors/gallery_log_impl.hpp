#pragma once

#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "../io/file.hpp"
#include "gallery_log.hpp"

namespace trine::neighbors::detail {

TRINE_INLINE void gallery_log::lock() {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    require<io_error>(file_ >= 0, path_.string(), ": cannot be opened for writing: ", std::strerror(errno));
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        close();
        fail<io_error>(gallery_, ": another program is writing to it");
    }
}

TRINE_INLINE bool gallery_log::read(std::uint64_t generation, reader const& take) {
    std::error_code none;
    if (!std::filesystem::exists(path_, none))
        return true;
    io::mapped_file const log(path_);
    auto const bytes = log.bytes();
    if (bytes.size() < header_size)
        return true; // just being begun
    std::uint64_t own, sum;
    std::memcpy(&own, bytes.data() + 8, 8);
    std::memcpy(&sum, bytes.data() + 16, 8);
    bool const whole = bytes.substr(0, 8) == magic && sum == io::checksum(bytes.substr(0, 16));
    require<format_error>(whole || bytes.size() == header_size, path_.string(), ": is not a gallery's log");
    if (!whole || own < generation)
        return true;
    if (own > generation)
        return false;
    end_ = std::max(end_, header_size);
    std::vector<entry> entries;
    std::size_t behind = end_;
    while (auto const next = entry_at(bytes, behind)) {
        entries.push_back(*next);
        behind += entry_header_size + next->body.size();
    }
    // What a crash cut short is the last of all. Where a whole entry follows, it is damage.
    for (std::size_t at = behind; (at = bytes.find(mark, at + 1)) != std::string_view::npos;)
        require<format_error>(!entry_at(bytes, at), path_.string(), ": is damaged at byte ", behind);
    for (auto const& e : entries) {
        take(e.what, e.body, behind - end_);
        end_ += entry_header_size + e.body.size();
    }
    return true;
}

TRINE_INLINE void gallery_log::resume(std::uint64_t generation) {
    if (end_ > 0)
        return truncate(end_);
    record_writer header;
    header.raw(magic.data(), magic.size());
    header.number(generation);
    header.number(io::checksum(header.bytes));
    truncate(0);
    write({header.bytes});
}

TRINE_INLINE void gallery_log::append(std::uint64_t what, std::string_view body) {
    record_writer header;
    header.raw(mark.data(), mark.size());
    header.number<std::uint64_t>(end_);
    header.number(what);
    header.number<std::uint64_t>(body.size());
    header.number(io::checksum(body, io::checksum(header.bytes)));
    write({header.bytes, body});
}

TRINE_INLINE std::optional<gallery_log::entry> gallery_log::entry_at(std::string_view log, std::size_t at) {
    if (log.size() < entry_header_size || at > log.size() - entry_header_size || log.substr(at, 8) != mark)
        return {};
    std::uint64_t fields[4];
    std::memcpy(fields, log.data() + at + 8, sizeof fields);
    auto const [place, what, length, sum] = fields;
    if (place != at || length > log.size() - entry_header_size - at)
        return {};
    auto const body = log.substr(at + entry_header_size, length);
    if (sum != io::checksum(body, io::checksum(log.substr(at, entry_header_size - 8))))
        return {};
    return entry{what, body};
}

TRINE_INLINE void gallery_log::write(std::initializer_list<std::string_view> pieces) {
    std::size_t at = end_;
    int cause = 0;
    for (auto bytes : pieces)
        while (!bytes.empty() && cause == 0) {
            ssize_t const n = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(at));
            if (n > 0)
                at += static_cast<std::size_t>(n), bytes.remove_prefix(static_cast<std::size_t>(n));
            else if (n == 0 || errno != EINTR)
                cause = n == 0 ? ENOSPC : errno;
        }
    if (cause == 0 && ::fdatasync(file_) != 0)
        cause = errno;
    if (cause != 0) {
        truncate(end_);
        fail<io_error>(gallery_, ": cannot be written: ", std::strerror(cause));
    }
    end_ = at;
}

TRINE_INLINE void gallery_log::truncate(std::size_t size) {
    if (::ftruncate(file_, static_cast<off_t>(size)) != 0) {
        // What is left behind has a wrong checksum, and the next entry is written over it.
    }
}

TRINE_INLINE void gallery_log::close() {
    if (file_ >= 0)
        ::close(std::exchange(file_, -1));
}

} // namespace trine::neighbors::detail
