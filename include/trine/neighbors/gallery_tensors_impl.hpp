#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../io/safetensors.hpp"
#include "gallery_tensors.hpp"

namespace trine::neighbors {

namespace detail {

// Texts as safetensors hold them: their bytes, and where each ends.
inline void store_texts(io::safetensors& to, std::string const& name, std::string const& ends_name,
                        text_packer const& texts) {
    std::vector<std::int64_t> const ends(texts.ends.begin(), texts.ends.end());
    to.add<std::uint8_t>(name, {texts.bytes.size()},
                         {reinterpret_cast<std::uint8_t const*>(texts.bytes.data()), texts.bytes.size()});
    to.add<std::int64_t>(ends_name, {ends.size()}, ends);
}

// The extent of a tensor of one dimension.
inline std::size_t length_of(io::safetensors const& from, std::string const& name) {
    auto const& shape = from.find(name).shape;
    require<format_error>(shape.size() == 1, from.source(), ": tensor \"", name, "\" has ", shape.size(),
                          " dimensions, not one");
    return shape[0];
}

inline std::vector<std::string> load_texts(io::safetensors const& from, std::string const& name,
                                           std::string const& ends_name) {
    auto const bytes = from.get<std::uint8_t>(name, {length_of(from, name)});
    auto const ends = from.get<std::int64_t>(ends_name, {length_of(from, ends_name)});
    std::vector<std::string> texts;
    std::int64_t last = 0;
    auto const size = static_cast<std::int64_t>(bytes.size());
    for (std::int64_t end : ends) {
        require<format_error>(end >= last && end <= size, from.source(), ": the texts of \"", name,
                              "\" do not end where they should");
        texts.emplace_back(bytes.begin() + last, bytes.begin() + end);
        last = end;
    }
    require<format_error>(last == size, from.source(), ": the texts of \"", name, "\" do not end where they should");
    return texts;
}

} // namespace detail

template <class Storage>
void store_gallery(gallery<Storage> const& from, io::safetensors& to, std::string const& prefix) {
    detail::text_packer names, sources;
    std::unordered_map<std::size_t, std::int64_t> numbers;
    std::vector<std::int64_t> labels;
    // Codes with scales as they are; other storages as floats, which encode to the same rows again.
    std::vector<std::int8_t> codes;
    std::vector<float> scales, points;
    for (std::size_t place = 0; place < from.places(); ++place) {
        if (from.is_removed(place))
            continue;
        auto const [at, is_new] = numbers.try_emplace(from.person(place), static_cast<std::int64_t>(names.ends.size()));
        if (is_new)
            names.add(from.name(place));
        labels.push_back(at->second);
        sources.add(from.source(place));
        auto const [rows, row] = from.stored_at(place);
        if constexpr (Storage::is_scaled) {
            codes.insert(codes.end(), rows.row(row), rows.row(row) + rows.cols);
            scales.push_back(rows.scale(row));
        } else {
            points.resize(points.size() + rows.cols);
            rows.copy_row(row, points.data() + points.size() - rows.cols);
        }
    }
    std::size_t const n = labels.size(), d = from.dimensions();
    to.metadata[prefix + "network"] = from.identity().network;
    to.metadata[prefix + "distance"] = from.identity().distance;
    to.metadata[prefix + "storage"] = Storage::name;
    if constexpr (Storage::is_scaled) {
        to.add<std::int8_t>(prefix + "points", {n, d}, codes);
        to.add<float>(prefix + "scales", {n}, scales);
    } else
        to.add<float>(prefix + "points", {n, d}, points);
    to.add<std::int64_t>(prefix + "labels", {n}, labels);
    detail::store_texts(to, prefix + "names", prefix + "name_ends", names);
    detail::store_texts(to, prefix + "sources", prefix + "source_ends", sources);
}

template <class Storage>
gallery<Storage> load_gallery(io::safetensors const& from, std::string const& prefix) {
    auto const& storage = from.text_of(prefix + "storage");
    require<format_error>(storage == Storage::name, from.source(), ": its points are stored as ", storage, ", not ",
                          Storage::name);
    auto const& shape = from.find(prefix + "points").shape;
    require<format_error>(shape.size() == 2 && shape[1] > 0 && shape[1] <= detail::most_dimensions, from.source(),
                          ": the points of \"", prefix, "\" are no rows of values");
    std::size_t const n = shape[0], d = shape[1];
    auto const people = detail::load_texts(from, prefix + "names", prefix + "name_ends");
    auto const sources = detail::load_texts(from, prefix + "sources", prefix + "source_ends");
    require<format_error>(sources.size() == n, from.source(), ": ", sources.size(), " sources for ", n, " photos");
    std::vector<std::string> names;
    for (std::int64_t l : from.get<std::int64_t>(prefix + "labels", {n})) {
        require<format_error>(l >= 0 && static_cast<std::size_t>(l) < people.size(), from.source(),
                              ": a photo of person ", l, " of ", people.size());
        names.push_back(people[static_cast<std::size_t>(l)]);
    }
    gallery<Storage> all({from.text_of(prefix + "network"), from.text_of(prefix + "distance"), d});
    try {
        if constexpr (Storage::is_scaled) {
            auto const codes = from.get<std::int8_t>(prefix + "points", shape);
            auto const scales = from.get<float>(prefix + "scales", {n});
            all.add_stored(names, sources, {codes.data(), scales.data(), n, d});
        } else {
            auto const points = from.get<float>(prefix + "points", shape);
            all.add(names, sources, {points.data(), n, d});
        }
    } catch (argument_error const& e) { // a person without a name
        fail<format_error>(from.source(), ": ", e.what());
    } catch (numeric_error const& e) {
        fail<format_error>(from.source(), ": ", e.what());
    }
    return all;
}

template <class Storage>
gallery<Storage> load_gallery(io::safetensors const& from, std::string const& prefix,
                              gallery_identity const& expected) {
    auto all = load_gallery<Storage>(from, prefix);
    detail::check_identity(from.source(), all.identity(), expected);
    return all;
}

#ifdef TRINE_COMPILED
#define TRINE_GALLERY_TENSORS(Storage)                                                                                 \
    template void store_gallery(gallery<Storage> const&, io::safetensors&, std::string const&);                        \
    template gallery<Storage> load_gallery(io::safetensors const&, std::string const&);                                \
    template gallery<Storage> load_gallery(io::safetensors const&, std::string const&, gallery_identity const&);
TRINE_GALLERY_TENSORS(storage::float32)
TRINE_GALLERY_TENSORS(storage::float16)
TRINE_GALLERY_TENSORS(storage::int8)
#undef TRINE_GALLERY_TENSORS
#endif

} // namespace trine::neighbors
