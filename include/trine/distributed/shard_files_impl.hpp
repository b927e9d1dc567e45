#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <span>
#include <system_error>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/sum_tree.hpp"
#include "../io/file.hpp"
#include "../io/safetensors.hpp"
#include "shard_files.hpp"

namespace trine::distributed {

namespace detail {

inline std::filesystem::path shard_path(std::filesystem::path const& list, std::string const& generation,
                                        std::size_t number) {
    return list.string() + "." + generation + "." + std::to_string(number);
}

// A number that a file says of itself in its table of texts.
inline std::size_t number_of(io::safetensors const& file, std::string const& key) {
    auto const& text = file.text_of(key);
    std::size_t value = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    require<format_error>(failure == std::errc{} && end == text.data() + text.size() && value < (std::size_t{1} << 48),
                          file.source(), ": ", key, " is said to be \"", text, "\", which is no number of points");
    return value;
}

inline io::safetensors file_of(shard_list const& list) {
    io::safetensors file;
    file.metadata = {{"format", "trine shards 1"},
                     {"generation", list.generation},
                     {"distance", list.distance},
                     {"dimensions", std::to_string(list.dimensions)},
                     {"places", std::to_string(list.places)},
                     {"shards", std::to_string(list.shards)}};
    file.add<std::int64_t>("removed", {list.removed.size()}, list.removed);
    return file;
}

// Whether places follow each other, below a limit.
inline bool are_places(std::span<std::int64_t const> places, std::size_t limit) {
    return std::adjacent_find(places.begin(), places.end(), std::greater_equal<>()) == places.end() &&
           (places.empty() || (places.front() >= 0 && static_cast<std::uint64_t>(places.back()) < limit));
}

inline shard_list list_of(io::safetensors const& file) {
    require<format_error>(file.metadata.contains("format") && file.text_of("format") == "trine shards 1", file.source(),
                          ": is not a list of shards");
    shard_list list{.distance = file.text_of("distance"),
                    .dimensions = number_of(file, "dimensions"),
                    .places = number_of(file, "places"),
                    .shards = number_of(file, "shards"),
                    .removed = {},
                    .generation = file.text_of("generation")};
    auto const digits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    require<format_error>(
        !list.generation.empty() && std::all_of(list.generation.begin(), list.generation.end(), digits), file.source(),
        ": its generation is no hexadecimal number"); // it becomes a part of file names
    auto const& shape = file.find("removed").shape;
    require<format_error>(shape.size() == 1, file.source(), ": damaged list of removed places");
    list.removed = file.get<std::int64_t>("removed", shape);
    require<format_error>(are_places(list.removed, list.places) && list.shards > 0 && list.shards <= 1 << 20,
                          file.source(), ": damaged list of removed places, or no shards");
    return list;
}

inline void read_shard(std::filesystem::path const& path, shard_list const& list, shard& to) {
    auto const file = io::safetensors::load(path);
    require<format_error>(file.metadata.contains("format") && file.text_of("format") == "trine shard 1" &&
                              file.text_of("generation") == list.generation,
                          path.string(), ": is not a shard of its list's generation");
    auto const& shape = file.find("places").shape;
    require<format_error>(shape.size() == 1, path.string(), ": damaged places");
    auto const places = file.get<std::int64_t>("places", shape);
    auto const points = file.get<float>("points", {places.size(), list.dimensions});
    require<format_error>(are_places(places, list.places), path.string(), ": damaged places");
    require<format_error>(all_finite(points.size(), points.data()), path.string(), ": holds NaN or infinity");
    for (auto const place : places)
        require<format_error>(!std::binary_search(list.removed.begin(), list.removed.end(), place), path.string(),
                              ": holds the point at place ", place, ", which was removed");
    to.places.insert(to.places.end(), places.begin(), places.end());
    to.points.insert(to.points.end(), points.begin(), points.end());
}

// Brings what came from several shards into the order of places.
inline void sort_shard(shard& s, std::size_t dimensions) {
    if (std::is_sorted(s.places.begin(), s.places.end()))
        return;
    std::vector<std::size_t> order(s.places.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return s.places[a] < s.places[b]; });
    shard sorted;
    sorted.places.reserve(s.places.size()), sorted.points.reserve(s.points.size());
    for (std::size_t i : order) {
        sorted.places.push_back(s.places[i]);
        auto const at = s.points.begin() + static_cast<std::ptrdiff_t>(i * dimensions);
        sorted.points.insert(sorted.points.end(), at, at + static_cast<std::ptrdiff_t>(dimensions));
    }
    s = std::move(sorted);
}

} // namespace detail

TRINE_INLINE void save_shards(communicator& ranks, std::filesystem::path const& path, shard_list list,
                              shard const& own) {
    // What there is now, whose shards go at the end. What cannot be read is replaced, and its shards stay.
    std::string before;
    together(ranks, [&] {
        if (ranks.rank() > 0)
            return;
        list.generation = io::random_digits(8);
        try {
            auto const old = detail::list_of(io::safetensors::load(path));
            before = old.generation + " " + std::to_string(old.shards);
        } catch (error const&) {
        }
    });
    broadcast(ranks, list.generation);
    broadcast(ranks, before);
    auto const own_path = detail::shard_path(path, list.generation, ranks.rank());
    auto const forget = [](std::filesystem::path const& file) {
        std::error_code ignored;
        std::filesystem::remove(file, ignored);
    };
    try {
        together(ranks, [&] {
            io::safetensors file;
            file.metadata = {{"format", "trine shard 1"}, {"generation", list.generation}};
            file.add<std::int64_t>("places", {own.places.size()}, own.places);
            file.add<float>("points", {own.places.size(), list.dimensions}, own.points);
            file.save(own_path);
        });
    } catch (...) {
        forget(own_path);
        throw;
    }
    together(ranks, [&] {
        if (ranks.rank() == 0)
            detail::file_of(list).save(path);
    });
    if (std::size_t const space = before.find(' '); space != std::string::npos)
        for (std::size_t i = 0; i < std::stoull(before.substr(space + 1)); ++i)
            forget(detail::shard_path(path, before.substr(0, space), i));
}

TRINE_INLINE std::pair<shard_list, shard> load_shards(communicator& ranks, std::filesystem::path const& path,
                                                      std::string const& distance, std::size_t dimensions) {
    std::string bytes;
    together(ranks, [&] {
        if (ranks.rank() == 0)
            bytes = io::read_file(path);
    });
    broadcast(ranks, bytes);
    auto const list = detail::list_of(io::safetensors::parse(bytes, path.string()));
    require<format_error>(list.distance == distance, path.string(), ": was made with the distance ", list.distance,
                          ", not with ", distance);
    require<format_error>(list.dimensions == dimensions, path.string(), ": holds points of ", list.dimensions,
                          " values, not of ", dimensions);
    shard own;
    together(ranks, [&] {
        std::size_t const last = chunk_begin(list.shards, ranks.rank() + 1, ranks.size());
        for (std::size_t i = chunk_begin(list.shards, ranks.rank(), ranks.size()); i < last; ++i)
            detail::read_shard(detail::shard_path(path, list.generation, i), list, own);
        detail::sort_shard(own, list.dimensions);
        require<format_error>(detail::are_places(own.places, list.places), path.string(),
                              ": two of its shards hold a point for one place");
    });
    std::size_t count = 0;
    for (auto const& one : gather(ranks, std::to_string(own.places.size())))
        count += std::stoull(one);
    require<format_error>(count == list.places - list.removed.size(), path.string(), ": its shards hold ", count,
                          " points of ", list.places - list.removed.size());
    return {list, std::move(own)};
}

} // namespace trine::distributed
