#pragma once

/// Who a policy is: its name and every value that it was given.
///
/// A policy says both in one place. Its values are visited by reference, so that the same words serve to compare two
/// runs, to print one, and to set a value by its name:
///
///     struct triplet_margin {
///         static constexpr std::string_view name = "triplet_margin";
///         double margin = 0.2;
///         template <class Self, class Visit>
///         static void values(Self& self, Visit&& visit) { visit("margin", self.margin); }
///     };
///
/// A type without members needs a name alone. What a policy learns or remembers is not of its identity; see state.hpp.

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.hpp"

namespace trine {

/// A policy that says its name and, unless it has no members, its values.
template <class P>
concept policy = requires {
    { P::name } -> std::convertible_to<std::string_view>;
}
&&(std::is_empty_v<P> || requires(P & p) { P::values(p, [](std::string_view, auto&) {}); });

/// A name with values, in the order in which the policy says them; a value may be another policy.
class identity {
public:
    identity() = default;
    explicit identity(std::string_view name) : name_(name) {}

    /// Adds a value: a number, a truth, a text, an enumeration with `name_of`, or another policy or identity.
    template <class T>
    identity& with(std::string_view key, T const& value) {
        if constexpr (std::is_same_v<T, identity>)
            add(key, value);
        else if constexpr (std::is_same_v<T, bool>)
            add(key, std::string_view(value ? "yes" : "no"));
        else if constexpr (std::is_arithmetic_v<T>)
            add(key, number(value));
        else if constexpr (std::is_convertible_v<T const&, std::string_view>)
            add(key, std::string_view(value));
        else if constexpr (std::is_enum_v<T>)
            add(key, name_of(value));
        else
            add(key, of(value));
        return *this;
    }

    /// The identity of a policy.
    template <class P>
    static identity of(P const& policy) {
        if constexpr (requires {
                          { policy.identity_of() } -> std::same_as<identity>;
                      })
            return policy.identity_of();
        else {
            static_assert(trine::policy<P>, "this policy does not say who it is: it needs a name and, where it has "
                                            "members, values(self, visit)");
            identity self(P::name);
            if constexpr (requires { P::values(policy, [](std::string_view, auto const&) {}); })
                P::values(policy, [&](std::string_view key, auto const& value) { self.with(key, value); });
            return self;
        }
    }

    std::string const& name() const { return name_; }

    /// The name, and the values in brackets: "triplet_margin (margin 0.2, reduction mean)".
    std::string text() const {
        std::string all = name_;
        for (std::size_t i = 0; i < values_.size(); ++i)
            all.append(i == 0 ? " (" : ", ").append(values_[i].first).append(" ").append(values_[i].second.text());
        return values_.empty() ? all : all.append(")");
    }

    /// The first value in which two differ, as "margin 0.2 here, 0.3 there"; empty where none does.
    ///
    /// @param here, there  what to call this one and the other
    std::string difference(identity const& other, std::string_view here, std::string_view there,
                           std::string const& path = "") const {
        auto const says = [&](std::string const& own, std::string const& theirs) {
            std::string all = path.empty() ? "" : path + " ";
            return all.append(own).append(" ").append(here).append(", ").append(theirs).append(" ").append(there);
        };
        if (name_ != other.name_)
            return says(quoted(name_), quoted(other.name_));
        for (auto const& [key, value] : values_) {
            auto const at = other.find(key);
            std::string const inner = path.empty() ? key : path + "." + key;
            if (at == nullptr)
                return inner + " is " + value.text() + " " + std::string(here) + ", and not known " +
                       std::string(there);
            if (auto const found = value.difference(*at, here, there, inner); !found.empty())
                return found;
        }
        for (auto const& [key, value] : other.values_)
            if (find(key) == nullptr)
                return (path.empty() ? key : path + "." + key) + " is " + value.text() + " " + std::string(there) +
                       ", and not known " + std::string(here);
        return "";
    }

    friend bool operator==(identity const&, identity const&) = default;

private:
    void add(std::string_view key, std::string_view value) { values_.emplace_back(key, identity(value)); }
    void add(std::string_view key, identity value) { values_.emplace_back(key, std::move(value)); }
    identity const* find(std::string const& key) const {
        auto const at = std::find_if(values_.begin(), values_.end(), [&](auto const& v) { return v.first == key; });
        return at == values_.end() ? nullptr : &at->second;
    }
    static std::string quoted(std::string const& text) { return text.empty() ? "\"\"" : text; }
    // The shortest digits that give the same number back.
    template <class T>
    static std::string number(T value) {
        char digits[32];
        auto const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        return {digits, end};
    }

    std::string name_;
    std::vector<std::pair<std::string, identity>> values_;
};

/// The identity of a policy.
template <class P>
identity identity_of(P const& policy) {
    return identity::of(policy);
}

} // namespace trine
