#pragma once

/// The log of a gallery: a file of changes, one entry each, that grows at its end and that a crash cannot spoil.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "../core/error.hpp"
#include "../io/file.hpp"

namespace trine::neighbors::detail {

// Numbers and texts as the log holds them.
class record_writer {
public:
    template <class T>
    void number(T value) {
        bytes.append(reinterpret_cast<char const*>(&value), sizeof value);
    }
    void text(std::string_view s) {
        number(static_cast<std::uint32_t>(s.size()));
        bytes.append(s);
    }
    void raw(void const* from, std::size_t size) { bytes.append(static_cast<char const*>(from), size); }
    std::string bytes;
};

class record_reader {
public:
    record_reader(std::string_view bytes, std::string const& where) : bytes_(bytes), where_(where) {}
    std::string_view take(std::size_t size) {
        require<format_error>(size <= bytes_.size(), where_, ": an entry of its log ends too early");
        auto const part = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return part;
    }
    template <class T>
    T number() {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string_view text() { return take(number<std::uint32_t>()); }
    // A count of things that take at least `size` bytes each.
    std::size_t count(std::size_t size) {
        auto const n = number<std::uint64_t>();
        require<format_error>(n <= bytes_.size() / std::max<std::size_t>(size, 1), where_,
                              ": an entry of its log claims ", n, " items in ", bytes_.size(), " bytes");
        return static_cast<std::size_t>(n);
    }
    void end() const {
        require<format_error>(bytes_.empty(), where_, ": an entry of its log is ", bytes_.size(), " bytes too long");
    }

private:
    std::string_view bytes_;
    std::string const& where_;
};

// It begins with magic, the generation of the file that it belongs to, and their checksum. An entry is a mark, its own
// place in the log, what it is, how long its body is, a checksum of all that and the body, and the body.
class gallery_log {
public:
    gallery_log() = default;
    explicit gallery_log(std::filesystem::path const& gallery) : gallery_(gallery.string()), path_(path_of(gallery)) {}
    ~gallery_log() { close(); }
    gallery_log(gallery_log&& other) noexcept
        : gallery_(std::move(other.gallery_)),
          path_(std::move(other.path_)),
          end_(other.end_),
          file_(std::exchange(other.file_, -1)) {}
    gallery_log& operator=(gallery_log other) noexcept {
        std::swap(gallery_, other.gallery_), std::swap(path_, other.path_), std::swap(end_, other.end_),
            std::swap(file_, other.file_);
        return *this;
    }

    static std::filesystem::path path_of(std::filesystem::path const& gallery) { return gallery.string() + ".log"; }

    bool is_writable() const { return file_ >= 0; }
    // Behind the last entry that was read or written; 0 before any.
    std::size_t end() const { return end_; }

    // Opens it for writing, which one program at a time may. Throws io_error when another does, or it cannot be opened.
    void lock() {
        file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        require<io_error>(file_ >= 0, path_.string(), ": cannot be opened for writing: ", std::strerror(errno));
        if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
            close();
            fail<io_error>(gallery_, ": another program is writing to it");
        }
    }

    // Calls take(what, body, bytes of it and of all that follow) for every whole entry behind those read so far, once
    // it is known that none is damaged. False when the log belongs to a later generation; nothing is read of an earlier
    // one, whose entries are in the file already. Throws format_error when it is damaged.
    template <class Take>
    bool read(std::uint64_t generation, Take&& take) {
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

    // Makes it ready for the next entry: begins it where it is of another generation, cuts off what a crash cut short
    // where it is not.
    void go_on(std::uint64_t generation) {
        if (end_ > 0)
            return truncate(end_);
        record_writer header;
        header.raw(magic.data(), magic.size());
        header.number(generation);
        header.number(io::checksum(header.bytes));
        truncate(0);
        write({header.bytes});
    }
    // Empties it for another generation.
    void begin(std::uint64_t generation) {
        end_ = 0;
        go_on(generation);
    }
    // Writes an entry and waits until the disk has it. Throws io_error when it does not take it; the log is then as
    // before.
    void append(std::uint64_t what, std::string_view body) {
        record_writer header;
        header.raw(mark.data(), mark.size());
        header.number<std::uint64_t>(end_);
        header.number(what);
        header.number<std::uint64_t>(body.size());
        header.number(io::checksum(body, io::checksum(header.bytes)));
        write({header.bytes, body});
    }

private:
    static constexpr std::string_view magic = "TRINELOG", mark = "TRNENTRY";
    static constexpr std::size_t header_size = 24, entry_header_size = 40;

    struct entry {
        std::uint64_t what;
        std::string_view body;
    };
    // The entry at a place of the log; nothing where there is none, or not a whole one.
    static std::optional<entry> entry_at(std::string_view log, std::size_t at) {
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

    void write(std::initializer_list<std::string_view> pieces) {
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
    void truncate(std::size_t size) {
        if (::ftruncate(file_, static_cast<off_t>(size)) != 0) {
            // What is left behind has a wrong checksum, and the next entry is written over it.
        }
    }
    void close() {
        if (file_ >= 0)
            ::close(std::exchange(file_, -1));
    }

    std::string gallery_;
    std::filesystem::path path_;
    std::size_t end_ = 0;
    int file_ = -1; // open and locked while this program may write
};

} // namespace trine::neighbors::detail
