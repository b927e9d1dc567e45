#pragma once

/// Which of its values a policy offers for tuning, and between what bounds.
///
/// A policy that knows which of its values are worth trying others of says so itself, by the keys under which it visits
/// them (`core/identity.hpp`):
///
///     static constexpr std::array tunables{tunable{"margin", 0.02, 1, spacing::logarithmic}};

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "error.hpp"
#include "identity.hpp"

namespace trine {

/// How values of a range are spread: evenly, or evenly over their logarithms.
enum class spacing { linear, logarithmic };

/// A value of a policy, by its key, and the range from which others are tried.
struct tunable {
    std::string_view key;
    double low = 0, high = 1;
    spacing how = spacing::linear;
    bool whole = false; ///< whether only whole numbers make sense
};

/// A policy that names what of it can be tuned.
template <class P>
concept tunable_policy = policy<P> && requires {
    {std::span<tunable const>(P::tunables)};
};

/// What a policy offers for tuning; nothing, where it says nothing.
template <class P>
constexpr std::span<tunable const> tunables_of() {
    if constexpr (tunable_policy<P>)
        return std::span<tunable const>(P::tunables);
    else
        return {};
}

/// What a policy offers, and then what one that is made of it adds.
template <class P, std::size_t N>
consteval auto more_tunables(std::array<tunable, N> const& own) {
    constexpr auto inherited = tunables_of<P>();
    std::array<tunable, inherited.size() + N> all{};
    for (std::size_t i = 0; i < inherited.size(); ++i)
        all[i] = inherited[i];
    for (std::size_t i = 0; i < N; ++i)
        all[inherited.size() + i] = own[i];
    return all;
}

namespace detail {

template <class P, class Found>
bool visit_value(P& policy, std::string_view key, Found&& found) {
    bool seen = false;
    if constexpr (requires { P::values(policy, [](std::string_view, auto&) {}); })
        P::values(policy, [&](std::string_view own, auto& value) {
            using value_type = std::remove_cvref_t<decltype(value)>;
            if constexpr (std::is_arithmetic_v<value_type> && !std::is_same_v<value_type, bool>) {
                if (own == key)
                    seen = true, found(value);
            } else if constexpr (trine::policy<value_type>) {
                if (key.starts_with(own) && key.size() > own.size() && key[own.size()] == '.')
                    seen = visit_value(value, key.substr(own.size() + 1), found) || seen;
            }
        });
    return seen;
}

} // namespace detail

/// A number among a policy's values, by its key; a part's by "part.key".
///
/// @throws argument_error  when there is none
template <class P>
double value_of(P const& policy, std::string_view key) {
    double found = 0;
    require<argument_error>(detail::visit_value(policy, key, [&](auto& v) { found = static_cast<double>(v); }), P::name,
                            " has no number that is called ", key);
    return found;
}

/// Sets a number among a policy's values, by its key; whole numbers are rounded to.
///
/// @throws argument_error  when there is none
template <class P>
void set_value(P& policy, std::string_view key, double to) {
    require<argument_error>(detail::visit_value(policy, key,
                                                [&]<class V>(V& v) {
                                                    if constexpr (std::is_const_v<V>)
                                                        (void)v;
                                                    else if constexpr (std::is_integral_v<V>)
                                                        v = static_cast<V>(to + 0.5);
                                                    else
                                                        v = static_cast<V>(to);
                                                }),
                            P::name, " has no number that is called ", key);
}

} // namespace trine
