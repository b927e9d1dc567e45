#pragma once

// Miners, losses and distances by their names and values, as the catalogue of the documents has them.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <trine/core/error.hpp>
#include <trine/core/identity.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distances/lp.hpp>
#include <trine/distances/signal_to_noise.hpp>
#include <trine/objectives/any_objective.hpp>

namespace program {

/// A policy that was asked for: its name, and values by their names.
struct policy_choice {
    std::string name;
    std::map<std::string, std::variant<double, std::string, std::vector<double>>> values;
};

/// Gives a policy the values that were asked for, and looks whether they make sense.
///
/// @param others  values that were taken from the choice before, for the list of what there is
/// @throws trine::argument_error  when it has no value of a name, or one is of another kind or makes no sense
template <class Policy>
Policy with_values(policy_choice const& choice, std::vector<std::string> const& others = {});

/// What an objective is to be made of.
struct objective_choice {
    policy_choice miner, loss, distance;
    std::size_t memory = 0; ///< embeddings that a cross-batch memory holds; 0: there is none
    /// Penalties, each with `weight`, and `on`: embeddings, or class_weights.
    std::vector<policy_choice> regularizers{};
};

/// What a training loop calls, of policies by their names.
///
/// @throws trine::argument_error  when there is none of a name, a value makes no sense, or they do not go together
trine::any_objective make_objective(objective_choice const& choice);

/// The miner and the distance that a loss is made for.
///
/// @throws trine::argument_error  when there is no such loss
std::string natural_miner(std::string const& loss);
std::string natural_distance(std::string const& loss);
/// Whether a loss owns class weights or proxies, which learn beside the network.
bool learns_weights(std::string const& loss);
/// Whether a loss looks at the length of embeddings, or a penalty at nothing else: many networks bring it to 1.
bool needs_length(std::string const& loss);
bool draws_lengths(policy_choice const& regularizer);

/// A choice as it is written: "triplet_margin margin=0.3 reduction=mean class_weights=1,2,1".
///
/// @throws trine::argument_error  for what is no name with values
policy_choice parse_choice(std::string_view text);

/// All names, each with its values, in lines.
std::string list_policies();

std::vector<std::string> const& miner_names();
std::vector<std::string> const& loss_names();
std::vector<std::string> const& distance_names();
std::vector<std::string> const& regularizer_names();

/// "a, b or c"
std::string one_of(std::vector<std::string> const& names);

namespace detail {

struct value_setter {
    policy_choice const& choice;

    void operator()(std::string_view key, double& value);
    void operator()(std::string_view key, std::size_t& value);
    void operator()(std::string_view key, bool& value);
    void operator()(std::string_view key, std::vector<double>& values);
    void operator()(std::string_view key, std::vector<std::size_t>& values);
    template <class E>
        requires std::is_enum_v<E>
    void operator()(std::string_view key, E& value) {
        if (auto const* const given = text(key))
            set_enum(key, *given, value);
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
Policy with_values(policy_choice const& choice, std::vector<std::string> const& others) {
    Policy policy{};
    std::vector<std::string> known;
    if constexpr (requires { Policy::values(policy, [](std::string_view, auto&) {}); }) {
        detail::value_setter set{choice};
        Policy::values(policy, set);
        Policy::values(policy, [&](std::string_view key, auto const&) { known.emplace_back(key); });
    }
    known.insert(known.end(), others.begin(), others.end());
    detail::value_setter{choice}.finish(known);
    trine::check_values(policy);
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
