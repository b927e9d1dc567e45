#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../core/config.hpp"
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
/// log (`.log`) of what changed since, which grows by one entry a change. When the log has become large, the gallery is
/// compacted: written to a new file, with an empty log. An entry that a crash cut short counts for nothing, and the
/// file is replaced as a whole; so a gallery is always what it was before a change or after it. One program may write
/// to it while others read; `refresh` shows them what is new. A link is the gallery that it leads to.
///
/// File and log belong together, and know each other: a file whose log has been left behind is refused, and a log of
/// another gallery, or of what a backup has replaced, is never read. A gallery that has just been compacted has no log,
/// and its file is the whole of it.
///
/// What is in it (names, sources, points, people) is asked through `gallery_content.hpp`. A photo has a place, 0, 1, …,
/// which stays until the gallery is compacted (`layout` changes then). A removed photo's place stays empty.
template <class Storage = storage::float32>
class gallery : public detail::gallery_content<Storage> {
    using content = detail::gallery_content<Storage>;

public:
    using storage_type = Storage;
    using content::dimensions, content::identity, content::is_removed, content::person, content::person_numbers,
        content::photos_of, content::places, content::size;

    /// A gallery in memory alone.
    explicit gallery(gallery_identity of);
    /// Makes an empty gallery in a file, and opens it for writing.
    ///
    /// @throws io_error  when there is a file already, or it cannot be written
    static gallery create(std::filesystem::path const& path, gallery_identity const& of);
    /// Opens a gallery's file. A million photos take milliseconds: of their points none is read.
    ///
    /// @throws io_error      when it cannot be read, or another program is writing to it
    /// @throws format_error  when it is damaged, or of another storage, network, distance or size of points
    static gallery open(std::filesystem::path const& path, gallery_identity const& expected,
                        access mode = access::read);
    /// The same, whatever network and distance it is of.
    static gallery open(std::filesystem::path const& path, access mode = access::read);

    gallery(gallery&& other) noexcept = default;
    gallery& operator=(gallery&& other) noexcept = default;

    std::filesystem::path const& path() const { return path_; }
    /// Where another gallery's log has been put that lay in the place of this one's when it was opened for writing;
    /// empty when none did.
    std::filesystem::path const& set_aside() const { return log_.set_aside(); }
    /// Another number whenever places and stored rows are not what they were: when the gallery has been compacted, or
    /// another file has taken its file's place.
    std::uint64_t layout() const { return layout_; }

    /// Says which network has made the points of a gallery in memory.
    ///
    /// @throws argument_error  when it is in a file, which says that itself
    void set_network(std::string network);

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
                    matrix_view<float const> points);
    std::size_t add(std::string const& name, std::string const& source, std::span<float const> point);
    /// The same with points that are stored already.
    std::size_t add_stored(std::span<std::string const> names, std::span<std::string const> sources,
                           stored_rows<Storage> points);

    /// Removes photos.
    ///
    /// @throws argument_error  when there is no photo at one of the places; none is removed then
    void remove(std::span<std::size_t const> leaving);
    /// Removes a person with all photos.
    ///
    /// @return how many photos that were
    /// @throws argument_error  when there is no such person
    std::size_t remove(std::string const& name);
    /// Gives a person another name.
    ///
    /// @throws argument_error  when there is no such person, or somebody else has the new name: `merge` makes the two
    /// one
    void rename(std::string const& from, std::string const& to);
    /// Makes two people one, by the second one's name.
    ///
    /// @throws argument_error  when one of them is not there
    void merge(std::string const& from, std::string const& into);

    /// Removes a person with all photos, and every byte about them from file, log and what crashes have left beside
    /// them; so also of a person whose photos have been removed before. In memory alone it removes the photos. Copies,
    /// and what a disk keeps of deleted files, are out of its reach.
    ///
    /// @return how many photos were there until now
    /// @throws argument_error  when there never was such a person since the gallery was compacted
    /// @throws io_error        when it cannot be written
    std::size_t purge(std::string const& name);
    /// The same of all photos that have been removed.
    void purge();

    /// Writes all changes into a new file, without a log: removed photos leave it, places change. Happens by itself
    /// when many photos have been added, and when a file of an earlier version or one with several names (hard links)
    /// is opened for writing.
    ///
    /// @throws io_error  when it cannot be written; nothing has changed then
    void compact();
    /// Writes what is there to another file.
    ///
    /// @throws io_error  when it cannot be written, or another program has the gallery there open for writing
    void save_as(std::filesystem::path const& path) const;
    /// Takes in what another program has written since.
    ///
    /// @return whether anything is new; places have changed when `layout` has
    /// @throws io_error      when the file is gone
    /// @throws format_error  when it is damaged, or has become one of another network, distance or size; what was known
    /// stays
    bool refresh();
    /// Reads every point, and says what is wrong with the first that is not finite.
    ///
    /// @throws numeric_error  when there is one
    void check_points() const;

private:
    using typename content::kind;
    using content::base_, content::tail_;

    gallery() = default;

    static std::uint64_t next_layout();

    void open_files();
    void open_base();
    // What is wrong with the log, see `gallery_log::read`; and whether there was anything new.
    std::pair<std::string, bool> read_log();
    void begin_log();
    // Writes all into a new file, which says that the log's entries are in it.
    void fold();
    void remove_leftovers() const;

    void check_addition(std::size_t names, std::size_t sources, std::size_t rows, std::size_t cols) const;
    void check_writable() const;
    // Writes an entry, then does what it says: what is in memory is always what the log would give.
    void change(kind what, std::string const& body);
    // The same for `count` added photos. Returns the first one's place.
    std::size_t change_by_adding(std::size_t count, std::string const& body);
    void write_to(gallery_builder<Storage>& builder) const;

    std::filesystem::path path_, real_; // empty in memory alone; where links lead
    std::uint64_t layout_ = next_layout();
    detail::gallery_log log_;
    bool is_behind_ = false; // the file that was made of it could not be opened
};

} // namespace trine::neighbors

#ifdef TRINE_HEADER_ONLY
#include "gallery_impl.hpp"
#endif
