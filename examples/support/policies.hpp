#pragma once

// Miners, losses and distances by their names and values, as the catalogue of the documents has them.

#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <trine/core/error.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distances/lp.hpp>
#include <trine/distances/signal_to_noise.hpp>
#include <trine/objectives/any_objective.hpp>

namespace program {

/// A policy that was asked for: its name, and values by their names.
struct policy_choice {
    std::string name;
    std::map<std::string, std::variant<double, std::string>> values;
};

/// Gives a policy the values that were asked for.
///
/// @throws trine::argument_error  when it has no value of a name, or one is of another kind
template <class Policy>
Policy with_values(policy_choice const& choice, Policy policy = {});

/// What a training loop calls, of policies by their names.
///
/// @throws trine::argument_error  when the miner, loss or distance has no such name, or they do not go together
trine::any_objective make_objective(policy_choice const& miner, policy_choice const& loss,
                                    policy_choice const& distance);

/// The miner and the distance that a loss is made for.
///
/// @throws trine::argument_error  when there is no such loss
std::string natural_miner(std::string const& loss);
std::string natural_distance(std::string const& loss);
/// Whether a loss owns class weights.
bool has_class_weights(std::string const& loss);

/// A choice as it is written: "triplet_margin margin=0.3 reduction=mean".
///
/// @throws trine::argument_error  for what is no name with values
policy_choice parse_choice(std::string_view text);

/// All names, each with its values, in lines.
std::string list_policies();

std::vector<std::string> const& miner_names();
std::vector<std::string> const& loss_names();
std::vector<std::string> const& distance_names();

/// "a, b or c"
std::string one_of(std::vector<std::string> const& names);

namespace detail {

struct value_setter {
    policy_choice const& choice;

    void operator()(std::string_view key, double& value);
    void operator()(std::string_view key, std::size_t& value);
    void operator()(std::string_view key, bool& value);
    template <class E>
        requires std::is_enum_v<E>
    void operator()(std::string_view key, E& value) {
        if (auto const* text = this->text(key))
            set_enum(key, *text, value);
    }
    template <class T>
    void operator()(std::string_view, T const&) {} // what a type has decided
    // Nobody may have asked for more than there is.
    void finish(std::vector<std::string> const& known) const;

    double const* number(std::string_view key);
    std::string const* text(std::string_view key);
    template <class E>
    void set_enum(std::string_view key, std::string const& text, E& value) {
        for (int i = 0; i < 8; ++i)
            if (name_of(static_cast<E>(i)) == text) {
                value = static_cast<E>(i);
                return;
            }
        trine::fail<trine::argument_error>(choice.name, ": ", key, " cannot be \"", text, "\"");
    }
};

} // namespace detail

template <class Policy>
Policy with_values(policy_choice const& choice, Policy policy) {
    std::vector<std::string> known;
    if constexpr (requires { Policy::values(policy, [](std::string_view, auto&) {}); }) {
        detail::value_setter set{choice};
        Policy::values(policy, set);
        Policy::values(policy, [&](std::string_view key, auto const&) { known.emplace_back(key); });
    }
    detail::value_setter{choice}.finish(known);
    return policy;
}

/// Calls f(distance) for the distance of that name.
///
/// @throws trine::argument_error  when there is none
template <class F>
auto with_distance(policy_choice const& choice, F&& f) {
    using namespace trine::distances;
    if (choice.name == "euclidean")
        return f(with_values<euclidean>(choice));
    if (choice.name == "cosine")
        return f(with_values<cosine>(choice));
    if (choice.name == "angular")
        return f(with_values<angular>(choice));
    if (choice.name == "dot_product")
        return f(with_values<dot_product>(choice));
    if (choice.name == "manhattan")
        return f(with_values<manhattan>(choice));
    if (choice.name == "lp")
        return f(with_values<lp>(choice));
    if (choice.name == "signal_to_noise")
        return f(with_values<signal_to_noise>(choice));
    trine::require<trine::argument_error>(choice.name == "squared_euclidean", "distance: there is no \"", choice.name,
                                          "\", but ", one_of(distance_names()));
    return f(with_values<squared_euclidean>(choice));
}

} // namespace program
