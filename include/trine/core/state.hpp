#pragma once

/// What a policy learns or remembers from batch to batch, as named arrays: what a checkpoint carries over a stop.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "error.hpp"

namespace trine {

/// Named arrays of floats, doubles or labels.
class state {
public:
    using array = std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>>;

    template <class T>
    void add(std::string name, std::vector<T> values) {
        arrays_.insert_or_assign(std::move(name), array(std::move(values)));
    }
    /// Adds all of another, under names that begin with a prefix and a dot.
    void add(std::string const& prefix, state const& other) {
        for (auto const& [name, values] : other.arrays_)
            arrays_.insert_or_assign(prefix + "." + name, values);
    }
    /// What `add` put under a prefix.
    state part(std::string const& prefix) const {
        state found;
        for (auto const& [name, values] : arrays_)
            if (name.starts_with(prefix + "."))
                found.arrays_.emplace(name.substr(prefix.size() + 1), values);
        return found;
    }
    bool contains(std::string const& name) const { return arrays_.contains(name); }
    /// @throws format_error  when there is no array of that name, or it holds other scalars
    template <class T>
    std::vector<T> const& get(std::string const& name) const {
        auto const at = arrays_.find(name);
        require<format_error>(at != arrays_.end(), "the state has no \"", name, "\"");
        auto const* const values = std::get_if<std::vector<T>>(&at->second);
        require<format_error>(values != nullptr, "the state's \"", name, "\" holds other scalars");
        return *values;
    }
    std::map<std::string, array> const& arrays() const { return arrays_; }
    bool empty() const { return arrays_.empty(); }

private:
    std::map<std::string, array> arrays_;
};

} // namespace trine
