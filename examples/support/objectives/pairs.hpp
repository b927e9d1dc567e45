#pragma once

// What a pair loss makes of a choice. Included by the files that list such losses.

#include <string>
#include <utility>
#include <vector>

#include <trine/losses/concepts.hpp>

#include "rows.hpp"

namespace program {

/// Losses whose types are forgotten meet miners, distances and memory once.
trine::any_objective mined_pairs(objective_choice const&, any_pair_loss<trine::losses::term_sum> const&);
trine::any_objective mined_pairs(objective_choice const&, any_pair_loss<trine::losses::split_sums> const&);

template <class Loss>
trine::any_objective mined_pairs(objective_choice const& c, Loss loss) {
    using sums = decltype(loss.row(std::declval<trine::losses::pair_row<float> const&>()));
    return mined_pairs(c, any_pair_loss<sums>(std::move(loss)));
}

template <class Loss>
trine::any_objective of_pairs(objective_choice const& c) {
    using namespace trine;
    constexpr bool is_separable = requires { requires Loss::separable; };
    if constexpr (is_separable)
        refuse_variations(c.loss, {"class_weights", "per_anchor", "low", "high"});
    else
        refuse_variations(c.loss, {"class_weights", "per_anchor"});
    if constexpr (requires { requires Loss::needs_cosine; })
        require_cosine(Loss::name, c.distance);
    auto choice = c.loss;
    bool const has_limits = choice.values.contains("low") || choice.values.contains("high"),
               per_anchor = take_flag(choice, "per_anchor");
    std::vector<std::string> others{"per_anchor"};
    if constexpr (is_separable) {
        others.insert(others.end(), {"low", "high"});
        require<argument_error>(!has_limits || !per_anchor, Loss::name, ": per_anchor goes with no low or high");
        if (has_limits)
            return mined_pairs(c, with_values<losses::thresholded<weighted<Loss>>>(choice, others));
    }
    if (per_anchor)
        return mined_pairs(c, with_values<losses::per_anchor<weighted<Loss>>>(choice, others));
    return mined_pairs(c, with_values<weighted<Loss>>(choice, others));
}

template <class Loss>
loss_row pairs(char const* distance) {
    return row<Loss>(of_pairs<Loss>, distance);
}

/// Those of whole rankings, of a file of their own.
std::vector<loss_row> ranking_losses();
/// Made of what all anchors' pairs have in common, so that its type is not forgotten.
trine::any_objective of_intra_pair_variance(objective_choice const&);

} // namespace program
