#pragma once

#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

#include "../core/buffer.hpp"
#include "../io/file.hpp"
#include "gallery_log.hpp"

namespace trine::neighbors::detail {

using io::detail::close_file, io::detail::file_facts, io::detail::find_facts, io::detail::lock_file,
    io::detail::remove_name, io::detail::rename_over;

TRINE_INLINE void gallery_log::swap(gallery_log& other) noexcept {
    gallery_.swap(other.gallery_), path_.swap(other.path_), set_aside_.swap(other.set_aside_), id_.swap(other.id_);
    std::swap(end_, other.end_), last_.swap(other.last_), std::swap(last_place_, other.last_place_);
    std::swap(is_taken_back_, other.is_taken_back_), std::swap(is_cut_, other.is_cut_);
    std::swap(is_unwritten_, other.is_unwritten_), std::swap(ended_, other.ended_);
    std::swap(is_others_, other.is_others_), std::swap(file_, other.file_);
}

TRINE_INLINE void gallery_log::lock() {
    file_ = io::detail::open_locked(path_);
    int const cause = errno;
    require<io_error>(file_ >= 0 || cause != EWOULDBLOCK, gallery_, ": another program is writing to it");
    require<io_error>(file_ >= 0, gallery_, ": cannot be written to, because ", path_.string(),
                      " cannot be opened for writing: ", cause == ELOOP ? "it is a link" : std::strerror(cause));
    file_facts own;
    if (!find_facts(file_, own) || own.kind != io::detail::file_kind::file) {
        close_file(std::exchange(file_, -1));
        fail<io_error>(path_.string(), ": is not a file, and a log has to be one");
    }
    is_cut_ = own.size > 0; // who held it before may have taken back what the disk still has
}

TRINE_INLINE std::optional<gallery_log::beginning> gallery_log::parse(std::string_view begin, std::size_t size,
                                                                      std::string const& where) {
    beginning h;
    h.size = size;
    std::uint64_t sum = 0;
    if (begin.size() >= first_header_size && begin.starts_with(first_magic)) {
        // A log of before, which says how often its file had been written.
        std::uint64_t generation = 0;
        std::memcpy(&generation, begin.data() + 8, 8), std::memcpy(&sum, begin.data() + 16, 8);
        if (sum == io::checksum(begin.substr(0, 16))) {
            h.file = h.log = "generation " + std::to_string(generation);
            h.has_entries = size > first_header_size;
            return h;
        }
        require<format_error>(size == first_header_size, where, ": is not a gallery's log");
        return {};
    }
    if (begin.size() == header_size && begin.starts_with(magic)) {
        std::memcpy(&sum, begin.data() + header_size - 8, 8);
        if (sum == io::checksum(begin.substr(0, header_size - 8))) {
            h.file = begin.substr(8, digits), h.log = begin.substr(8 + digits, digits);
            h.has_entries = size > header_size;
            return h;
        }
    }
    // One that is just being begun: its size may be there before its bytes, and these in any order.
    auto const is_part = [&](std::string_view of) {
        return std::equal(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(std::min(of.size(), begin.size())),
                          begin.begin(), [](char expected, char there) { return there == expected || there == '\0'; });
    };
    require<format_error>(size <= header_size && (is_part(magic) || is_part(first_magic)), where,
                          ": is not a gallery's log");
    return {};
}

TRINE_INLINE std::optional<gallery_log::beginning> gallery_log::look() const {
    file_facts about;
    bool const is_known = find_facts(file_, about); // before the cause is asked for
    if (!is_known)
        fail<io_error>(path_.string(), ": cannot be read: ", std::strerror(errno));
    char begin[header_size];
    std::size_t const there = io::detail::read_at(file_, begin, sizeof begin, 0, path_.string());
    return parse({begin, there}, static_cast<std::size_t>(about.size), path_.string());
}

TRINE_INLINE std::string gallery_log::read(file_stamp const& of, std::function<std::string()> const& named,
                                           reader const& take) {
    struct opened {
        int file = -1;
        bool is_own = false;
        ~opened() {
            if (is_own && file >= 0)
                close_file(file);
        }
    } log{file_};
    file_facts about;
    if (file_ < 0 && (find_facts(path_, about) || errno != ENOENT))
        log.file = io::detail::open_to_read(path_), log.is_own = true;
    std::size_t size = 0, first = 0;
    std::optional<beginning> found;
    buffer<char> memory;   // in large pages, which the system gives sooner than small ones
    std::string_view part; // the log from `end_` on, or from its first entry
    if (log.file >= 0) {
        bool const is_known = find_facts(log.file, about);
        if (!is_known)
            fail<io_error>(path_.string(), ": cannot be read: ", std::strerror(errno));
        size = static_cast<std::size_t>(about.size);
        char begin[header_size];
        std::size_t const there = io::detail::read_at(log.file, begin, sizeof begin, 0, path_.string());
        if ((found = parse({begin, there}, std::max(size, there), path_.string()))) {
            first = end_ > 0 ? end_ : size_of_header(*found);
            if (size > first) {
                // It is read, not mapped: whoever shortens it would end the program.
                memory = buffer<char>(size - first);
                part = {memory.data(),
                        io::detail::read_at(log.file, memory.data(), size - first, first, path_.string())};
            }
        }
    }
    // What the file says is asked for last: so it is as new as the log.
    auto const name = of.is_first ? std::string(found && found->log == of.file ? of.file : "") : named();
    is_others_ = is_unwritten_ = is_taken_back_ = false;
    std::string const needed = gallery_ + ": a log belongs to it, which holds its last changes: copy " +
                               path_.string() + " together with it from where they were";
    if (!found) {
        if (end_ > 0 || !name.empty())
            return needed + (size > 0 ? " (the one that is there is damaged)" : " (there is none)");
        return {};
    }
    if (end_ > 0 && found->log != id_) {
        is_taken_back_ = last_.empty();
        return path_.string() + ": has become another log";
    }
    if (!last_.empty()) {
        char now[entry_header_size];
        std::string_view const there(now, io::detail::read_at(log.file, now, sizeof now, last_place_, path_.string()));
        is_taken_back_ = there.empty() || !last_.starts_with(there);
        if (is_taken_back_)
            return path_.string() + ": its last entry was taken back";
        if (size < end_ && there == last_) // and is being written again
            return {};
    }
    if (size < end_)
        return path_.string() + ": has become shorter";
    if (found->log != name || found->file != of.file) {
        if (std::size_t any = 0; found->file == of.file && !entry_at(part, first, any)) { // begun, and not written to
            is_unwritten_ = true;
            return {};
        }
        if (name.empty() && size <= first) // it holds nothing
            return {};
        if (found->log == of.folded.log && size <= of.folded.size)
            return {};
        is_others_ = true;
        return name.empty() ? std::string{} : needed + " (the one that is there belongs to another gallery)";
    }
    std::vector<entry> entries;
    std::size_t behind = 0, looked = 0;
    while (auto const next = entry_at(part.substr(behind), first + behind, looked)) {
        entries.push_back(*next);
        behind += entry_header_size + next->body.size();
    }
    // What a crash cut short is the last of all. Where a whole entry follows, it is damage; and so are so many
    // beginnings of entries that looking at all would take forever.
    for (std::size_t at = behind; (at = part.find(mark, at + 1)) != std::string_view::npos;)
        require<format_error>(!entry_at(part.substr(at), first + at, looked) && looked / 64 <= part.size(),
                              path_.string(), ": is damaged at byte ", first + behind);
    id_ = found->log, end_ = first;
    last_.reserve(entry_header_size); // so that nothing fails between taking an entry and knowing that it was taken
    for (auto const& e : entries) {
        take(e.what, e.body, first + behind - end_);
        last_ = part.substr(end_ - first, entry_header_size), last_place_ = end_;
        end_ += entry_header_size + e.body.size();
    }
    return {};
}

TRINE_INLINE void gallery_log::resume() {
    if (end_ > 0) {
        truncate(end_);
        settle();
        // Whether the disk knows that the file names it, nobody can say: so it is begun again.
        if (last_.empty())
            id_.clear(), end_ = 0, is_unwritten_ = true;
        return;
    }
    file_facts about;
    if (is_others_)
        put_aside();
    else if (!is_unwritten_ && find_facts(file_, about) && about.size > 0)
        renew();
}

TRINE_INLINE int gallery_log::open_new(std::filesystem::path& name) const {
    int const file = io::detail::open_temporary(path_, name);
    if (file < 0)
        fail<io_error>(path_.string(), ": cannot be made anew: ", std::strerror(errno));
    if (!lock_file(file)) { // nobody knows of it yet
        int const cause = errno;
        close_file(file), remove_name(name);
        fail<io_error>(path_.string(), ": cannot be locked: ", std::strerror(cause));
    }
    return file;
}

TRINE_INLINE void gallery_log::renew(std::string_view header) {
    if (!id_.empty())
        ended_ = {std::move(id_), end_};
    id_.clear(), last_.clear(), end_ = 0; // whatever comes of it, the old one has ended
    is_others_ = is_unwritten_ = is_cut_ = false;
    std::filesystem::path name;
    int file = open_new(name);
    try {
        io::write_all(file, header, path_.string());
        bool const is_flushed = header.empty() || io::detail::flush(file, true);
        if (!is_flushed)
            fail<io_error>(path_.string(), ": cannot be made anew: ", std::strerror(errno));
        bool const is_renamed = io::detail::rename_locked_over(file, name, path_);
        if (!is_renamed)
            fail<io_error>(path_.string(), ": cannot be made anew: ", std::strerror(errno));
    } catch (...) {
        if (file >= 0)
            close_file(file);
        remove_name(name);
        throw;
    }
    close_file(std::exchange(file_, file));
    io::detail::flush_folder_of(path_);
    end_ = header.size(), ended_ = {};
}

TRINE_INLINE void gallery_log::retire() noexcept {
    try {
        renew();
    } catch (std::exception const&) {
        // A full disk, or no memory.
    }
}

TRINE_INLINE void gallery_log::put_aside() {
    std::filesystem::path const to = path_.string() + ".of-another-" + io::random_digits(4);
    bool const is_renamed = rename_over(path_, to);
    if (!is_renamed)
        fail<io_error>(path_.string(), ": belongs to another gallery, and cannot be renamed: ", std::strerror(errno));
    set_aside_ = to;
    renew();
}

TRINE_INLINE void gallery_log::begin(std::string const& file, std::function<void(std::string const&)> const& name_it) {
    auto id = io::random_digits(digits / 2);
    record_writer header;
    header.raw(magic.data(), magic.size());
    header.raw(file.data(), digits);
    header.raw(id.data(), digits);
    header.number(io::checksum(header.bytes));
    file_facts about;
    if (!find_facts(file_, about) || about.size > 0)
        renew(header.bytes);
    else
        write({header.bytes});
    try {
        io::detail::flush_folder_of(path_);
        // Whoever may read the gallery may read its log.
        if (find_facts(gallery_, about))
            (void)io::detail::give_rights(file_, about);
        name_it(id);
    } catch (...) { // nobody would believe an entry of it
        end_ = 0;
        throw;
    }
    id_ = std::move(id);
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

TRINE_INLINE std::optional<gallery_log::entry> gallery_log::entry_at(std::string_view part, std::size_t place,
                                                                     std::size_t& looked) {
    if (part.size() < entry_header_size || part.substr(0, 8) != mark)
        return {};
    std::uint64_t fields[4];
    std::memcpy(fields, part.data() + 8, sizeof fields);
    auto const [own_place, what, length, sum] = fields;
    if (own_place != place || length > part.size() - entry_header_size)
        return {};
    auto const body = part.substr(entry_header_size, length);
    looked += length;
    if (sum != io::checksum(body, io::checksum(part.substr(0, entry_header_size - 8))))
        return {};
    return entry{what, body};
}

TRINE_INLINE void gallery_log::write(std::initializer_list<std::string_view> pieces) {
    std::size_t at = end_;
    int cause = 0;
    for (auto bytes : pieces)
        while (!bytes.empty() && cause == 0) {
            auto const n = io::detail::write_some_at(file_, bytes.data(), bytes.size(), at);
            if (n > 0)
                at += static_cast<std::size_t>(n), bytes.remove_prefix(static_cast<std::size_t>(n));
            else if (n == 0 || errno != EINTR)
                cause = n == 0 ? ENOSPC : errno;
        }
    if (cause == 0 && !io::detail::flush(file_, true))
        cause = errno;
    if (cause != 0) {
        truncate(end_);
        is_cut_ = !io::detail::flush(file_, true); // or it could come back after a crash
        fail<io_error>(gallery_, ": cannot be written: ", std::strerror(cause));
    }
    end_ = at, is_cut_ = false;
}

TRINE_INLINE void gallery_log::truncate(std::size_t size) {
    if (!io::detail::truncate_to(file_, size)) {
        // What is left behind has a wrong checksum, and the next entry is written over it.
    }
    is_cut_ = true;
}

TRINE_INLINE void gallery_log::settle() {
    bool const is_settled = !is_cut_ || io::detail::flush(file_, true);
    if (!is_settled)
        fail<io_error>(path_.string(), ": cannot be flushed: ", std::strerror(errno));
    is_cut_ = false;
}

TRINE_INLINE void gallery_log::close() {
    if (file_ < 0)
        return;
    file_facts own, there;
    if (find_facts(file_, own) && own.size == 0 && find_facts(path_, there) && there.device == own.device &&
        there.number == own.number)
        remove_name(path_);
    close_file(std::exchange(file_, -1));
}

} // namespace trine::neighbors::detail
