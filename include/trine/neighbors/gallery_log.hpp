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

// A log, by the random digits that it is known by and by its size; no digits for none.
struct log_reference {
    std::string log;
    std::size_t size = 0;
};

// What a gallery's file says of itself and of logs.
struct file_stamp {
    std::string file;      // random digits of its own
    log_reference folded;  // the log whose entries are in it already
    bool is_first = false; // whether it is of the first format, whose files do not name their logs
};

// It begins with magic, the digits of the file that it belongs to, digits of its own, and their checksum. An entry is a
// mark, its own place in the log, what it is, how long its body is, a checksum of all that and the body, and the body.
//
// The file names the log that belongs to it, by the log's own digits: so neither does an entry come to a file that it
// was not written for (a backup that was put back, a file of the same name), nor is a file believed whole whose log has
// been left behind. A log is begun, then named in the file, then written to.
class gallery_log {
public:
    gallery_log() = default;
    // The log of a file; links have been followed.
    explicit gallery_log(std::filesystem::path const& gallery) : gallery_(gallery.string()), path_(path_of(gallery)) {}
    ~gallery_log() { close(); }
    gallery_log(gallery_log&& other) noexcept { swap(other); }
    gallery_log& operator=(gallery_log other) noexcept {
        swap(other);
        return *this;
    }

    static std::filesystem::path path_of(std::filesystem::path const& gallery) { return gallery.string() + ".log"; }
    std::string const& gallery() const { return gallery_; }
    // The digits of no log, as a file holds room for those of one.
    static std::string no_digits() { return std::string(digits, '0'); }

    bool is_writable() const { return file_ >= 0; }
    // Whether it is there, named in its file, and ready for entries.
    bool is_begun() const { return end_ > 0; }
    // Behind the last entry that was read or written; 0 before any.
    std::size_t end() const { return end_; }
    // Also when it has ended and could not be taken away.
    log_reference reference() const { return id_.empty() ? ended_ : log_reference{id_, end_}; }
    // Where another gallery's log was put that lay in its place; empty when none did.
    std::filesystem::path const& set_aside() const { return set_aside_; }

    // Opens it for writing, which one program at a time may, and makes it where there is none. Throws io_error when
    // another does, or it cannot be opened.
    void lock();

    // Whether what `read` refused is no damage: its writer has taken back an entry that the disk did not take, or the
    // log itself before there was any. Who opens the gallery anew then has it as it is.
    bool is_taken_back() const { return is_taken_back_; }

    // Told of an entry: what it is, its body, and the bytes of it and of all that follow.
    using reader = std::function<void(std::uint64_t what, std::string_view body, std::size_t left)>;
    // Tells of every whole entry behind those read so far, once it is known that none is damaged. `named` says which
    // log the file names at that moment, "" for none. Returns what is wrong when this is not the log that the file
    // needs: the file may have been replaced. Throws format_error when it is damaged.
    std::string read(file_stamp const& of, std::function<std::string()> const& named, reader const& take);

    // What lies in its place: its digits, those of the file that it belongs to, and its size.
    struct beginning {
        std::string file, log;
        std::size_t size = 0;
        bool has_entries = false;
    };
    // Nothing where there is none, or one that has only just been begun. Throws format_error when it is no log.
    std::optional<beginning> look() const;

    // Makes it ready to go on writing, once it has been read: cuts off what a crash cut short, waits until the disk has
    // what was read, and puts another gallery's log aside.
    void resume();
    // Begins it for a file, which `name_it` makes name its digits: before the first entry, and once it is there. As the
    // file may name another one, whose naming failed half-way, there is no moment at which it is empty.
    void begin(std::string const& file, std::function<void(std::string const&)> const& name_it);
    // Puts a log without entries in its place, also for readers who see the old one.
    void renew(std::string_view header = {});
    // The same where that can be done: when its entries are in the file, it counts for nothing, and the next change or
    // the next writer takes it away.
    void retire() noexcept;
    // Renames what lies in its place, which belongs to another gallery.
    void put_aside();
    // Writes an entry and waits until the disk has it. Throws io_error when it does not take it; the log is then as
    // before.
    void append(std::uint64_t what, std::string_view body);
    // Waits until the disk has forgotten what was cut off, or an entry that nobody was told of could come back after a
    // crash. Throws io_error when it does not.
    void settle();
    // Gives the lock back, and removes a log without a byte.
    void close();

private:
    static constexpr std::string_view magic = "TRINLOG2", first_magic = "TRINELOG", mark = "TRNENTRY";
    static constexpr std::size_t digits = 32, header_size = 16 + 2 * digits, first_header_size = 24,
                                 entry_header_size = 40;

    struct entry {
        std::uint64_t what;
        std::string_view body;
    };
    // The entry at a place of the log, of which `part` holds the bytes from there on; nothing where there is none, or
    // not a whole one. `looked` counts the bytes whose checksum was taken for that.
    static std::optional<entry> entry_at(std::string_view part, std::size_t place, std::size_t& looked);
    static std::optional<beginning> parse(std::string_view begin, std::size_t size, std::string const& where);
    static std::size_t size_of_header(beginning const& of) {
        return of.log.size() == digits ? header_size : first_header_size;
    }

    void swap(gallery_log& other) noexcept;
    int open_new(std::filesystem::path& name) const;
    void write(std::initializer_list<std::string_view> pieces);
    void truncate(std::size_t size);

    std::string gallery_;
    std::filesystem::path path_, set_aside_;
    std::string id_; // its digits, once it is begun
    std::size_t end_ = 0;
    log_reference ended_; // one that still lies there
    std::string last_;    // the header of the last entry that was read, and its place
    std::size_t last_place_ = 0;
    bool is_taken_back_ = false;
    bool is_unwritten_ = false; // whether it is begun for its file, which may name it in part
    bool is_cut_ = false;       // since the disk had it last
    bool is_others_ = false;    // whether what lies there belongs to another gallery
    int file_ = -1;             // open and locked while this program may write
};

} // namespace trine::neighbors::detail

#ifdef TRINE_HEADER_ONLY
#include "gallery_log_impl.hpp"
#endif
