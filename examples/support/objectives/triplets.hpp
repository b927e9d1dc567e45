#pragma once

// A triplet loss with all that can be said of it. Included by a file for each.

#include <trine/objectives/cross_batch_memory.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/losses/triplet.hpp>

#include "rows.hpp"

namespace program {

template <class Loss, class Distance>
trine::any_objective mined_triplets(objective_choice const& c, Loss const& loss, Distance const& distance) {
    bool const of_pairs = mines_pairs(c.miner.name);
    if constexpr (!requires { requires Loss::swaps; }) {
        if (c.memory > 0 && of_pairs)
            return trine::cross_batch_memory(c.memory, anchor_miner(c), loss, distance);
        if (c.memory > 0)
            return trine::cross_batch_memory(c.memory, triplet_miner(c), loss, distance);
    }
    if (of_pairs)
        return trine::objective(pair_miner(c), loss, distance);
    trine::any_objective made = trine::objective(triplet_miner(c), loss, distance);
    return c.miner.name == "batch_triplets" ? in_threes(made) : made;
}

template <class Loss>
trine::any_objective of_triplets(objective_choice const& c) {
    using namespace trine;
    constexpr bool learns = requires(Loss const& l) { l.parameter_count(); };
    refuse_variations(c.loss, {"swaps", "class_weights", "low", "high"});
    auto choice = c.loss;
    bool const swaps = take_flag(choice, "swaps"),
               has_limits = choice.values.contains("low") || choice.values.contains("high");
    std::vector<std::string> const others = {"swaps", "low", "high"};
    if (swaps) {
        require<argument_error>(!choice.values.contains("class_weights"), Loss::name,
                                ": class_weights weigh an anchor's terms, and swapped ones are of another");
        require<argument_error>(!has_limits, Loss::name, ": swaps goes with no low or high");
        refuse_memory(c);
        auto const loss = with_values<losses::swapped<Loss>>(choice, others);
        return with_distance_of<Loss>(c.distance, [&](auto const& d) { return mined_triplets(c, loss, d); });
    }
    if constexpr (learns)
        require<argument_error>(!has_limits, Loss::name,
                                ": low and high are not for losses that learn something, as this one its threshold");
    else if (has_limits) {
        auto const loss = with_values<losses::thresholded<weighted<Loss>>>(choice, others);
        return with_distance_of<Loss>(c.distance, [&](auto const& d) { return mined_triplets(c, loss, d); });
    }
    auto const loss = with_values<weighted<Loss>>(choice, others);
    return with_distance_of<Loss>(c.distance, [&](auto const& d) { return mined_triplets(c, loss, d); });
}

} // namespace program
