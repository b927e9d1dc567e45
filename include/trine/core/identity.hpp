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
/// A policy that not every value makes sense of has `check()`, which throws an `argument_error` that names the value;
/// whoever composes it calls that first. A type without members needs a name alone. What a policy learns or remembers
/// is not of its identity; see state.hpp.

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "hash.hpp"

namespace trine {

/// A policy that says its name and, unless it has no members, its values.
template <class P>
concept policy = requires {
    { P::name } -> std::convertible_to<std::string_view>;
}
&&(std::is_empty_v<P> || requires(P & p) { P::values(p, [](std::string_view, auto&) {}); });

/// Refuses a policy whose values make no sense, where it says what does.
///
/// @throws argument_error  as the policy's `check` does
template <class P>
void check_values(P const& policy) {
    if constexpr (requires { policy.check(); })
        policy.check();
}

/// A name with values, in the order in which the policy says them; a value may be another policy.
class identity {
public:
    identity() = default;
    explicit identity(std::string_view name) : name_(name) {}

    /// Adds a value: a number, a truth, a text, an enumeration with `name_of`, a list of numbers (of which it keeps the
    /// length and a checksum), or another policy or identity.
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
        else if constexpr (requires {
                               requires std::is_arithmetic_v<typename T::value_type>;
                               value.data();
                           })
            add(key, identity("list")
                         .with("size", value.size())
                         .with("checksum", checksum({reinterpret_cast<char const*>(value.data()),
                                                     value.size() * sizeof(typename T::value_type)})));
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

    /// A line for the name and for each value, "loss.margin 0.2", in their order: what files keep.
    std::string lines(std::string const& path = "") const {
        std::string all = (path.empty() ? "name" : path) + " " + name_ + "\n";
        for (auto const& [key, value] : values_)
            all += value.lines(path.empty() ? key : path + "." + key);
        return all;
    }
    /// The first value in which two differ, as "loss.margin is 0.2 here, 0.3 there"; empty where none does.
    ///
    /// @param own, other   as `lines` writes them
    /// @param here, there  what to call this one and the other
    static std::string difference(std::string_view own, std::string_view other, std::string_view here,
                                  std::string_view there) {
        auto const says = [](std::string_view key, std::string_view a, std::string_view at_a, std::string_view b,
                             std::string_view at_b) {
            std::string all(key);
            return all.append(" is ").append(a).append(" ").append(at_a).append(", ").append(b).append(" ").append(
                at_b);
        };
        auto const ours = split(own), theirs = split(other);
        auto const find = [](auto const& lines, std::string_view key) {
            return std::find_if(lines.begin(), lines.end(), [key](auto const& t) { return t.first == key; });
        };
        for (auto const& [key, value] : ours) {
            auto const at = find(theirs, key);
            if (at == theirs.end())
                return says(key, value, here, "not given", there);
            if (at->second != value)
                return says(key, value, here, at->second, there);
        }
        for (auto const& [key, value] : theirs)
            if (find(ours, key) == ours.end())
                return says(key, "not given", here, value, there);
        return "";
    }
    std::string difference(identity const& other, std::string_view here, std::string_view there) const {
        return difference(lines(), other.lines(), here, there);
    }

    friend bool operator==(identity const&, identity const&) = default;

private:
    void add(std::string_view key, std::string_view value) { values_.emplace_back(key, identity(value)); }
    void add(std::string_view key, identity value) { values_.emplace_back(key, std::move(value)); }
    static std::vector<std::pair<std::string_view, std::string_view>> split(std::string_view text) {
        std::vector<std::pair<std::string_view, std::string_view>> all;
        for (std::size_t first = 0, space = 0, i = 0; i < text.size(); ++i) {
            if (text[i] == ' ' && space <= first)
                space = i;
            if (text[i] != '\n')
                continue;
            std::size_t const key = space > first ? space : i;
            all.emplace_back(text.substr(first, key - first),
                             text.substr(std::min(key + 1, i), i - std::min(key + 1, i)));
            first = i + 1;
        }
        return all;
    }
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
