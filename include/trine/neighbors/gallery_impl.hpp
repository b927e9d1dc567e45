#pragma once

#include <atomic>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "gallery.hpp"

namespace trine::neighbors {

template <class Storage>
gallery<Storage>::gallery(gallery_identity of) : content(of.dimensions) {
    detail::check_dimensions(of.dimensions);
    base_.rows.cols = of.dimensions;
    base_.identity = std::move(of);
}

template <class Storage>
gallery<Storage> gallery<Storage>::create(std::filesystem::path const& path, gallery_identity const& of) {
    std::error_code none;
    auto const check = [&] {
        require<io_error>(!std::filesystem::exists(std::filesystem::status(path, none)), path.string(),
                          ": is there already");
    };
    check();
    gallery g;
    g.path_ = path, g.real_ = io::resolved(path);
    g.log_ = detail::gallery_log(g.real_);
    g.log_.lock();
    check(); // now that nobody else can make it
    gallery_builder<Storage>(g.real_, of, detail::log_reference{}).commit();
    g.open_files();
    return g;
}

template <class Storage>
gallery<Storage> gallery<Storage>::open(std::filesystem::path const& path, gallery_identity const& expected,
                                        access mode) {
    auto g = open(path, mode);
    detail::check_identity(path.string(), g.identity(), expected);
    return g;
}

template <class Storage>
gallery<Storage> gallery<Storage>::open(std::filesystem::path const& path, access mode) {
    gallery g;
    g.path_ = path, g.real_ = io::resolved(path);
    g.log_ = detail::gallery_log(g.real_);
    if (mode == access::write) {
        std::error_code none;
        auto const there = std::filesystem::status(g.real_, none);
        require<io_error>(std::filesystem::exists(there), path.string(), ": there is no such file");
        require<io_error>(std::filesystem::is_regular_file(there), path.string(), ": is not a file");
        g.log_.lock();
    }
    g.open_files();
    return g;
}

template <class Storage>
void gallery<Storage>::set_network(std::string network) {
    require<argument_error>(path_.empty(), path_.string(), ": the network of a gallery in a file cannot be changed");
    base_.identity.network = std::move(network);
}

template <class Storage>
std::size_t gallery<Storage>::add(std::span<std::string const> names, std::span<std::string const> sources,
                                  matrix_view<float const> points) {
    check_addition(names.size(), sources.size(), points.rows(), points.cols());
    return change_by_adding(names.size(), this->add_entry(names, sources, points));
}

template <class Storage>
std::size_t gallery<Storage>::add(std::string const& name, std::string const& source, std::span<float const> point) {
    return add({&name, 1}, {&source, 1}, matrix_view<float const>(point.data(), 1, point.size()));
}

template <class Storage>
std::size_t gallery<Storage>::add_stored(std::span<std::string const> names, std::span<std::string const> sources,
                                         stored_rows<Storage> points) {
    check_addition(names.size(), sources.size(), points.rows, points.cols);
    std::vector<float> space(points.cols);
    for (std::size_t i = 0; i < points.rows; ++i)
        require<numeric_error>(all_finite(points.cols, points.decoded(i, space.data())), "embedding ", i,
                               " of those to be added is not finite");
    return change_by_adding(names.size(), this->add_entry(names, sources, points));
}

template <class Storage>
void gallery<Storage>::remove(std::span<std::size_t const> leaving) {
    check_writable();
    auto const entry = this->remove_entry(leaving);
    if (!leaving.empty())
        change(kind::remove, entry);
}

template <class Storage>
std::size_t gallery<Storage>::remove(std::string const& name) {
    auto const all = photos_of(name);
    require<argument_error>(!all.empty(), "there is nobody called \"", name, "\"");
    remove(all);
    return all.size();
}

template <class Storage>
void gallery<Storage>::rename(std::string const& from, std::string const& to) {
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

template <class Storage>
void gallery<Storage>::merge(std::string const& from, std::string const& into) {
    check_writable();
    auto const a = this->living(from), b = this->living(into);
    require<argument_error>(a != b, "\"", from, "\" cannot be merged with itself");
    change(kind::merge, this->merge_entry(a, b));
}

template <class Storage>
std::size_t gallery<Storage>::purge(std::string const& name) {
    check_writable();
    require<argument_error>(this->find(name).has_value(), "there is nobody called \"", name, "\"");
    auto const all = photos_of(name);
    remove(all);
    purge();
    return all.size();
}

template <class Storage>
void gallery<Storage>::purge() {
    check_writable();
    if (path_.empty())
        return;
    fold();
    log_.renew();
    remove_leftovers();
}

template <class Storage>
void gallery<Storage>::compact() {
    check_writable();
    require<argument_error>(!path_.empty(), "a gallery in memory alone has no file to compact");
    fold();
    log_.retire();
}

template <class Storage>
void gallery<Storage>::fold() {
    log_.settle();
    gallery fresh;
    fresh.path_ = path_, fresh.real_ = real_;
    {
        gallery_builder<Storage> builder(real_, identity(), log_.reference());
        write_to(builder);
    }
    // From here on the new file counts, which says that the log's entries are in it. Where it cannot be opened, nothing
    // may be written to the log any more.
    fresh.log_ = std::move(log_);
    is_behind_ = true;
    fresh.open_base();
    *this = std::move(fresh);
}

template <class Storage>
void gallery<Storage>::save_as(std::filesystem::path const& path) const {
    std::error_code ignored;
    require<argument_error>(path_.empty() || !std::filesystem::equivalent(path, path_, ignored), path.string(),
                            ": is this gallery's own file");
    gallery_builder<Storage> builder(path, identity());
    write_to(builder);
}

template <class Storage>
bool gallery<Storage>::refresh() {
    if (path_.empty() || log_.is_writable())
        return false;
    if (!base_.file.is_replaced(path_)) {
        require<format_error>(!base_.file.is_shortened(), path_.string(), ": has been shortened; open it again");
        auto const [wrong, is_new] = read_log();
        if (wrong.empty())
            return is_new;
        // Or what was known would be lost.
        require<format_error>(base_.file.is_replaced(path_) || log_.is_taken_back(), wrong);
    }
    *this = open(path_, identity());
    return true;
}

template <class Storage>
void gallery<Storage>::check_points() const {
    std::vector<float> space(dimensions());
    for (std::size_t place = 0; place < places(); ++place) {
        auto const [rows, row] = this->stored_at(place);
        float const* const values = rows.decoded(row, space.data());
        require<numeric_error>(all_finite(dimensions(), values), path_.string(), ": the point at place ", place,
                               " is not finite");
    }
}

template <class Storage>
std::uint64_t gallery<Storage>::next_layout() {
    static std::atomic<std::uint64_t> count{0};
    return ++count;
}

template <class Storage>
void gallery<Storage>::open_files() {
    // Between the file and its log, another program may compact them: then the file is there anew.
    for (int attempt = 0;; ++attempt) {
        open_base();
        auto const wrong = read_log().first;
        if (wrong.empty())
            break;
        require<format_error>(base_.file.is_replaced(path_) && attempt < 1000, wrong);
        real_ = io::resolved(path_);
        if (!log_.is_writable())
            log_ = detail::gallery_log(real_);
    }
    if (log_.is_writable()) {
        // Whoever made the file may have been killed before the disk knew its name. It has been seen now, and is to
        // stay.
        io::detail::flush_folder_of(real_);
        log_.resume();
        if (!base_.can_name_log(real_))
            compact();
    }
}

template <class Storage>
void gallery<Storage>::open_base() {
    this->begin(detail::gallery_file<Storage>::open(real_));
    layout_ = next_layout();
}

template <class Storage>
std::pair<std::string, bool> gallery<Storage>::read_log() {
    bool is_new = false;
    auto wrong = log_.read(
        base_.stamp, [&] { return base_.named_log(); },
        [&](std::uint64_t what, std::string_view body, std::size_t left) {
            tail_.reserve(tail_.rows() + left / this->row_bytes()); // at most so many more
            this->apply(this->prepare(static_cast<kind>(what), body, path_.string()));
            is_new = true;
        });
    return {std::move(wrong), is_new};
}

template <class Storage>
void gallery<Storage>::begin_log() {
    if (!log_.is_begun())
        log_.begin(base_.stamp.file, [&](std::string const& log) { base_.name_log(real_, log); });
}

template <class Storage>
void gallery<Storage>::remove_leftovers() const {
    // Of writers that were killed: what is written while this program holds the lock is its own.
    auto const folder = real_.has_parent_path() ? real_.parent_path() : std::filesystem::path(".");
    auto const name_of = [](std::filesystem::path const& path) {
        return io::detail::temporary_name(path).filename().string();
    };
    auto const of_file = name_of(real_), of_log = name_of(detail::gallery_log::path_of(real_));
    std::error_code code, ignored;
    for (std::filesystem::directory_iterator at(folder, code), end; !code && at != end; at.increment(code))
        if (auto const other = at->path().filename().string(); other.starts_with(of_file) || other.starts_with(of_log))
            std::filesystem::remove(at->path(), ignored);
    io::detail::flush_folder_of(real_);
}

template <class Storage>
void gallery<Storage>::check_addition(std::size_t names, std::size_t sources, std::size_t rows,
                                      std::size_t cols) const {
    require<shape_error>(cols == dimensions(), "points of ", cols, " values for a gallery of ", dimensions());
    require<shape_error>(names == rows && sources == rows, names, " names and ", sources, " sources for ", rows,
                         " points");
    check_writable();
}

template <class Storage>
void gallery<Storage>::check_writable() const {
    require<io_error>(!is_behind_, path_.string(), ": was compacted, and could not be opened then: open it again");
    require<io_error>(path_.empty() || log_.is_writable(), path_.string(), ": was opened for reading only");
}

template <class Storage>
void gallery<Storage>::change(kind what, std::string const& body) {
    auto prepared = this->prepare(what, body, path_.string());
    if (!path_.empty()) {
        begin_log();
        log_.append(static_cast<std::uint64_t>(what), body);
    }
    this->apply(std::move(prepared));
}

template <class Storage>
std::size_t gallery<Storage>::change_by_adding(std::size_t count, std::string const& body) {
    if (count == 0)
        return places();
    change(kind::add, body);
    // Opening reads the whole log: a million photos with 127 000 more in the log are open in 30 ms, and compacting
    // takes 0.6 s (benchmarks/large_gallery --logged).
    if (!path_.empty() && tail_.rows() > base_.rows.rows / 16 + 65536)
        try {
            compact();
        } catch (io_error const&) {
            // The photos are in the log: they have been added, and the next ones try again.
        } catch (std::bad_alloc const&) {
            // The same.
        }
    return places() - count;
}

template <class Storage>
void gallery<Storage>::write_to(gallery_builder<Storage>& builder) const {
    for (std::size_t place = 0; place < places(); ++place)
        if (!is_removed(place)) {
            auto const [rows, row] = this->stored_at(place);
            builder.add_encoded(this->name_of(person(place)), this->source_at(place), rows.row(row), rows.scale(row));
        }
    builder.commit();
}

#ifdef TRINE_COMPILED
template class gallery<storage::float32>;
template class gallery<storage::float16>;
template class gallery<storage::int8>;
#endif

} // namespace trine::neighbors
