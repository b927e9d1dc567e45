#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../core/view.hpp"
#include "gallery_file.hpp"
#include "rows.hpp"

namespace trine::neighbors::detail {

// Numbers of people by their names, once somebody has asked for one.
struct number_table;
std::shared_ptr<number_table> make_number_table();

/// What a gallery holds: the photos and people of its file, and what entries of the log have changed since. Says what
/// an entry is: writes it, and does what it says.
///
/// It knows the bytes of an entry, not where they are kept. What does not change it (const) may be called by many
/// threads.
template <class Storage>
class gallery_content {
public:
    gallery_identity const& identity() const { return base_.identity; }
    std::size_t dimensions() const { return base_.identity.dimensions; }
    /// Places, those of removed photos too.
    std::size_t places() const { return base_.rows.rows + tail_.rows(); }
    /// Photos that are there.
    std::size_t size() const { return places() - removals_.size(); }
    bool is_removed(std::size_t place) const { return place < removed_.size() && removed_[place]; }
    /// Places in the order in which they were removed.
    std::vector<std::size_t> const& removals() const { return removals_; }
    /// Who is on the photo at a place.
    std::string name(std::size_t place) const { return std::string(name_of(person(place))); }
    /// Where the photo at a place came from.
    std::string source(std::size_t place) const { return std::string(source_at(place)); }
    /// The number of the person at a place: equal for photos of one person, and below `person_numbers`.
    std::size_t person(std::size_t place) const;
    std::size_t person_numbers() const { return base_.names.size() + tail_names_.size(); }
    /// The name of the person of a number.
    ///
    /// @throws argument_error  when there is no such number
    std::string person_name(std::size_t number) const;
    /// The point at a place, as floats.
    std::vector<float> point(std::size_t place) const {
        std::vector<float> values(dimensions());
        copy_point(place, values.data());
        return values;
    }
    /// The same, to where somebody wants it.
    void copy_point(std::size_t place, float* to) const {
        auto const [rows, row] = stored_at(place);
        rows.copy_row(row, to);
    }
    /// The rows that hold a place's point, and which of them it is.
    std::pair<stored_rows<Storage>, std::size_t> stored_at(std::size_t place) const {
        check_place(place);
        return place < base_.rows.rows ? std::pair(base_.rows, place)
                                       : std::pair(tail_.view(), place - base_.rows.rows);
    }
    /// The points in the file, as stored; they stay where they are until the gallery's `layout` changes. Those of the
    /// last places were added since.
    stored_rows<Storage> file_rows() const { return base_.rows; }

    /// People with at least one photo, and how many each has, by name.
    std::map<std::string, std::size_t> people() const;
    /// The places of a person's photos; none when there is no such person.
    std::vector<std::size_t> photos_of(std::string const& name) const;

protected:
    enum class kind : std::uint64_t { add = 1, remove = 2, rename = 3, merge = 4 };

    explicit gallery_content(std::size_t dimensions = 1) : tail_(dimensions) {}

    // The file's photos and people, and nothing changed yet.
    void begin(gallery_file<Storage> base) { *this = gallery_content(std::move(base)); }

    // An entry that adds photos; as `gallery::add`.
    std::string add_entry(std::span<std::string const> names, std::span<std::string const> sources,
                          matrix_view<float const> points) const;
    std::string add_entry(std::span<std::string const> names, std::span<std::string const> sources,
                          stored_rows<Storage> points) const;
    // An entry that removes photos; as `gallery::remove`.
    std::string remove_entry(std::span<std::size_t const> leaving) const;
    static std::string rename_entry(std::size_t person, std::string const& to);
    static std::string merge_entry(std::size_t from, std::size_t into);
    // What an entry does.
    struct prepared_change {
        kind what;
        std::vector<std::string> names{}, sources{}; // people and photos that are added
        std::vector<std::size_t> people{};
        std::string_view codes{}, scales{};
        std::vector<std::size_t> places{}; // photos that are removed
        std::unordered_map<std::size_t, std::string>::node_type renamed{};
        std::unordered_map<std::size_t, std::size_t>::node_type merged{};
    };
    // Reads and checks all of an entry, whose bytes have to stay, and makes room for what it does. Nothing is changed.
    prepared_change prepare(kind what, std::string_view body, std::string const& where);
    // Does it, without asking for memory: an entry that is in the log is not to be missing here.
    void apply(prepared_change&& change) noexcept;

    std::size_t row_bytes() const { return dimensions() * sizeof(typename Storage::scalar); }
    void check_place(std::size_t place) const;
    std::string_view source_at(std::size_t place) const {
        check_place(place);
        return place < base_.rows.rows ? base_.sources[place]
                                       : std::string_view(tail_sources_[place - base_.rows.rows]);
    }
    std::string_view name_of(std::size_t person) const;
    // The person of a name, with photos or without. Names are looked up in a table from the first time on, which is
    // made once, whatever number of threads ask.
    std::optional<std::size_t> find(std::string const& name) const;
    // The person of a name who has photos.
    std::size_t living(std::string const& name) const;

    gallery_file<Storage> base_;
    // What entries have changed: photos added, people renamed or merged into others, places removed.
    row_buffer<Storage> tail_;
    std::vector<std::string> tail_names_, tail_sources_;
    std::vector<std::size_t> tail_people_;
    std::unordered_map<std::size_t, std::string> renamed_;
    std::unordered_map<std::size_t, std::size_t> merged_;
    std::vector<bool> removed_;
    std::vector<std::size_t> removals_;

private:
    // Keeps the table of numbers true by f(table); where memory runs out, it is made anew when it is asked for.
    template <class F>
    void update_numbers(F const& f) noexcept;

    explicit gallery_content(gallery_file<Storage> base) : base_(std::move(base)), tail_(base_.identity.dimensions) {}

    std::shared_ptr<number_table> numbers_ = make_number_table(); // this gallery's alone; shared to be movable
};

} // namespace trine::neighbors::detail

#ifdef TRINE_HEADER_ONLY
#include "gallery_content_impl.hpp"
#endif
