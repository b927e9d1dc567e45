#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "gallery_content.hpp"
#include "gallery_file.hpp"
#include "gallery_log.hpp"
#include "rows.hpp"

namespace trine::neighbors {

/// Whether a gallery's file is opened to look or to change.
enum class access { read, write };

/// Known people: for each photo a point, a name, and where it came from.
///
/// A gallery lives in memory alone, or in a file: a safetensors file at its path, opened by memory map, and beside it a
/// log (`.log`) of what changed since, which grows by one entry a change and is folded into the file when it has become
/// large. An entry that a crash cut short counts for nothing, and the file is replaced as a whole; so a gallery is
/// always what it was before a change or after it. One program may write to it while others read; `refresh` shows them
/// what is new.
///
/// What is in it (names, sources, points, people) is asked through `gallery_content.hpp`. A photo has a place, 0, 1, …,
/// which stays until the log is folded (`generation` changes then). A removed photo's place stays empty.
template <class Storage = storage::float32>
class gallery : public detail::gallery_content<Storage> {
    using content = detail::gallery_content<Storage>;

public:
    using storage_type = Storage;
    using content::dimensions, content::identity, content::is_removed, content::person, content::person_numbers,
        content::photos_of, content::places, content::size;

    /// A gallery in memory alone.
    explicit gallery(gallery_identity of) : content(of.dimensions) {
        require<argument_error>(of.dimensions > 0, "a gallery's points need at least one value");
        base_.rows.cols = of.dimensions;
        base_.identity = std::move(of);
    }
    /// Makes an empty gallery in a file, and opens it for writing.
    ///
    /// @throws io_error  when there is a file already, or it cannot be written
    static gallery create(std::filesystem::path const& path, gallery_identity const& of) {
        require<io_error>(!std::filesystem::exists(path), path.string(), ": is there already");
        gallery_builder<Storage>(path, of).commit();
        return open(path, of, access::write);
    }
    /// Opens a gallery's file. A million photos take milliseconds: of their points none is read.
    ///
    /// @throws io_error      when it cannot be read, or another program is writing to it
    /// @throws format_error  when it is damaged, or of another storage, network, distance or size of points
    static gallery open(std::filesystem::path const& path, gallery_identity const& expected,
                        access mode = access::read) {
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

    std::filesystem::path const& path() const { return path_; }
    /// Another number whenever places and stored rows are not what they were: when the log has been folded into the
    /// file, or another file taken its place.
    std::uint64_t generation() const { return opened_; }

    /// Adds photos; people of equal names are one. All are added, or (when this throws) none.
    ///
    /// @param names, sources  one a photo
    /// @param points          N×D
    /// @return the first one's place
    /// @throws shape_error     when the numbers of names, sources and points differ, or the points' size is another
    /// @throws numeric_error   when a point is not finite, or does not fit the storage
    /// @throws argument_error  when a name is empty
    /// @throws io_error        when it cannot be written to, or the disk is full
    std::size_t add(std::span<std::string const> names, std::span<std::string const> sources,
                    matrix_view<float const> points) {
        check_addition(names.size(), sources.size(), points.rows(), points.cols());
        if (names.empty())
            return places();
        change(kind::add, this->add_entry(names, sources, points));
        fold_when_large();
        return places() - names.size();
    }
    /// The same with points that are stored already.
    std::size_t add_stored(std::span<std::string const> names, std::span<std::string const> sources,
                           stored_rows<Storage> points) {
        check_addition(names.size(), sources.size(), points.rows, points.cols);
        if (names.empty())
            return places();
        std::vector<float> space(points.cols);
        for (std::size_t i = 0; i < points.rows; ++i)
            require_finite(matrix_view<float const>(points.decoded(i, space.data()), 1, points.cols), "embedding",
                           " of those to be added");
        change(kind::add, this->add_entry(names, sources, points));
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
        auto const entry = this->remove_entry(places_to_go);
        if (!places_to_go.empty())
            change(kind::remove, entry);
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
    /// @throws argument_error  when there is no such person, or somebody else has the new name: `merge` makes the two
    /// one
    void rename(std::string const& from, std::string const& to) {
        check_writable();
        detail::check_name(to);
        auto const p = this->living(from);
        if (from == to)
            return;
        auto const other = this->find(to);
        require<argument_error>(!other || photos_of(to).empty(), "there is a \"", to,
                                "\" already; merge makes the two one person");
        if (other) // a name that nobody has any more
            return change(kind::merge, this->merge_entry(p, *other));
        change(kind::rename, this->rename_entry(p, to));
    }
    /// Makes two people one, by the second one's name.
    ///
    /// @throws argument_error  when one of them is not there
    void merge(std::string const& from, std::string const& into) {
        check_writable();
        auto const a = this->living(from), b = this->living(into);
        require<argument_error>(a != b, "\"", from, "\" cannot be merged with itself");
        change(kind::merge, this->merge_entry(a, b));
    }

    /// Folds the log into the file: removed photos go, places change. Happens by itself when many photos have been
    /// added.
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
        require<argument_error>(path_.empty() || !std::filesystem::equivalent(path, path_, ignored), path.string(),
                                ": is this gallery's own file");
        write_to(path, 0);
        std::filesystem::remove(detail::gallery_log::path_of(path), ignored); // of what was there before
    }
    /// Takes in what another program has written since.
    ///
    /// @return whether anything is new; places have changed when `generation` has
    /// @throws io_error      when the file is gone
    /// @throws format_error  when it is damaged, or has become one of another network, distance or size; what was known
    /// stays
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
            auto const [rows, row] = this->stored_at(place);
            float const* const values = rows.decoded(row, space.data());
            require<numeric_error>(all_finite(dimensions(), values), path_.string(), ": the point at place ", place,
                                   " is not finite");
        }
    }

private:
    using typename content::kind;
    using content::base_, content::tail_;

    gallery() = default;

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
        // Between the file and its log, another program may fold them: then the log is newer than the file, and the
        // file is there anew.
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
        this->begin(detail::gallery_file<Storage>::open(path_));
        opened_ = next_opened();
    }
    bool read_log() {
        return log_.read(base_.generation, [&](std::uint64_t what, std::string_view body, std::size_t left) {
            tail_.reserve(tail_.rows() + left / this->row_bytes()); // at most so many more
            this->apply(static_cast<kind>(what), body, path_.string());
        });
    }

    // Writes an entry, then does what it says: what is in memory is always what the log would give.
    void change(kind what, std::string const& body) {
        if (!path_.empty())
            log_.append(static_cast<std::uint64_t>(what), body);
        this->apply(what, body, path_.string());
    }
    // Opening reads the whole log: a million photos with 127 000 more in the log are open in 30 ms, and folding them
    // takes 0.6 s (benchmarks/large_gallery --logged).
    void fold_when_large() {
        if (!path_.empty() && tail_.rows() > base_.rows.rows / 16 + 65536)
            fold();
    }
    void write_to(std::filesystem::path const& path, std::uint64_t generation) const {
        gallery_builder<Storage> builder(path, identity(), generation);
        for (std::size_t place = 0; place < places(); ++place)
            if (!is_removed(place)) {
                auto const [rows, row] = this->stored_at(place);
                builder.add_encoded(this->person_name(person(place)), this->source_at(place), rows.row(row),
                                    rows.scale(row));
            }
        builder.commit();
    }

    void check_addition(std::size_t names, std::size_t sources, std::size_t rows, std::size_t cols) const {
        require<shape_error>(cols == dimensions(), "points of ", cols, " values for a gallery of ", dimensions());
        require<shape_error>(names == rows && sources == rows, names, " names and ", sources, " sources for ", rows,
                             " points");
        check_writable();
    }
    void check_writable() const {
        require<io_error>(path_.empty() || log_.is_writable(), path_.string(), ": was opened for reading only");
    }

    std::filesystem::path path_; // empty in memory alone
    std::uint64_t opened_ = next_opened();
    detail::gallery_log log_;
};

} // namespace trine::neighbors
