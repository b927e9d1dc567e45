#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
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

namespace trine::neighbors::detail {

/// What a gallery holds: the photos and people of its file, and what entries of the log have changed since. Says what
/// an entry is: writes it, and does what it says.
///
/// It knows the bytes of an entry, not where they are kept.
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
        rows.copy_row(row, to);
    }
    /// The rows that hold a place's point, and which of them it is.
    std::pair<stored_rows<Storage>, std::size_t> stored_at(std::size_t place) const {
        check_place(place);
        return place < base_.rows.rows ? std::pair(base_.rows, place)
                                       : std::pair(tail_.view(), place - base_.rows.rows);
    }
    /// The points in the file, as stored; they stay where they are until `generation` changes. Those of the last places
    /// were added since.
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

protected:
    enum class kind : std::uint64_t { add = 1, remove = 2, rename = 3, merge = 4 };

    explicit gallery_content(std::size_t dimensions = 1) : tail_(dimensions) {}

    // The file's photos and people, and nothing changed yet.
    void begin(gallery_file<Storage> base) { *this = gallery_content(std::move(base)); }

    // An entry that adds photos; as `gallery::add`.
    std::string add_entry(std::span<std::string const> names, std::span<std::string const> sources,
                          matrix_view<float const> points) const {
        row_buffer<Storage> encoded(dimensions(), points.rows());
        encoded.add(points);
        return add_entry(names, sources, encoded.view());
    }
    std::string add_entry(std::span<std::string const> names, std::span<std::string const> sources,
                          stored_rows<Storage> points) const {
        record_writer entry;
        std::vector<std::string_view> fresh;
        std::unordered_map<std::string_view, std::uint64_t> numbers;
        std::vector<std::uint64_t> people;
        for (auto const& name : names) {
            check_name(name);
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
        for (std::size_t i = 0; i < points.rows; ++i)
            entry.raw(points.row(i), row_bytes());
        if constexpr (Storage::is_scaled)
            entry.raw(points.scales, points.rows * sizeof(float));
        return entry.bytes;
    }
    // An entry that removes photos; as `gallery::remove`.
    std::string remove_entry(std::span<std::size_t const> places_to_go) const {
        std::set<std::size_t> once;
        record_writer entry;
        entry.number<std::uint64_t>(places_to_go.size());
        for (std::size_t place : places_to_go) {
            check_place(place);
            require<argument_error>(!is_removed(place) && once.insert(place).second, "the photo at place ", place,
                                    " has been removed already");
            entry.number<std::uint64_t>(place);
        }
        return entry.bytes;
    }
    static std::string rename_entry(std::size_t person, std::string const& to) {
        record_writer entry;
        entry.number<std::uint64_t>(person);
        entry.text(to);
        return entry.bytes;
    }
    static std::string merge_entry(std::size_t from, std::size_t into) {
        record_writer entry;
        entry.number<std::uint64_t>(from);
        entry.number<std::uint64_t>(into);
        return entry.bytes;
    }
    // Checks a whole entry before any of it is taken.
    void apply(kind what, std::string_view body, std::string const& where) {
        record_reader entry(body, where);
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
            auto const codes = entry.take(n * row_bytes());
            auto const scales = entry.take(Storage::is_scaled ? n * sizeof(float) : 0);
            entry.end();
            tail_.add_bytes(n, codes, scales);
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
                require<format_error>(place < places() && !is_removed(place) && once.insert(place).second, where,
                                      ": an entry of its log removes a photo that is not there");
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
            auto const from = number_of_person(entry.number<std::uint64_t>(), person_numbers()),
                       into = number_of_person(entry.number<std::uint64_t>(), person_numbers());
            entry.end();
            require<format_error>(from != into && !merged_.contains(from) && !merged_.contains(into), where,
                                  ": an entry of its log merges people who are not there");
            if (numbers_known_)
                numbers_.erase(std::string(person_name(from)));
            merged_[from] = into;
            for (auto& [a, b] : merged_)
                if (b == from)
                    b = into;
        } else
            fail<format_error>(where, ": an entry of its log is of an unknown kind, ", static_cast<std::uint64_t>(what),
                               "; a later version may have written it");
    }

    std::size_t row_bytes() const { return dimensions() * sizeof(typename Storage::scalar); }
    void check_place(std::size_t place) const {
        require<argument_error>(place < places(), "there is no photo at place ", place, " of ", places());
    }
    std::string_view source_at(std::size_t place) const {
        check_place(place);
        return place < base_.rows.rows ? base_.sources[place]
                                       : std::string_view(tail_sources_[place - base_.rows.rows]);
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

    gallery_file<Storage> base_;
    // What entries have changed: photos added, people renamed or merged into others, places removed.
    row_buffer<Storage> tail_;
    std::vector<std::string> tail_names_, tail_sources_;
    std::vector<std::size_t> tail_people_;
    std::unordered_map<std::size_t, std::string> renamed_;
    std::unordered_map<std::size_t, std::size_t> merged_;
    std::vector<bool> removed_;
    std::vector<std::size_t> removals_;
    mutable std::unordered_map<std::string, std::size_t> numbers_;
    mutable bool numbers_known_ = false;

private:
    explicit gallery_content(gallery_file<Storage> base) : base_(std::move(base)), tail_(base_.identity.dimensions) {}
};

} // namespace trine::neighbors::detail
