#include <trine/losses/class.hpp>
#include <trine/losses/dynamic_soft_margin.hpp>
#include <trine/losses/histogram.hpp>
#include <trine/losses/instance.hpp>
#include <trine/losses/multi_label.hpp>
#include <trine/objectives/manifold.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/objectives/vicreg.hpp>

#include "rows.hpp"

namespace program {

using namespace trine;

namespace {

// Losses that look at all photos of a person, or of the batch, together.
template <class Loss>
any_objective of_all(objective_choice const& c) {
    require<argument_error>(c.miner.name == "all", "miner: ", Loss::name,
                            losses::batch_loss<Loss> ? " looks at all pairs of the batch"
                                                     : " looks at all photos of a person",
                            " together: use it with all, not with ", c.miner.name);
    refuse_variations(c.loss, {});
    refuse_memory(c);
    auto const made = [&](auto const& loss) {
        return with_distance_of<Loss>(c.distance, [&](auto const& d) -> any_objective {
            return objective(with_values<miners::all>(c.miner), loss, d);
        });
    };
    auto const loss = with_values<Loss>(c.loss);
    if constexpr (losses::batch_loss<Loss>)
        return made(any_batch_loss(loss));
    else
        return made(any_class_loss(loss));
}
template <class Loss>
loss_row all_of(char const* distance) {
    return row<Loss>(of_all<Loss>, distance);
}

// That nothing is mined or compared but what the objective does itself.
void require_alone(objective_choice const& c, char const* why, char const* distance) {
    require<argument_error>(c.miner.name == "none" && c.miner.values.empty(), "miner: ", c.loss.name, ' ', why,
                            ", so nothing is mined: use none, not ", c.miner.name);
    require<argument_error>(c.distance.name == distance && c.distance.values.empty(), "distance: ", c.loss.name,
                            " works on ", distance, ", not on ", c.distance.name);
    refuse_variations(c.loss, {});
    refuse_memory(c);
}
any_objective of_vicreg(objective_choice const& c) {
    require_alone(c, "takes two photos of a person as they come", "squared_euclidean");
    return with_values<vicreg<float>>(c.loss);
}
any_objective of_manifold(objective_choice const& c) {
    require_alone(c, "compares photos with proxies of its own", "cosine");
    return manifold<float>(with_values<manifold<float>::settings>(c.loss));
}

} // namespace

loss_family batch_losses() {
    using namespace trine::losses;
    return {"losses of whole people and batches: miner all",
            {all_of<lifted_structure>("euclidean"), all_of<angular>("squared_euclidean"), all_of<histogram>("cosine"),
             all_of<instance>("dot_product"), all_of<dynamic_soft_margin>("euclidean"),
             all_of<multi_supervised_contrastive>("cosine")}};
}

loss_family whole_objectives() {
    auto views = row<vicreg<float>>(of_vicreg, "squared_euclidean");
    views.needs_length = true;
    auto graph = row<manifold<float>::settings>(of_manifold, "cosine");
    graph.learns_weights = true;
    return {"losses that are an objective of their own: miner none", {views, graph}, false};
}

} // namespace program
