#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sys/file.h>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/tensor.hpp"
#include "../io/file.hpp"
#include "../io/safetensors.hpp"
#include "concepts.hpp"
#include "rows.hpp"

namespace trine::neighbors {

/// What a gallery's points are: which map made them, what distance they are compared with, how many values they have.
struct gallery_identity {
    std::string network;
    std::string distance;
    std::size_t dimensions = 0;
};

/// Whether a gallery's file is opened to look or to change.
enum class access { read, write };

namespace detail {

// Numbers and texts as the log holds them.
class record_writer {
public:
    template <class T>
    void number(T value) { bytes.append(reinterpret_cast<char const*>(&value), sizeof value); }
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
        require<format_error>(n <= bytes_.size() / std::max<std::size_t>(size, 1), where_, ": an entry of its log claims ", n, " items in ", bytes_.size(), " bytes");
        return static_cast<std::size_t>(n);
    }
    void end() const { require<format_error>(bytes_.empty(), where_, ": an entry of its log is ", bytes_.size(), " bytes too long"); }

private:
    std::string_view bytes_;
    std::string const& where_;
};

// Texts one behind the other in somebody else's memory, with the place where each ends.
class packed_texts {
public:
    packed_texts() = default;
    packed_texts(std::string_view bytes, char const* ends, std::size_t count) : bytes_(bytes), ends_(ends), count_(count) {}
    std::size_t size() const { return count_; }
    std::string_view operator[](std::size_t i) const {
        std::size_t const first = i > 0 ? end(i - 1) : 0;
        return bytes_.substr(first, end(i) - first);
    }
    bool is_consistent() const {
        std::size_t last = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            if (end(i) < last)
                return false;
            last = end(i);
        }
        return last == bytes_.size();
    }

private:
    std::size_t end(std::size_t i) const {
        std::uint64_t v;
        std::memcpy(&v, ends_ + 8 * i, 8);
        return static_cast<std::size_t>(v);
    }
    std::string_view bytes_;
    char const* ends_ = nullptr;
    std::size_t count_ = 0;
};

struct text_packer {
    std::string bytes;
    std::vector<std::uint64_t> ends;
    void add(std::string_view text) {
        bytes += text;
        ends.push_back(bytes.size());
    }
};

template <class Storage>
constexpr char const* storage_dtype() {
    return std::is_same_v<Storage, storage::float32> ? "F32" : std::is_same_v<Storage, storage::float16> ? "F16" : "I8";
}

inline constexpr std::string_view gallery_format = "trine gallery 1";

inline void check_name(std::string_view name) {
    require<argument_error>(!name.empty(), "a person needs a name");
    require<argument_error>(name.size() <= 65536, "a name of ", name.size(), " bytes is too long");
}

inline void check_identity(std::string const& where, gallery_identity const& has, gallery_identity const& wanted) {
    require<format_error>(has.network == wanted.network, where, ": was made with the network \"", has.network, "\", not with \"", wanted.network, "\"");
    require<format_error>(has.distance == wanted.distance, where, ": was made for the distance ", has.distance, ", not ", wanted.distance);
    require<format_error>(has.dimensions == wanted.dimensions, where, ": holds points of ", has.dimensions, " values, not ", wanted.dimensions);
}

} // namespace detail

/// Writes a gallery's file from beginning to end, holding none of its points in memory.
template <class Storage = storage::float32>
class gallery_builder {
public:
    /// @throws io_error  when the file cannot be created; nothing is at `path`, or what was there before, until `commit`
    gallery_builder(std::filesystem::path const& path, gallery_identity identity, std::uint64_t generation = 0)
        : file_(path), identity_(std::move(identity)), generation_(generation), row_(identity_.dimensions) {
        require<argument_error>(identity_.dimensions > 0, "a gallery's points need at least one value");
        // The header comes last, when it is known how many there are: here is room for it.
        header_size_ = (4096 + 6 * (identity_.network.size() + identity_.distance.size())) / 64 * 64;
        file_.write(std::string(header_size_, ' '));
    }

    /// Adds a person's photos.
    ///
    /// @param sources  where each came from; as many as points
    /// @throws numeric_error  when a point is not finite, or does not fit the storage
    void add(std::string_view name, std::span<std::string const> sources, matrix_view<float const> points) {
        require<shape_error>(points.cols() == identity_.dimensions && sources.size() == points.rows(), "points of ", points.rows(), "×", points.cols(), " with ", sources.size(),
                             " sources for a gallery of ", identity_.dimensions, " values");
        require_finite(points, "embedding", " of those to be added");
        for (std::size_t i = 0; i < points.rows(); ++i) {
            float const scale = Storage::encode(identity_.dimensions, points.row(i).data(), row_.data());
            add_encoded(name, sources[i], row_.data(), scale);
        }
    }
    void add_encoded(std::string_view name, std::string_view source, typename Storage::scalar const* codes, float scale) {
        // One person's photos mostly come together.
        if (names_.ends.empty() || name != last_name_) {
            detail::check_name(name);
            auto const [at, is_new] = people_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.ends.size()));
            if (is_new)
                names_.add(name);
            last_name_ = name, last_ = at->second;
        }
        pending_.append(reinterpret_cast<char const*>(codes), identity_.dimensions * sizeof(typename Storage::scalar));
        if (pending_.size() >= std::size_t{1} << 20) {
            file_.write(pending_);
            pending_.clear();
        }
        if constexpr (Storage::is_scaled)
            scales_.push_back(scale);
        labels_.push_back(last_);
        sources_.add(source);
    }

    std::size_t size() const { return labels_.size(); }

    /// Puts the file in its place.
    ///
    /// @throws io_error  when it cannot be written; what was there before is untouched
    void commit() {
        file_.write(pending_);
        io::safetensors_header header;
        header.metadata = {{"format", std::string(detail::gallery_format)}, {"network", identity_.network}, {"distance", identity_.distance},
                           {"storage", std::string(Storage::name)}, {"generation", std::to_string(generation_)}};
        std::size_t const n = labels_.size(), bytes = n * identity_.dimensions * sizeof(typename Storage::scalar);
        std::size_t at = 0;
        auto const place = [&](char const* name, char const* dtype, std::vector<std::size_t> shape, std::size_t size) {
            header.entries[name] = {dtype, std::move(shape), at, size};
            at += size;
        };
        place("points", detail::storage_dtype<Storage>(), {n, identity_.dimensions}, bytes);
        std::string const padding((64 - bytes % 64) % 64, '\0'); // so that what follows is aligned
        place("padding", "U8", {padding.size()}, padding.size());
        file_.write(padding);
        auto const put = [&](char const* name, char const* dtype, void const* from, std::size_t count, std::size_t scalar) {
            place(name, dtype, {count}, count * scalar);
            file_.write({static_cast<char const*>(from), count * scalar});
        };
        put("source_ends", "U64", sources_.ends.data(), n, 8);
        put("name_ends", "U64", names_.ends.data(), names_.ends.size(), 8);
        if constexpr (Storage::is_scaled)
            put("scales", "F32", scales_.data(), n, 4);
        put("labels", "U32", labels_.data(), n, 4);
        put("sources", "U8", sources_.bytes.data(), sources_.bytes.size(), 1);
        put("names", "U8", names_.bytes.data(), names_.bytes.size(), 1);
        file_.seek(0);
        file_.write(header.serialize(header_size_));
        file_.commit();
    }

private:
    io::file_writer file_;
    gallery_identity identity_;
    std::uint64_t generation_;
    std::vector<typename Storage::scalar> row_;
    std::size_t header_size_ = 0;
    std::string pending_;
    std::unordered_map<std::string, std::uint32_t> people_;
    detail::text_packer names_, sources_;
    std::string last_name_;
    std::uint32_t last_ = 0;
    std::vector<std::uint32_t> labels_;
    std::vector<float> scales_;
};

/// Known people: for each photo a point, a name, and where it came from.
///
/// A gallery lives in memory alone, or in a file: a safetensors file at its path, opened by memory map, and beside it a log (`.log`) of what changed since, which
/// grows by one entry a change and is folded into the file when it has become large. An entry that a crash cut short counts for nothing, and the file is replaced
/// as a whole; so a gallery is always what it was before a change or after it. One program may write to it while others read; `refresh` shows them what is new.
///
/// A photo has a place, 0, 1, …, which stays until the log is folded (`generation` changes then). A removed photo's place stays empty.
template <class Storage = storage::float32>
class gallery {
public:
    using storage_type = Storage;

    /// A gallery in memory alone.
    explicit gallery(gallery_identity identity) : identity_(std::move(identity)), tail_(identity_.dimensions) {
        require<argument_error>(identity_.dimensions > 0, "a gallery's points need at least one value");
        base_.cols = identity_.dimensions;
    }
    /// Makes an empty gallery in a file, and opens it for writing.
    ///
    /// @throws io_error  when there is a file already, or it cannot be written
    static gallery create(std::filesystem::path const& path, gallery_identity identity) {
        require<io_error>(!std::filesystem::exists(path), path.string(), ": is there already");
        gallery_builder<Storage>(path, identity).commit();
        return open(path, identity, access::write);
    }
    /// Opens a gallery's file. A million photos take milliseconds: of their points none is read.
    ///
    /// @throws io_error      when it cannot be read, or another program is writing to it
    /// @throws format_error  when it is damaged, or of another storage, network, distance or size of points
    static gallery open(std::filesystem::path const& path, gallery_identity const& expected, access mode = access::read) {
        auto g = open(path, mode);
        detail::check_identity(path.string(), g.identity_, expected);
        return g;
    }
    /// The same, whatever network and distance it is of.
    static gallery open(std::filesystem::path const& path, access mode = access::read) {
        gallery g;
        g.path_ = path;
        g.open_files(mode);
        return g;
    }

    gallery(gallery&& other) noexcept = default;
    gallery& operator=(gallery&& other) noexcept = default;

    gallery_identity const& identity() const { return identity_; }
    std::size_t dimensions() const { return identity_.dimensions; }
    std::filesystem::path const& path() const { return path_; }
    /// Places, those of removed photos too.
    std::size_t places() const { return base_.rows + tail_.rows(); }
    /// Photos that are there.
    std::size_t size() const { return places() - removals_.size(); }
    bool is_removed(std::size_t place) const { return place < removed_.size() && removed_[place]; }
    /// Places in the order in which they were removed.
    std::vector<std::size_t> const& removals() const { return removals_; }
    /// Another number whenever places and stored rows are not what they were: when the log has been folded into the file, or another file taken its place.
    std::uint64_t generation() const { return opened_; }

    /// Who is on the photo at a place.
    std::string name(std::size_t place) const { return std::string(person_name(person_at(place))); }
    /// Where the photo at a place came from.
    std::string source(std::size_t place) const {
        check_place(place);
        return place < base_.rows ? std::string(base_sources_[place]) : tail_sources_[place - base_.rows];
    }
    /// The number of the person at a place: equal for photos of one person, and below `person_numbers`.
    std::size_t person(std::size_t place) const { return person_at(place); }
    std::size_t person_numbers() const { return base_names_.size() + tail_names_.size(); }
    std::string person_label(std::size_t number) const {
        require<argument_error>(number < person_numbers(), "there is no person ", number, " of ", person_numbers());
        return std::string(person_name(number));
    }
    /// The point at a place, as floats.
    std::vector<float> point(std::size_t place) const {
        check_place(place);
        std::vector<float> values(dimensions());
        auto const rows = place < base_.rows ? base_ : tail_.view();
        std::size_t const row = place < base_.rows ? place : place - base_.rows;
        Storage::decode(dimensions(), rows.row(row), rows.scale(row), values.data());
        return values;
    }
    /// The points as stored: those in the file, which stay where they are until `generation` changes, and those added since, which may move when more are added.
    stored_rows<Storage> file_rows() const { return base_; }
    stored_rows<Storage> added_rows() const { return tail_.view(); }

    /// People with at least one photo, and how many each has, by name.
    std::map<std::string, std::size_t> people() const {
        std::vector<std::size_t> photos(person_numbers());
        for (std::size_t place = 0; place < places(); ++place)
            if (!is_removed(place))
                ++photos[person_at(place)];
        std::map<std::string, std::size_t> all;
        for (std::size_t p = 0; p < photos.size(); ++p)
            if (photos[p] > 0)
                all[std::string(person_name(p))] += photos[p];
        return all;
    }
    /// The places of a person's photos; none when there is no such person.
    std::vector<std::size_t> photos_of(std::string const& name) const {
        std::vector<std::size_t> all;
        if (auto const p = find(name))
            for (std::size_t place = 0; place < places(); ++place)
                if (!is_removed(place) && person_at(place) == *p)
                    all.push_back(place);
        return all;
    }

    /// Adds photos; people of equal names are one. All are added, or (when this throws) none.
    ///
    /// @param names, sources  one a photo
    /// @param points          N×D
    /// @return the first one's place
    /// @throws shape_error     when the numbers of names, sources and points differ, or the points' size is another
    /// @throws numeric_error   when a point is not finite, or does not fit the storage
    /// @throws argument_error  when a name is empty
    /// @throws io_error        when it cannot be written to, or the disk is full
    std::size_t add(std::span<std::string const> names, std::span<std::string const> sources, matrix_view<float const> points) {
        require<shape_error>(points.cols() == dimensions(), "points of ", points.cols(), " values for a gallery of ", dimensions());
        require<shape_error>(names.size() == points.rows() && sources.size() == points.rows(), names.size(), " names and ", sources.size(), " sources for ", points.rows(), " points");
        check_writable();
        std::size_t const first = places();
        if (names.empty())
            return first;
        row_buffer<Storage> encoded(dimensions(), points.rows());
        encoded.add(points);
        detail::record_writer entry;
        std::vector<std::string_view> fresh;
        std::unordered_map<std::string_view, std::uint64_t> numbers;
        std::vector<std::uint64_t> people;
        for (auto const& name : names) {
            detail::check_name(name);
            auto at = numbers.find(name);
            if (at == numbers.end()) {
                auto const known = find(name);
                at = numbers.emplace(name, known ? *known : person_numbers() + fresh.size()).first;
                if (!known)
                    fresh.push_back(name);
            }
            people.push_back(at->second);
        }
        entry.number<std::uint64_t>(fresh.size());
        for (auto name : fresh)
            entry.text(name);
        entry.number<std::uint64_t>(people.size());
        entry.raw(people.data(), people.size() * 8);
        for (auto const& source : sources)
            entry.text(source);
        entry.raw(encoded.view().codes, points.rows() * dimensions() * sizeof(typename Storage::scalar));
        if constexpr (Storage::is_scaled)
            entry.raw(encoded.view().scales, points.rows() * sizeof(float));
        change(kind::add, entry.bytes);
        fold_when_large();
        return places() == first + names.size() ? first : places() - names.size();
    }
    std::size_t add(std::string const& name, std::string const& source, std::span<float const> point) {
        return add({&name, 1}, {&source, 1}, matrix_view<float const>(point.data(), 1, point.size()));
    }

    /// Removes photos.
    ///
    /// @throws argument_error  when there is no photo at one of the places; none is removed then
    void remove(std::span<std::size_t const> places_to_go) {
        check_writable();
        std::set<std::size_t> once;
        detail::record_writer entry;
        entry.number<std::uint64_t>(places_to_go.size());
        for (std::size_t place : places_to_go) {
            check_place(place);
            require<argument_error>(!is_removed(place) && once.insert(place).second, "the photo at place ", place, " has been removed already");
            entry.number<std::uint64_t>(place);
        }
        if (!places_to_go.empty())
            change(kind::remove, entry.bytes);
    }
    /// Removes a person with all photos.
    ///
    /// @return how many photos that were
    /// @throws argument_error  when there is no such person
    std::size_t remove(std::string const& name) {
        auto const all = photos_of(name);
        require<argument_error>(!all.empty(), "there is nobody called \"", name, "\"");
        remove(all);
        return all.size();
    }
    /// Gives a person another name.
    ///
    /// @throws argument_error  when there is no such person, or somebody else has the new name: `merge` makes the two one
    void rename(std::string const& from, std::string const& to) {
        check_writable();
        detail::check_name(to);
        auto const p = living(from);
        if (from == to)
            return;
        auto const other = find(to);
        require<argument_error>(!other || photos_of(to).empty(), "there is a \"", to, "\" already; merge makes the two one person");
        if (other) // a name that nobody has any more
            return merge_numbers(p, *other);
        detail::record_writer entry;
        entry.number<std::uint64_t>(p);
        entry.text(to);
        change(kind::rename, entry.bytes);
    }
    /// Makes two people one, by the second one's name.
    ///
    /// @throws argument_error  when one of them is not there
    void merge(std::string const& from, std::string const& into) {
        check_writable();
        auto const a = living(from), b = living(into);
        require<argument_error>(a != b, "\"", from, "\" cannot be merged with itself");
        merge_numbers(a, b);
    }

    /// Folds the log into the file: removed photos go, places change. Happens by itself when many photos have been added.
    ///
    /// @throws io_error  when it cannot be written; nothing has changed then
    void fold() {
        check_writable();
        require<argument_error>(!path_.empty(), "a gallery in memory alone has no log to fold");
        write_to(path_, generation_ + 1);
        // From here on the new file counts: a log of an older generation is nobody's.
        auto lock = std::move(lock_);
        *this = reopened(std::move(lock));
    }
    /// Writes what is there to another file.
    ///
    /// @throws io_error  when it cannot be written
    void save_as(std::filesystem::path const& path) const {
        std::error_code ignored;
        require<argument_error>(path_.empty() || !std::filesystem::equivalent(path, path_, ignored), path.string(), ": is this gallery's own file");
        write_to(path, 0);
        std::filesystem::remove(log_path(path), ignored); // of what was there before
    }
    /// Takes in what another program has written since.
    ///
    /// @return whether anything is new; places have changed when `generation` has
    /// @throws io_error      when the file is gone
    /// @throws format_error  when it is damaged, or has become one of another network, distance or size; what was known stays
    bool refresh() {
        if (path_.empty() || lock_.is_open())
            return false;
        std::size_t const before = log_end_;
        if (!file_.is_replaced(path_) && read_log())
            return log_end_ != before;
        *this = open(path_, identity_);
        return true;
    }
    /// Reads every point, and says what is wrong with the first that is not finite.
    ///
    /// @throws numeric_error  when there is one
    void check_points() const {
        std::vector<float> space(dimensions());
        for (std::size_t place = 0; place < places(); ++place) {
            auto const rows = place < base_.rows ? base_ : tail_.view();
            std::size_t const row = place < base_.rows ? place : place - base_.rows;
            float const* const values = rows.decoded(row, space.data());
            require<numeric_error>(all_finite(dimensions(), values), path_.string(), ": the point at place ", place, " is not finite");
        }
    }

private:
    enum class kind : std::uint64_t { add = 1, remove = 2, rename = 3, merge = 4 };
    // The log: magic, the file's generation, their checksum. An entry: a mark, its own place in the log, kind, length, checksum of these and the body, the body.
    static constexpr std::string_view log_magic = "TRINELOG", entry_mark = "TRNENTRY";
    static constexpr std::size_t log_header_size = 24, entry_header_size = 40;

    // The log's file, locked while it is open for writing.
    class locked_file {
    public:
        locked_file() = default;
        locked_file(std::filesystem::path const& path, std::filesystem::path const& gallery_path) : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
            require<io_error>(file_ >= 0, path.string(), ": cannot be opened for writing: ", std::strerror(errno));
            if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
                ::close(std::exchange(file_, -1));
                fail<io_error>(gallery_path.string(), ": another program is writing to it");
            }
        }
        ~locked_file() {
            if (file_ >= 0)
                ::close(file_);
        }
        locked_file(locked_file&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
        locked_file& operator=(locked_file other) noexcept {
            std::swap(file_, other.file_);
            return *this;
        }
        bool is_open() const { return file_ >= 0; }
        // Writes at an offset and waits until the disk has it; on failure, cuts off what was written.
        void append(std::size_t offset, std::string_view bytes, std::string const& where) {
            std::size_t done = 0;
            int cause = 0;
            while (done < bytes.size() && cause == 0) {
                ssize_t const n = ::pwrite(file_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
                if (n > 0)
                    done += static_cast<std::size_t>(n);
                else if (n == 0 || errno != EINTR)
                    cause = n == 0 ? ENOSPC : errno;
            }
            if (cause == 0 && ::fdatasync(file_) != 0)
                cause = errno;
            if (cause != 0) {
                truncate(offset);
                fail<io_error>(where, ": cannot be written: ", std::strerror(cause));
            }
        }
        void truncate(std::size_t size) {
            if (::ftruncate(file_, static_cast<off_t>(size)) != 0) {
                // What is left behind has a wrong checksum, and the next entry is written over it.
            }
        }

    private:
        int file_ = -1;
    };

    gallery() : tail_(1) {}

    static std::uint64_t next_opened() {
        static std::atomic<std::uint64_t> count{0};
        return ++count;
    }
    static std::filesystem::path log_path(std::filesystem::path const& path) { return path.string() + ".log"; }

    gallery reopened(locked_file lock) const {
        gallery g;
        g.path_ = path_;
        g.lock_ = std::move(lock);
        g.open_base();
        g.start_log();
        return g;
    }
    void open_files(access mode) {
        if (mode == access::write) {
            require<io_error>(std::filesystem::exists(path_), path_.string(), ": there is no such file");
            lock_ = locked_file(log_path(path_), path_);
        }
        // Between the file and its log, another program may fold them: then the log is newer than the file, and the file is there anew.
        for (int attempt = 0;; ++attempt) {
            open_base();
            if (read_log())
                break;
            require<format_error>(attempt < 10, path_.string(), ": its log belongs to a later version of it");
        }
        if (lock_.is_open()) {
            if (log_end_ == 0)
                start_log();
            else
                lock_.truncate(log_end_); // what a crash cut short
        }
    }
    void start_log() {
        detail::record_writer header;
        header.raw(log_magic.data(), log_magic.size());
        header.number(generation_);
        header.number(io::checksum(header.bytes));
        lock_.truncate(0);
        lock_.append(0, header.bytes, path_.string());
        log_end_ = header.bytes.size();
    }

    void open_base() {
        auto const where = path_.string();
        file_ = io::mapped_file(path_);
        auto const bytes = file_.bytes();
        auto const header = io::safetensors_header::parse(bytes, where);
        auto const text = [&](char const* key) {
            auto const at = header.metadata.find(key);
            require<format_error>(at != header.metadata.end(), where, ": is not a gallery: its header does not say \"", key, "\"");
            return at->second;
        };
        require<format_error>(text("format") == detail::gallery_format, where, ": is not a gallery of this version: it says \"", text("format"), "\", not \"", detail::gallery_format, "\"");
        require<format_error>(text("storage") == Storage::name, where, ": its points are stored as ", text("storage"), ", not ", Storage::name);
        auto const generation = text("generation");
        require<format_error>(!generation.empty() && generation.size() < 19 && generation.find_first_not_of("0123456789") == std::string::npos, where, ": its generation is \"", generation,
                              "\", not a number");
        auto const find_tensor = [&](char const* name, char const* dtype, std::size_t dimensions) -> io::tensor_entry const& {
            auto const at = header.entries.find(name);
            require<format_error>(at != header.entries.end(), where, ": has no tensor \"", name, "\"");
            require<format_error>(at->second.dtype == dtype && at->second.shape.size() == dimensions, where, ": tensor \"", name, "\" is not made of ", dtype, " in ", dimensions, " dimensions");
            return at->second;
        };
        auto const& points = find_tensor("points", detail::storage_dtype<Storage>(), 2);
        std::size_t const n = points.shape[0], d = points.shape[1];
        require<format_error>(d > 0, where, ": its points have no values");
        char const* const data = bytes.data() + header.data;
        auto const list = [&](char const* name, char const* dtype, std::optional<std::size_t> count) {
            auto const& e = find_tensor(name, dtype, 1);
            require<format_error>(!count || e.shape[0] == *count, where, ": tensor \"", name, "\" has ", e.shape[0], " values for ", n, " photos");
            return std::string_view(data + e.first, e.size);
        };
        auto const aligned = [&](void const* p, std::size_t to, char const* name) {
            require<format_error>(reinterpret_cast<std::uintptr_t>(p) % to == 0, where, ": tensor \"", name, "\" does not begin at a multiple of ", to, " bytes");
        };
        auto const* const codes = reinterpret_cast<typename Storage::scalar const*>(data + points.first);
        aligned(codes, alignof(typename Storage::scalar), "points");
        float const* scales = nullptr;
        if constexpr (Storage::is_scaled) {
            scales = reinterpret_cast<float const*>(list("scales", "F32", n).data());
            aligned(scales, alignof(float), "scales");
        }
        auto const name_ends = list("name_ends", "U64", {});
        detail::packed_texts const names(list("names", "U8", {}), name_ends.data(), name_ends.size() / 8), sources(list("sources", "U8", {}), list("source_ends", "U64", n).data(), n);
        require<format_error>(names.is_consistent() && sources.is_consistent(), where, ": its names or sources do not end where they should");
        char const* const labels = list("labels", "U32", n).data();
        std::uint32_t largest = 0;
        for (std::size_t i = 0; i < n; ++i)
            largest = std::max(largest, label_at(labels, i));
        require<format_error>(n == 0 || largest < names.size(), where, ": a photo of person ", largest, " of ", names.size());
        // All is well: take it.
        opened_ = next_opened();
        identity_ = {text("network"), text("distance"), d};
        generation_ = std::stoull(generation);
        base_ = {codes, scales, n, d};
        base_names_ = names, base_sources_ = sources, base_labels_ = labels;
        tail_ = row_buffer<Storage>(d);
        tail_names_.clear(), tail_sources_.clear(), tail_people_.clear(), renamed_.clear(), merged_.clear(), removed_.clear(), removals_.clear(), numbers_.clear();
        numbers_known_ = false, log_end_ = 0;
    }

    // Takes in the log's entries behind `log_end_`. False when the log belongs to a later version of the file.
    bool read_log() {
        auto const where = path_.string();
        std::error_code none;
        if (!std::filesystem::exists(log_path(path_), none))
            return true;
        io::mapped_file const log(log_path(path_));
        auto bytes = log.bytes();
        if (bytes.size() < log_header_size)
            return true; // just being begun
        std::uint64_t generation, sum;
        std::memcpy(&generation, bytes.data() + 8, 8);
        std::memcpy(&sum, bytes.data() + 16, 8);
        bool const whole = bytes.substr(0, 8) == log_magic && sum == io::checksum(bytes.substr(0, 16));
        require<format_error>(whole || bytes.size() == log_header_size, where, ".log: is not a gallery's log");
        if (!whole || generation < generation_)
            return true; // of before the last fold: its entries are in the file
        if (generation > generation_)
            return false;
        log_end_ = std::max(log_end_, log_header_size);
        while (auto const entry = entry_at(bytes, log_end_)) {
            apply(entry->what, entry->body);
            log_end_ += entry_header_size + entry->body.size();
        }
        // What a crash cut short is the last of all. Where a whole entry follows, it is damage.
        for (std::size_t at = log_end_; (at = bytes.find(entry_mark, at + 1)) != std::string_view::npos;)
            require<format_error>(!entry_at(bytes, at), where, ".log: is damaged at byte ", log_end_);
        return true;
    }
    struct log_entry {
        kind what;
        std::string_view body;
    };
    // The entry at a place of the log; nothing where there is none, or not a whole one.
    static std::optional<log_entry> entry_at(std::string_view log, std::size_t at) {
        if (log.size() < entry_header_size || at > log.size() - entry_header_size || log.substr(at, 8) != entry_mark)
            return {};
        std::uint64_t fields[4];
        std::memcpy(fields, log.data() + at + 8, sizeof fields);
        auto const [place, what, length, sum] = fields;
        if (place != at || length > log.size() - entry_header_size - at)
            return {};
        auto const body = log.substr(at + entry_header_size, length);
        if (sum != io::checksum(body, io::checksum(log.substr(at, entry_header_size - 8))))
            return {};
        return log_entry{static_cast<kind>(what), body};
    }

    // Writes an entry, then does what it says: what is in memory is always what the log would give.
    void change(kind what, std::string const& body) {
        if (!path_.empty()) {
            detail::record_writer entry;
            entry.raw(entry_mark.data(), entry_mark.size());
            entry.number(static_cast<std::uint64_t>(log_end_));
            entry.number(static_cast<std::uint64_t>(what));
            entry.number(static_cast<std::uint64_t>(body.size()));
            entry.number(io::checksum(body, io::checksum(entry.bytes)));
            entry.bytes += body;
            lock_.append(log_end_, entry.bytes, path_.string());
            log_end_ += entry.bytes.size();
        }
        apply(what, body);
    }
    // Checks a whole entry before any of it is taken.
    void apply(kind what, std::string_view body) {
        std::string const where = path_.string();
        detail::record_reader entry(body, where);
        auto const number_of_person = [&](std::uint64_t p, std::size_t below) {
            require<format_error>(p < below, where, ": an entry of its log names person ", p, " of ", below);
            return static_cast<std::size_t>(p);
        };
        if (what == kind::add) {
            std::vector<std::string> names(entry.count(4));
            for (auto& name : names) {
                name = entry.text();
                require<format_error>(!name.empty(), where, ": an entry of its log has a person without a name");
            }
            std::size_t const n = entry.count(8);
            std::vector<std::size_t> people(n);
            for (auto& p : people)
                p = number_of_person(entry.number<std::uint64_t>(), person_numbers() + names.size());
            std::vector<std::string> sources(n);
            for (auto& source : sources)
                source = entry.text();
            // Copied to where floats may lie.
            std::vector<typename Storage::scalar> codes(n * dimensions());
            std::vector<float> scales(Storage::is_scaled ? n : 0);
            auto const code_bytes = entry.take(codes.size() * sizeof(typename Storage::scalar));
            if (!codes.empty())
                std::memcpy(codes.data(), code_bytes.data(), code_bytes.size());
            if constexpr (Storage::is_scaled)
                if (n > 0)
                    std::memcpy(scales.data(), entry.take(n * sizeof(float)).data(), n * sizeof(float));
            entry.end();
            tail_.add(stored_rows<Storage>(codes.data(), Storage::is_scaled ? scales.data() : nullptr, n, dimensions()));
            for (auto& name : names) {
                if (numbers_known_)
                    numbers_.emplace(name, person_numbers());
                tail_names_.push_back(std::move(name));
            }
            tail_people_.insert(tail_people_.end(), people.begin(), people.end());
            std::move(sources.begin(), sources.end(), std::back_inserter(tail_sources_));
        } else if (what == kind::remove) {
            std::vector<std::size_t> all(entry.count(8));
            std::set<std::size_t> once;
            for (auto& place : all) {
                place = static_cast<std::size_t>(entry.number<std::uint64_t>());
                require<format_error>(place < places() && !is_removed(place) && once.insert(place).second, where, ": an entry of its log removes a photo that is not there");
            }
            entry.end();
            removed_.resize(std::max(removed_.size(), places()));
            for (std::size_t place : all)
                removed_[place] = true;
            removals_.insert(removals_.end(), all.begin(), all.end());
        } else if (what == kind::rename) {
            auto const p = number_of_person(entry.number<std::uint64_t>(), person_numbers());
            std::string name(entry.text());
            entry.end();
            require<format_error>(!name.empty(), where, ": an entry of its log takes a person's name away");
            if (numbers_known_) {
                numbers_.erase(std::string(person_name(p)));
                numbers_[name] = p;
            }
            renamed_[p] = std::move(name);
        } else if (what == kind::merge) {
            auto const from = number_of_person(entry.number<std::uint64_t>(), person_numbers()), into = number_of_person(entry.number<std::uint64_t>(), person_numbers());
            entry.end();
            require<format_error>(from != into && !merged_.contains(from) && !merged_.contains(into), where, ": an entry of its log merges people who are not there");
            if (numbers_known_)
                numbers_.erase(std::string(person_name(from)));
            merged_[from] = into;
            for (auto& [a, b] : merged_)
                if (b == from)
                    b = into;
        } else
            fail<format_error>(where, ": an entry of its log is of an unknown kind, ", static_cast<std::uint64_t>(what), "; a later version may have written it");
    }

    void merge_numbers(std::size_t from, std::size_t into) {
        detail::record_writer entry;
        entry.number<std::uint64_t>(from);
        entry.number<std::uint64_t>(into);
        change(kind::merge, entry.bytes);
    }
    void fold_when_large() {
        if (!path_.empty() && tail_.rows() > base_.rows / 4 + 65536)
            fold();
    }
    void write_to(std::filesystem::path const& path, std::uint64_t generation) const {
        gallery_builder<Storage> builder(path, identity_, generation);
        auto const added = tail_.view();
        for (std::size_t place = 0; place < places(); ++place)
            if (!is_removed(place)) {
                bool const in_file = place < base_.rows;
                std::size_t const row = in_file ? place : place - base_.rows;
                auto const& rows = in_file ? base_ : added;
                builder.add_encoded(person_name(person_at(place)), in_file ? base_sources_[row] : std::string_view(tail_sources_[row]), rows.row(row), rows.scale(row));
            }
        builder.commit();
    }

    void check_place(std::size_t place) const { require<argument_error>(place < places(), "there is no photo at place ", place, " of ", places()); }
    void check_writable() const { require<io_error>(path_.empty() || lock_.is_open(), path_.string(), ": was opened for reading only"); }

    static std::uint32_t label_at(char const* labels, std::size_t i) {
        std::uint32_t v;
        std::memcpy(&v, labels + 4 * i, 4);
        return v;
    }
    std::size_t person_at(std::size_t place) const {
        check_place(place);
        std::size_t const p = place < base_.rows ? label_at(base_labels_, place) : tail_people_[place - base_.rows];
        if (merged_.empty())
            return p;
        auto const at = merged_.find(p);
        return at == merged_.end() ? p : at->second;
    }
    std::string_view person_name(std::size_t p) const {
        if (!renamed_.empty())
            if (auto const at = renamed_.find(p); at != renamed_.end())
                return at->second;
        return p < base_names_.size() ? base_names_[p] : std::string_view(tail_names_[p - base_names_.size()]);
    }
    // The person of a name, with photos or without. Names are looked up in a table from the first time on.
    std::optional<std::size_t> find(std::string const& name) const {
        if (!numbers_known_) {
            numbers_.clear();
            for (std::size_t p = 0; p < person_numbers(); ++p)
                if (!merged_.contains(p))
                    numbers_.emplace(person_name(p), p);
            numbers_known_ = true;
        }
        auto const at = numbers_.find(name);
        return at == numbers_.end() ? std::nullopt : std::optional(at->second);
    }
    std::size_t living(std::string const& name) const {
        auto const p = find(name);
        require<argument_error>(p && !photos_of(name).empty(), "there is nobody called \"", name, "\"");
        return *p;
    }

    std::filesystem::path path_; // empty in memory alone
    gallery_identity identity_;
    std::uint64_t generation_ = 0;            // of the file, counting folds
    std::uint64_t opened_ = next_opened();    // of this program, counting files opened
    io::mapped_file file_;
    locked_file lock_;
    std::size_t log_end_ = 0;
    stored_rows<Storage> base_;
    detail::packed_texts base_names_, base_sources_;
    char const* base_labels_ = nullptr;
    row_buffer<Storage> tail_;
    std::vector<std::string> tail_names_, tail_sources_;
    std::vector<std::size_t> tail_people_;
    std::unordered_map<std::size_t, std::string> renamed_;
    std::unordered_map<std::size_t, std::size_t> merged_;
    std::vector<bool> removed_;
    std::vector<std::size_t> removals_;
    mutable std::unordered_map<std::string, std::size_t> numbers_;
    mutable bool numbers_known_ = false;
};

/// An index over a gallery's photos, which follows what is added to the gallery and removed from it.
template <class Neighbors, class Distance, class Storage = storage::float32>
class gallery_search {
public:
    using index_type = typename Neighbors::template index<Distance>;

    explicit gallery_search(Distance distance = {}) : distance_(distance) {}

    /// Takes in what has changed in the gallery. Searches do that by themselves.
    void update(gallery<Storage> const& g) {
        if (!index_ || g.generation() != generation_) {
            index_.emplace(g.dimensions(), distance_);
            seen_ = seen_removals_ = 0, generation_ = g.generation();
            // Rows of the file stay where they are, and need no copy where the index reads them as they are stored.
            if constexpr (requires { index_->borrow(g.file_rows()); })
                index_->borrow(g.file_rows()), seen_ = g.file_rows().rows;
            else if constexpr (std::is_same_v<Storage, storage::float32> && requires { index_->add_kept(matrix_view<float const>{}); })
                index_->add_kept({g.file_rows().codes, g.file_rows().rows, g.dimensions()}), seen_ = g.file_rows().rows;
        }
        // In large blocks, because some kinds of index learn from the first.
        constexpr std::size_t block = 1 << 16;
        std::vector<float> decoded;
        while (seen_ < g.places()) {
            std::size_t const count = std::min(block, g.places() - seen_);
            decoded.resize(count * g.dimensions());
            for (std::size_t i = 0; i < count; ++i) {
                auto const p = g.point(seen_ + i);
                std::copy(p.begin(), p.end(), decoded.begin() + static_cast<std::ptrdiff_t>(i * g.dimensions()));
            }
            index_->add(matrix_view<float const>(decoded.data(), count, g.dimensions()));
            seen_ += count;
        }
        for (; seen_removals_ < g.removals().size(); ++seen_removals_)
            index_->remove(g.removals()[seen_removals_]);
    }
    /// The k nearest photos of each query: places in the gallery.
    ///
    /// @throws as the index's search
    neighbor_lists search(gallery<Storage> const& g, matrix_view<float const> queries, std::size_t k) {
        update(g);
        return index_->search(queries, k);
    }
    /// The index itself, once there has been a search.
    index_type& index() {
        require<argument_error>(index_.has_value(), "there is no index before the first search");
        return *index_;
    }

private:
    Distance distance_;
    std::optional<index_type> index_;
    std::uint64_t generation_ = 0;
    std::size_t seen_ = 0, seen_removals_ = 0;
};

} // namespace trine::neighbors
