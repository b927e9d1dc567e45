#pragma once

/// Reading what runs wrote: members of objects that have to be there.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../io/json.hpp"

namespace trine::experiments {

namespace detail {

inline io::json json_list(std::span<double const> values) {
    return io::json(io::json::list(values.begin(), values.end()));
}
inline io::json const& member(io::json const& of, std::string_view key) {
    auto const* const found = of.find(key);
    require<format_error>(found != nullptr, "a run has no \"", key, "\"");
    return *found;
}
inline std::vector<double> numbers(io::json const& of, std::string_view key) {
    auto const* const list = member(of, key).values();
    require<format_error>(list != nullptr, "a run's \"", key, "\" is no list");
    std::vector<double> all;
    all.reserve(list->size());
    for (auto const& v : *list)
        all.push_back(v.number());
    return all;
}
inline std::string text(io::json const& of, std::string_view key) {
    auto const* const found = member(of, key).text();
    require<format_error>(found != nullptr, "a run's \"", key, "\" is no text");
    return *found;
}

} // namespace detail

} // namespace trine::experiments
