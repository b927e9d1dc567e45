#pragma once

#include <algorithm>
#include <atomic>
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
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "gallery_file.hpp"
#include "gallery_log.hpp"
#include "rows.hpp"

namespace trine::neighbors {

/// Whether a gallery's file is opened to look or to change.
enum class access { read, write };

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
    explicit gallery(gallery_identity identity) : tail_(identity.dimensions) {
        require<argument_error>(identity.dimensions > 0, "a gallery's points need at least one value");
        base_.rows.cols = identity.dimensions;
        base_.identity = std::move(identity);
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
        detail::check_identity(path.string(), g.identity(), expected);
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

    gallery_identity const& identity() const { return base_.identity; }
    std::size_t dimensions() const { return base_.identity.dimensions; }
    std::filesystem::path const& path() const { return path_; }
    /// Places, those of removed photos too.
    std::size_t places() const { return base_.rows.rows + tail_.rows(); }
    /// Photos that are there.
    std::size_t size() const { return places() - removals_.size(); }
    bool is_removed(std::size_t place) const { return place < removed_.size() && removed_[place]; }
    /// Places in the order in which they were removed.
    std::vector<std::size_t> const& removals() const { return removals_; }
    /// Another number whenever places and stored rows are not what they were: when the log has been folded into the file, or another file taken its place.
    std::uint64_t generation() const { return opened_; }

    /// Who is on the photo at a place.
    std::string name(std::size_t place) const { return std::string(person_name(person(place))); }
    /// Where the photo at a place came from.
    std::string source(std::size_t place) const { return std::string(source_at(place)); }
    /// The number of the person at a place: equal for photos of one person, and below `person_numbers`.
    std::size_t person(std::size_t place) const {
        check_place(place);
        std::size_t const p = place < base_.rows.rows ? base_.person(place) : tail_people_[place - base_.rows.rows];
        auto const at = merged_.find(p);
        return at == merged_.end() ? p : at->second;
    }
    std::size_t person_numbers() const { return base_.names.size() + tail_names_.size(); }
    std::string person_label(std::size_t number) const {
        require<argument_error>(number < person_numbers(), "there is no person ", number, " of ", person_numbers());
        return std::string(person_name(number));
    }
    /// The point at a place, as floats.
    std::vector<float> point(std::size_t place) const {
        std::vector<float> values(dimensions());
        copy_point(place, values.data());
        return values;
    }
    /// The same, to where somebody wants it.
    void copy_point(std::size_t place, float* to) const {
        auto const [rows, row] = stored_at(place);
        Storage::decode(dimensions(), rows.row(row), rows.scale(row), to);
    }
    /// The points in the file, as stored; they stay where they are until `generation` changes. Those of the last places were added since.
    stored_rows<Storage> file_rows() const { return base_.rows; }

    /// People with at least one photo, and how many each has, by name.
    std::map<std::string, std::size_t> people() const {
        std::vector<std::size_t> photos(person_numbers());
        for (std::size_t place = 0; place < places(); ++place)
            if (!is_removed(place))
                ++photos[person(place)];
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
                if (!is_removed(place) && person(place) == *p)
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
        if (names.empty())
            return places();
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
        return places() - names.size();
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
        write_to(path_, base_.generation + 1);
        // From here on the new file counts: a log of an older generation is nobody's.
        gallery fresh;
        fresh.path_ = path_, fresh.log_ = std::move(log_);
        fresh.open_base();
        fresh.log_.begin(fresh.base_.generation);
        *this = std::move(fresh);
    }
    /// Writes what is there to another file.
    ///
    /// @throws io_error  when it cannot be written
    void save_as(std::filesystem::path const& path) const {
        std::error_code ignored;
        require<argument_error>(path_.empty() || !std::filesystem::equivalent(path, path_, ignored), path.string(), ": is this gallery's own file");
        write_to(path, 0);
        std::filesystem::remove(detail::gallery_log::path_of(path), ignored); // of what was there before
    }
    /// Takes in what another program has written since.
    ///
    /// @return whether anything is new; places have changed when `generation` has
    /// @throws io_error      when the file is gone
    /// @throws format_error  when it is damaged, or has become one of another network, distance or size; what was known stays
    bool refresh() {
        if (path_.empty() || log_.is_writable())
            return false;
        std::size_t const before = log_.end();
        if (!base_.file.is_replaced(path_) && read_log())
            return log_.end() != before;
        *this = open(path_, identity());
        return true;
    }
    /// Reads every point, and says what is wrong with the first that is not finite.
    ///
    /// @throws numeric_error  when there is one
    void check_points() const {
        std::vector<float> space(dimensions());
        for (std::size_t place = 0; place < places(); ++place) {
            auto const [rows, row] = stored_at(place);
            float const* const values = rows.decoded(row, space.data());
            require<numeric_error>(all_finite(dimensions(), values), path_.string(), ": the point at place ", place, " is not finite");
        }
    }

private:
    enum class kind : std::uint64_t { add = 1, remove = 2, rename = 3, merge = 4 };

    gallery() : tail_(1) {}

    static std::uint64_t next_opened() {
        static std::atomic<std::uint64_t> count{0};
        return ++count;
    }

    void open_files(access mode) {
        log_ = detail::gallery_log(path_);
        if (mode == access::write) {
            require<io_error>(std::filesystem::exists(path_), path_.string(), ": there is no such file");
            log_.lock();
        }
        // Between the file and its log, another program may fold them: then the log is newer than the file, and the file is there anew.
        for (int attempt = 0;; ++attempt) {
            open_base();
            if (read_log())
                break;
            require<format_error>(attempt < 10, path_.string(), ": its log belongs to a later version of it");
        }
        if (log_.is_writable())
            log_.go_on(base_.generation);
    }
    void open_base() {
        base_ = detail::gallery_file<Storage>::open(path_);
        opened_ = next_opened();
        tail_ = row_buffer<Storage>(dimensions());
    }
    bool read_log() {
        return log_.read(base_.generation, [&](std::uint64_t what, std::string_view body) { apply(static_cast<kind>(what), body); });
    }

    // Writes an entry, then does what it says: what is in memory is always what the log would give.
    void change(kind what, std::string const& body) {
        if (!path_.empty())
            log_.append(static_cast<std::uint64_t>(what), body);
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
        if (!path_.empty() && tail_.rows() > base_.rows.rows / 4 + 65536)
            fold();
    }
    void write_to(std::filesystem::path const& path, std::uint64_t generation) const {
        gallery_builder<Storage> builder(path, identity(), generation);
        for (std::size_t place = 0; place < places(); ++place)
            if (!is_removed(place)) {
                auto const [rows, row] = stored_at(place);
                builder.add_encoded(person_name(person(place)), source_at(place), rows.row(row), rows.scale(row));
            }
        builder.commit();
    }

    void check_place(std::size_t place) const { require<argument_error>(place < places(), "there is no photo at place ", place, " of ", places()); }
    void check_writable() const { require<io_error>(path_.empty() || log_.is_writable(), path_.string(), ": was opened for reading only"); }

    // The rows that hold a place's point, and which of them it is.
    std::pair<stored_rows<Storage>, std::size_t> stored_at(std::size_t place) const {
        check_place(place);
        return place < base_.rows.rows ? std::pair(base_.rows, place) : std::pair(tail_.view(), place - base_.rows.rows);
    }
    std::string_view source_at(std::size_t place) const {
        check_place(place);
        return place < base_.rows.rows ? base_.sources[place] : std::string_view(tail_sources_[place - base_.rows.rows]);
    }
    std::string_view person_name(std::size_t p) const {
        if (auto const at = renamed_.find(p); at != renamed_.end())
            return at->second;
        return p < base_.names.size() ? base_.names[p] : std::string_view(tail_names_[p - base_.names.size()]);
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
    std::uint64_t opened_ = next_opened();
    detail::gallery_file<Storage> base_;
    detail::gallery_log log_;
    // What the log has changed: photos added, people renamed or merged into others, places removed.
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

} // namespace trine::neighbors
