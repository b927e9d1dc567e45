#pragma once

#include <algorithm>
#include <optional>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../io/safetensors.hpp"
#include "gallery_file.hpp"

namespace trine::neighbors {

namespace detail {

inline constexpr std::string_view gallery_format = "trine gallery 1";

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
    require<format_error>(text("format") == gallery_format, where, ": is not a gallery of this version: it says \"",
                          text("format"), "\", not \"", gallery_format, "\"");
    require<format_error>(text("storage") == Storage::name, where, ": its points are stored as ", text("storage"),
                          ", not ", Storage::name);
    auto const generation = text("generation");
    require<format_error>(!generation.empty() && generation.size() < 19 &&
                              generation.find_first_not_of("0123456789") == std::string::npos,
                          where, ": its generation is \"", generation, "\", not a number");
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
    require<format_error>(d > 0, where, ": its points have no values");
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
    g.generation = std::stoull(generation);
    g.rows = {codes, scales, n, d};
    return g;
}

} // namespace detail

template <class Storage>
gallery_builder<Storage>::gallery_builder(std::filesystem::path const& path, gallery_identity identity,
                                          std::uint64_t generation)
    : file_(path), identity_(std::move(identity)), generation_(generation), row_(identity_.dimensions) {
    require<argument_error>(identity_.dimensions > 0, "a gallery's points need at least one value");
    // The header comes last, when it is known how many there are: here is room for it.
    header_size_ = (4096 + 6 * (identity_.network.size() + identity_.distance.size())) / 64 * 64;
    file_.write(std::string(header_size_, ' '));
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
    file_.write(pending_);
    io::safetensors_header header;
    header.metadata = {{"format", std::string(detail::gallery_format)},
                       {"network", identity_.network},
                       {"distance", identity_.distance},
                       {"storage", std::string(Storage::name)},
                       {"generation", std::to_string(generation_)}};
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
