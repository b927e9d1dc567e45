#include <trine/losses/pair.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
#include <trine/objectives/objective.hpp>

#include "pairs.hpp"

namespace program {

using namespace trine;

namespace {

template <class Loss>
any_objective mined(objective_choice const& c, Loss const& loss) {
    return with_distance_of<Loss>(c.distance, [&](auto const& distance) -> any_objective {
        if (c.memory > 0)
            return cross_batch_memory(c.memory, anchor_miner(c), loss, distance);
        return objective(pair_miner(c), loss, distance);
    });
}

} // namespace

any_objective mined_pairs(objective_choice const& c, any_pair_loss<losses::term_sum> const& loss) {
    return mined(c, loss);
}
any_objective mined_pairs(objective_choice const& c, any_pair_loss<losses::split_sums> const& loss) {
    return mined(c, loss);
}
any_objective of_intra_pair_variance(objective_choice const& c) {
    refuse_variations(c.loss, {"class_weights"});
    return mined(c, with_values<weighted<losses::intra_pair_variance>>(c.loss));
}

} // namespace program
