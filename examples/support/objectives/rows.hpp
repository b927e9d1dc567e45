#pragma once

// What makes objectives of names, a family of losses a file, so that each compiles in seconds.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <trine/losses/reducers.hpp>
#include <trine/objectives/any_objective.hpp>

#include "../any_policies.hpp"
#include "../policies.hpp"

namespace program {

/// A loss by its name.
struct loss_row {
    std::string_view name;
    trine::any_objective (*make)(objective_choice const&);
    char const* distance; ///< that it is made for
    std::string (*describe)();
    bool learns_weights = false; ///< class weights, or proxies
    bool needs_length = false;   ///< of embeddings
};
/// @param distance  that it is made for
template <class Loss>
loss_row row(decltype(loss_row::make) make, char const* distance) {
    return {Loss::name, make, distance, [] { return trine::identity_of(Loss{}).text(); }};
}

/// Losses in the order of the list, and what their family takes besides.
struct loss_family {
    char const* title;
    std::vector<loss_row> rows;
    bool is_mined = true; ///< whether a miner chooses what they see
    bool has_class_weights = false;
};
loss_family triplet_losses();
loss_family pair_losses();
loss_family batch_losses();
loss_family proxy_losses();
loss_family whole_objectives();

trine::any_objective of_no_margin(objective_choice const&);
trine::any_objective of_triplet_margin(objective_choice const&);
trine::any_objective of_soft_margin(objective_choice const&);
trine::any_objective of_margin_based(objective_choice const&);
trine::any_objective of_selectively_contrastive(objective_choice const&);

/// Miners by their names.
///
/// @throws trine::argument_error  when the miner does not fit a loss that takes such, the distance or the memory
any_triplet_miner triplet_miner(objective_choice const&);
any_pair_miner pair_miner(objective_choice const&);
any_anchor_miner anchor_miner(objective_choice const&);
bool mines_pairs(std::string const& name);
void add_miner_names(std::vector<std::string>& to);
void describe_miners(std::string& to);

/// A distance whose offset is 0.
any_distance erased_distance(policy_choice const& choice);

/// An objective whose miner takes a batch in threes, whatever its labels say.
trine::any_objective in_threes(trine::any_objective inner);

/// Penalties on class weights, of those that were asked for.
///
/// @param centers  of each class
/// @throws trine::argument_error  when one has a wrong value
weight_penalties penalties_on_weights(objective_choice const&, std::size_t centers);
/// An objective with the penalties on embeddings that were asked for.
trine::any_objective with_penalties(trine::any_objective inner, objective_choice const&);
/// Refuses penalties on class weights, for a loss that has none.
void require_class_weights(objective_choice const&);
void describe_regularizers(std::string& to);

/// Refuses values that make another loss of one of a family that takes them not, by a sentence that says of which.
void refuse_variations(policy_choice const& loss, std::initializer_list<std::string_view> taken);
void refuse_memory(objective_choice const&);
void require_cosine(std::string_view loss, policy_choice const& distance);

/// A value that is taken out of a choice, where it is there.
std::optional<double> take_number(policy_choice& choice, char const* key);
bool take_flag(policy_choice& choice, char const* key);

/// Another loss, whose anchors count as class weights say where there are any: `losses::class_weighted`, so that both
/// are compiled once.
template <class Loss>
struct weighted : trine::losses::class_weighted<Loss> {
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        Loss::values(self, visit);
        if (!std::is_const_v<Self> || !self.weights.empty())
            visit("class_weights", self.weights);
    }
    double weight_of(trine::label who) const {
        return this->weights.empty() ? 1 : trine::losses::class_weighted<Loss>::weight_of(who);
    }
};

/// Calls f(distance) with cosine, or with another whose type is forgotten.
template <class Loss, class F>
trine::any_objective with_distance_of(policy_choice const& distance, F&& f) {
    if constexpr (requires { requires Loss::needs_cosine; }) {
        require_cosine(Loss::name, distance);
        return f(with_values<trine::distances::cosine>(distance));
    } else {
        if (distance.name == "cosine")
            return f(with_values<trine::distances::cosine>(distance));
        return f(erased_distance(distance));
    }
}

} // namespace program
