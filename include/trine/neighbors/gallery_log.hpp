#pragma once

/// The log of a gallery: a file of changes, one entry each, that grows at its end and that a crash cannot spoil.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../core/config.hpp"
#include "../core/error.hpp"

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
    void lock();

    // Told of an entry: what it is, its body, and the bytes of it and of all that follow.
    using reader = std::function<void(std::uint64_t what, std::string_view body, std::size_t left)>;
    // Tells of every whole entry behind those read so far, once it is known that none is damaged. False when the log
    // belongs to a later generation; nothing is read of an earlier one, whose entries are in the file already. Throws
    // format_error when it is damaged.
    bool read(std::uint64_t generation, reader const& take);

    // Makes it ready for the next entry: begins it where it is of another generation, cuts off what a crash cut short
    // where it is not.
    void resume(std::uint64_t generation);
    // Empties it for another generation.
    void begin(std::uint64_t generation) {
        end_ = 0;
        resume(generation);
    }
    // Writes an entry and waits until the disk has it. Throws io_error when it does not take it; the log is then as
    // before.
    void append(std::uint64_t what, std::string_view body);

private:
    static constexpr std::string_view magic = "TRINELOG", mark = "TRNENTRY";
    static constexpr std::size_t header_size = 24, entry_header_size = 40;

    struct entry {
        std::uint64_t what;
        std::string_view body;
    };
    // The entry at a place of the log; nothing where there is none, or not a whole one.
    static std::optional<entry> entry_at(std::string_view log, std::size_t at);

    void write(std::initializer_list<std::string_view> pieces);
    void truncate(std::size_t size);
    void close();

    std::string gallery_;
    std::filesystem::path path_;
    std::size_t end_ = 0;
    int file_ = -1; // open and locked while this program may write
};

} // namespace trine::neighbors::detail

#ifdef TRINE_HEADER_ONLY
#include "gallery_log_impl.hpp"
#endif
