#pragma once

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <new>
#include <set>

#include "../core/error.hpp"
#include "gallery_content.hpp"
#include "gallery_log.hpp"

namespace trine::neighbors::detail {

struct number_table {
    std::atomic<bool> is_known{false};
    std::mutex making;
    std::unordered_map<std::string, std::size_t> numbers;
};

TRINE_INLINE std::shared_ptr<number_table> make_number_table() { return std::make_shared<number_table>(); }

template <class Storage>
std::size_t gallery_content<Storage>::person(std::size_t place) const {
    check_place(place);
    std::size_t const p = place < base_.rows.rows ? base_.person(place) : tail_people_[place - base_.rows.rows];
    auto const at = merged_.find(p);
    return at == merged_.end() ? p : at->second;
}

template <class Storage>
std::string gallery_content<Storage>::person_name(std::size_t number) const {
    require<argument_error>(number < person_numbers(), "there is no person ", number, " of ", person_numbers());
    return std::string(name_of(number));
}

template <class Storage>
std::map<std::string, std::size_t> gallery_content<Storage>::people() const {
    std::vector<std::size_t> photos(person_numbers());
    for (std::size_t place = 0; place < places(); ++place)
        if (!is_removed(place))
            ++photos[person(place)];
    std::map<std::string, std::size_t> all;
    for (std::size_t p = 0; p < photos.size(); ++p)
        if (photos[p] > 0)
            all[std::string(name_of(p))] += photos[p];
    return all;
}

template <class Storage>
std::vector<std::size_t> gallery_content<Storage>::photos_of(std::string const& name) const {
    std::vector<std::size_t> all;
    if (auto const p = find(name))
        for (std::size_t place = 0; place < places(); ++place)
            if (!is_removed(place) && person(place) == *p)
                all.push_back(place);
    return all;
}

template <class Storage>
std::string gallery_content<Storage>::add_entry(std::span<std::string const> names,
                                                std::span<std::string const> sources,
                                                matrix_view<float const> points) const {
    row_buffer<Storage> encoded(dimensions(), points.rows());
    encoded.add(points);
    return add_entry(names, sources, encoded.view());
}

template <class Storage>
std::string gallery_content<Storage>::add_entry(std::span<std::string const> names,
                                                std::span<std::string const> sources,
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

template <class Storage>
std::string gallery_content<Storage>::remove_entry(std::span<std::size_t const> leaving) const {
    std::set<std::size_t> once;
    record_writer entry;
    entry.number<std::uint64_t>(leaving.size());
    for (std::size_t place : leaving) {
        check_place(place);
        require<argument_error>(!is_removed(place) && once.insert(place).second, "the photo at place ", place,
                                " has been removed already");
        entry.number<std::uint64_t>(place);
    }
    return entry.bytes;
}

template <class Storage>
std::string gallery_content<Storage>::rename_entry(std::size_t person, std::string const& to) {
    record_writer entry;
    entry.number<std::uint64_t>(person);
    entry.text(to);
    return entry.bytes;
}

template <class Storage>
std::string gallery_content<Storage>::merge_entry(std::size_t from, std::size_t into) {
    record_writer entry;
    entry.number<std::uint64_t>(from);
    entry.number<std::uint64_t>(into);
    return entry.bytes;
}

template <class Vector>
void make_room(Vector& v, std::size_t more) {
    if (v.capacity() < v.size() + more)
        v.reserve(std::max(v.size() + more, 2 * v.capacity()));
}

template <class Storage>
auto gallery_content<Storage>::prepare(kind what, std::string_view body, std::string const& where) -> prepared_change {
    record_reader entry(body, where);
    prepared_change change{.what = what};
    auto const number_of_person = [&](std::uint64_t p, std::size_t below) {
        require<format_error>(p < below, where, ": an entry of its log names person ", p, " of ", below);
        return static_cast<std::size_t>(p);
    };
    if (what == kind::add) {
        change.names.resize(entry.count(4));
        for (auto& name : change.names) {
            name = entry.text();
            require<format_error>(!name.empty(), where, ": an entry of its log has a person without a name");
        }
        std::size_t const n = entry.count(8);
        change.people.resize(n);
        for (auto& p : change.people)
            p = number_of_person(entry.number<std::uint64_t>(), person_numbers() + change.names.size());
        change.sources.resize(n);
        for (auto& source : change.sources)
            source = entry.text();
        change.codes = entry.take(n * row_bytes());
        change.scales = entry.take(Storage::is_scaled ? n * sizeof(float) : 0);
        entry.end();
        tail_.reserve(tail_.rows() + n);
        make_room(tail_names_, change.names.size());
        make_room(tail_people_, n), make_room(tail_sources_, n);
    } else if (what == kind::remove) {
        change.places.resize(entry.count(8));
        std::set<std::size_t> once;
        for (auto& place : change.places) {
            place = static_cast<std::size_t>(entry.number<std::uint64_t>());
            require<format_error>(place < places() && !is_removed(place) && once.insert(place).second, where,
                                  ": an entry of its log removes a photo that is not there");
        }
        entry.end();
        removed_.resize(std::max(removed_.size(), places()));
        make_room(removals_, change.places.size());
    } else if (what == kind::rename) {
        auto const p = number_of_person(entry.number<std::uint64_t>(), person_numbers());
        std::string name(entry.text());
        entry.end();
        require<format_error>(!name.empty(), where, ": an entry of its log takes a person's name away");
        std::unordered_map<std::size_t, std::string> one;
        one.emplace(p, std::move(name));
        change.renamed = one.extract(p);
        renamed_.reserve(renamed_.size() + 1);
    } else if (what == kind::merge) {
        auto const from = number_of_person(entry.number<std::uint64_t>(), person_numbers()),
                   into = number_of_person(entry.number<std::uint64_t>(), person_numbers());
        entry.end();
        require<format_error>(from != into && !merged_.contains(from) && !merged_.contains(into), where,
                              ": an entry of its log merges people who are not there");
        std::unordered_map<std::size_t, std::size_t> one;
        one.emplace(from, into);
        change.merged = one.extract(from);
        merged_.reserve(merged_.size() + 1);
    } else
        fail<format_error>(where, ": an entry of its log is of an unknown kind, ", static_cast<std::uint64_t>(what),
                           "; a later version may have written it");
    return change;
}

template <class Storage>
void gallery_content<Storage>::apply(prepared_change&& change) noexcept {
    if (change.what == kind::add) {
        update_numbers([&](auto& numbers) {
            for (std::size_t i = 0; i < change.names.size(); ++i)
                numbers.emplace(change.names[i], person_numbers() + i);
        });
        tail_.add_bytes(change.people.size(), change.codes, change.scales);
        std::move(change.names.begin(), change.names.end(), std::back_inserter(tail_names_));
        tail_people_.insert(tail_people_.end(), change.people.begin(), change.people.end());
        std::move(change.sources.begin(), change.sources.end(), std::back_inserter(tail_sources_));
    } else if (change.what == kind::remove) {
        for (std::size_t place : change.places)
            removed_[place] = true;
        removals_.insert(removals_.end(), change.places.begin(), change.places.end());
    } else if (change.what == kind::rename) {
        auto const p = change.renamed.key();
        update_numbers([&](auto& numbers) {
            numbers.erase(std::string(name_of(p)));
            numbers[change.renamed.mapped()] = p;
        });
        renamed_.erase(p);
        renamed_.insert(std::move(change.renamed));
    } else {
        auto const from = change.merged.key(), into = change.merged.mapped();
        update_numbers([&](auto& numbers) { numbers.erase(std::string(name_of(from))); });
        merged_.insert(std::move(change.merged));
        for (auto& [a, b] : merged_)
            if (b == from)
                b = into;
    }
}

template <class Storage>
template <class F>
void gallery_content<Storage>::update_numbers(F const& f) noexcept {
    if (!numbers_->is_known)
        return;
    try {
        f(numbers_->numbers);
    } catch (std::bad_alloc const&) {
        numbers_->numbers.clear();
        numbers_->is_known = false;
    }
}

template <class Storage>
void gallery_content<Storage>::check_place(std::size_t place) const {
    require<argument_error>(place < places(), "there is no photo at place ", place, " of ", places());
}

template <class Storage>
std::string_view gallery_content<Storage>::name_of(std::size_t person) const {
    if (auto const at = renamed_.find(person); at != renamed_.end())
        return at->second;
    return person < base_.names.size() ? base_.names[person]
                                       : std::string_view(tail_names_[person - base_.names.size()]);
}

template <class Storage>
std::optional<std::size_t> gallery_content<Storage>::find(std::string const& name) const {
    auto& table = *numbers_;
    if (!table.is_known.load(std::memory_order_acquire)) {
        std::lock_guard const alone(table.making);
        if (!table.is_known.load(std::memory_order_relaxed)) {
            for (std::size_t p = 0; p < person_numbers(); ++p)
                if (!merged_.contains(p))
                    table.numbers.emplace(name_of(p), p);
            table.is_known.store(true, std::memory_order_release);
        }
    }
    auto const at = table.numbers.find(name);
    return at == table.numbers.end() ? std::nullopt : std::optional(at->second);
}

template <class Storage>
std::size_t gallery_content<Storage>::living(std::string const& name) const {
    auto const p = find(name);
    require<argument_error>(p && !photos_of(name).empty(), "there is nobody called \"", name, "\"");
    return *p;
}

#ifdef TRINE_COMPILED
template class gallery_content<storage::float32>;
template class gallery_content<storage::float16>;
template class gallery_content<storage::int8>;
#endif

} // namespace trine::neighbors::detail
