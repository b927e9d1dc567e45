#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../io/safetensors.hpp"
#include "gallery_file.hpp"

namespace trine::neighbors {

namespace detail {

inline constexpr std::string_view gallery_format = "trine gallery 2", first_gallery_format = "trine gallery 1";
inline constexpr std::size_t digits_of_files = 32;

inline bool is_digits(std::string const& text) {
    return text.size() == digits_of_files && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

TRINE_INLINE void check_dimensions(std::size_t dimensions) {
    require<argument_error>(dimensions > 0, "a gallery's points need at least one value");
    require<argument_error>(dimensions <= most_dimensions, "points of ", dimensions, " values, where a gallery takes ",
                            most_dimensions);
}

TRINE_INLINE void check_name(std::string_view name) {
    require<argument_error>(!name.empty(), "a person needs a name");
    require<argument_error>(name.size() <= 65536, "a name of ", name.size(), " bytes is too long");
}

TRINE_INLINE void check_distance(std::string const& where, gallery_identity const& has, std::string const& distance) {
    require<format_error>(has.distance == distance, where, ": was made for the distance ", has.distance, ", not ",
                          distance);
}

TRINE_INLINE void check_identity(std::string const& where, gallery_identity const& has,
                                 gallery_identity const& expected) {
    require<format_error>(has.network == expected.network, where, ": was made with the network \"", has.network,
                          "\", not with \"", expected.network, "\"");
    check_distance(where, has, expected.distance);
    require<format_error>(has.dimensions == expected.dimensions, where, ": holds points of ", has.dimensions,
                          " values, not ", expected.dimensions);
}

template <class Storage>
gallery_file<Storage> gallery_file<Storage>::open(std::filesystem::path const& path) {
    auto const where = path.string();
    gallery_file g;
    g.file = io::mapped_file(path);
    auto const bytes = g.file.bytes();
    auto const header = io::safetensors_header::parse(bytes, where);
    auto const text = [&](char const* key) {
        auto const at = header.metadata.find(key);
        require<format_error>(at != header.metadata.end(), where, ": is not a gallery: its header does not say \"", key,
                              "\"");
        return at->second;
    };
    bool const is_first = text("format") == first_gallery_format;
    require<format_error>(is_first || text("format") == gallery_format, where,
                          ": is not a gallery of this version: it says \"", text("format"), "\", not \"",
                          gallery_format, "\"");
    require<format_error>(text("storage") == Storage::name, where, ": its points are stored as ", text("storage"),
                          ", not ", Storage::name);
    auto const is_number = [](std::string const& t) {
        return !t.empty() && t.size() < 19 && t.find_first_not_of("0123456789") == std::string::npos;
    };
    if (is_first) {
        require<format_error>(is_number(text("generation")), where, ": its generation is \"", text("generation"),
                              "\", not a number");
        g.stamp = {"generation " + std::to_string(std::stoull(text("generation"))), {}, true};
    } else {
        auto const size = text("folded bytes");
        require<format_error>(is_digits(text("identity")) && is_number(size), where,
                              ": its identity is not 32 digits, or the size of a log not a number");
        g.stamp = {text("identity"), {text("folded log"), static_cast<std::size_t>(std::stoull(size))}, false};
        constexpr std::string_view key = "\"log\":\"";
        auto const json = bytes.substr(0, header.data);
        auto const at = json.find(key);
        if (at != json.npos && json.find(key, at + 1) == json.npos && text("log").size() == digits_of_files)
            g.log_at_ = at + key.size();
        require<format_error>(g.log_at_ > 0, where, ": its header has no room for the name of a log");
    }
    auto const find_tensor = [&](char const* name, char const* dtype,
                                 std::size_t dimensions) -> io::tensor_entry const& {
        auto const at = header.entries.find(name);
        require<format_error>(at != header.entries.end(), where, ": has no tensor \"", name, "\"");
        require<format_error>(at->second.dtype == dtype && at->second.shape.size() == dimensions, where, ": tensor \"",
                              name, "\" is not made of ", dtype, " in ", dimensions, " dimensions");
        return at->second;
    };
    auto const& points = find_tensor("points", Storage::dtype, 2);
    std::size_t const n = points.shape[0], d = points.shape[1];
    require<format_error>(d > 0 && d <= most_dimensions, where, ": its points have ", d, " values");
    char const* const data = bytes.data() + header.data;
    auto const list = [&](char const* name, char const* dtype, std::optional<std::size_t> count) {
        auto const& e = find_tensor(name, dtype, 1);
        require<format_error>(!count || e.shape[0] == *count, where, ": tensor \"", name, "\" has ", e.shape[0],
                              " values for ", n, " photos");
        return std::string_view(data + e.first, e.size);
    };
    auto const aligned = [&](void const* p, std::size_t to, char const* name) {
        require<format_error>(reinterpret_cast<std::uintptr_t>(p) % to == 0, where, ": tensor \"", name,
                              "\" does not begin at a multiple of ", to, " bytes");
    };
    auto const* const codes = reinterpret_cast<typename Storage::scalar const*>(data + points.first);
    aligned(codes, alignof(typename Storage::scalar), "points");
    float const* scales = nullptr;
    if constexpr (Storage::is_scaled) {
        scales = reinterpret_cast<float const*>(list("scales", "F32", n).data());
        aligned(scales, alignof(float), "scales");
    }
    auto const name_ends = list("name_ends", "U64", {});
    g.names = packed_texts(list("names", "U8", {}), name_ends.data(), name_ends.size() / 8);
    g.sources = packed_texts(list("sources", "U8", {}), list("source_ends", "U64", n).data(), n);
    require<format_error>(g.names.is_consistent() && g.sources.is_consistent(), where,
                          ": its names or sources do not end where they should");
    g.labels_ = list("labels", "U32", n).data();
    std::uint32_t largest = 0;
    for (std::size_t i = 0; i < n; ++i)
        largest = std::max(largest, label_at(g.labels_, i));
    require<format_error>(n == 0 || largest < g.names.size(), where, ": a photo of person ", largest, " of ",
                          g.names.size());
    g.identity = {text("network"), text("distance"), d};
    g.rows = {codes, scales, n, d};
    return g;
}

template <class Storage>
std::string gallery_file<Storage>::named_log() const {
    if (log_at_ == 0)
        return {};
    auto name = file.read_now(log_at_, digits_of_files);
    return name == gallery_log::no_digits() ? std::string{} : name;
}

template <class Storage>
bool gallery_file<Storage>::can_name_log(std::filesystem::path const& path) const {
    io::detail::file_facts about;
    return log_at_ > 0 && io::detail::find_facts(path, about) && about.links == 1;
}

template <class Storage>
void gallery_file<Storage>::name_log(std::filesystem::path const& path, std::string const& log) const {
    int const to = io::detail::open_file(path, io::detail::opening::write);
    if (to < 0)
        fail<io_error>(path.string(), ": cannot be opened for writing: ", std::strerror(errno));
    struct closer {
        int file;
        ~closer() { io::detail::close_file(file); }
    } const closing{to};
    require<io_error>(!file.is_replaced(path), path.string(),
                      ": another file has taken its place while it was open for writing; open it again");
    bool const is_there = io::detail::seek_to(to, log_at_); // before the cause is asked for
    if (!is_there)
        fail<io_error>(path.string(), ": cannot be written: ", std::strerror(errno));
    io::write_all(to, log, path.string());
    bool const is_flushed = io::detail::flush(to);
    if (!is_flushed)
        fail<io_error>(path.string(), ": cannot be flushed: ", std::strerror(errno));
}

// The log that belongs to the gallery of whatever storage at a path; nothing where there is none.
inline std::optional<std::string> log_of(std::filesystem::path const& path) {
    try {
        io::mapped_file const file(path);
        auto const header = io::safetensors_header::parse(file.bytes(), path.string());
        auto const at = header.metadata.find("log"), old = header.metadata.find("generation");
        return at != header.metadata.end()    ? std::optional(at->second)
               : old != header.metadata.end() ? std::optional("generation " + old->second)
                                              : std::nullopt;
    } catch (error const&) { // there is no gallery
        return {};
    }
}

} // namespace detail

template <class Storage>
gallery_builder<Storage>::gallery_builder(std::filesystem::path const& path, gallery_identity identity,
                                          detail::log_reference folded)
    : file_((detail::check_dimensions(identity.dimensions), path)),
      identity_(std::move(identity)),
      folded_(std::move(folded)),
      row_(identity_.dimensions) {
    // The header comes last, when it is known how many there are: here is room for it.
    header_size_ = (4096 + 6 * (identity_.network.size() + identity_.distance.size())) / 64 * 64;
    file_.write(std::string(header_size_, ' '));
}

template <class Storage>
gallery_builder<Storage>::gallery_builder(std::filesystem::path const& path, gallery_identity identity)
    : gallery_builder(path, std::move(identity), detail::log_reference{}) {
    log_ = detail::gallery_log(io::resolved(path));
    log_.lock();
    (void)log_.look(); // or it is no log, and not ours to take away
}

template <class Storage>
void gallery_builder<Storage>::add(std::string_view name, std::span<std::string const> sources,
                                   matrix_view<float const> points) {
    require<shape_error>(points.cols() == identity_.dimensions && sources.size() == points.rows(), "points of ",
                         points.rows(), "×", points.cols(), " with ", sources.size(), " sources for a gallery of ",
                         identity_.dimensions, " values");
    require_finite(points, "embedding", " of those to be added");
    for (std::size_t i = 0; i < points.rows(); ++i) {
        float const scale = Storage::encode(identity_.dimensions, points.row(i).data(), row_.data());
        add_encoded(name, sources[i], row_.data(), scale);
    }
}

template <class Storage>
void gallery_builder<Storage>::add_encoded(std::string_view name, std::string_view source,
                                           typename Storage::scalar const* codes, float scale) {
    // One person's photos mostly come together.
    if (names_.ends.empty() || name != last_name_) {
        detail::check_name(name);
        auto const [at, is_new] =
            people_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.ends.size()));
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

template <class Storage>
void gallery_builder<Storage>::commit() {
    if (log_.is_writable())
        if (auto const old = log_.look()) {
            log_.settle(); // what the file will say of it has to be so on the disk
            auto const named = detail::log_of(log_.gallery());
            if (named == old->log || !old->has_entries)
                folded_ = {old->log, old->size};
            else
                log_.put_aside();
        }
    file_.write(pending_);
    io::safetensors_header header;
    header.metadata = {{"format", std::string(detail::gallery_format)},
                       {"network", identity_.network},
                       {"distance", identity_.distance},
                       {"storage", std::string(Storage::name)},
                       {"identity", io::random_digits(detail::digits_of_files / 2)},
                       {"log", detail::gallery_log::no_digits()},
                       {"folded log", folded_.log},
                       {"folded bytes", std::to_string(folded_.size)}};
    std::size_t const n = labels_.size(), bytes = n * identity_.dimensions * sizeof(typename Storage::scalar);
    std::size_t at = 0;
    auto const place = [&](char const* name, char const* dtype, std::vector<std::size_t> shape, std::size_t size) {
        header.entries[name] = {dtype, std::move(shape), at, size};
        at += size;
    };
    place("points", Storage::dtype, {n, identity_.dimensions}, bytes);
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
    if (log_.is_writable()) {
        if (!folded_.log.empty())
            log_.retire();
        log_.close(); // which takes an empty one away
    }
}

#ifdef TRINE_COMPILED
template struct detail::gallery_file<storage::float32>;
template struct detail::gallery_file<storage::float16>;
template struct detail::gallery_file<storage::int8>;
template class gallery_builder<storage::float32>;
template class gallery_builder<storage::float16>;
template class gallery_builder<storage::int8>;
#endif

} // namespace trine::neighbors
