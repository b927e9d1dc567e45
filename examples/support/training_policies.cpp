#include "training_policies.hpp"

#include <algorithm>

#include <trine/nn/optimizers.hpp>
#include <trine/nn/schedules.hpp>

namespace program {

using namespace trine;

any_optimizer make_optimizer(policy_choice const& c) {
    if (c.name == "sgd")
        return any_optimizer(with_values<nn::sgd>(c));
    if (c.name == "adam")
        return any_optimizer(with_values<nn::adam>(c));
    require<argument_error>(c.name == "adamw", "optimizer: there is no \"", c.name, "\", but adamw, adam or sgd");
    return any_optimizer(with_values<nn::adamw>(c));
}

any_schedule make_schedule(policy_choice const& c) {
    if (c.name == "constant")
        return any_schedule(with_values<nn::constant>(c));
    if (c.name == "stepwise")
        return any_schedule(with_values<nn::stepwise>(c));
    if (c.name == "cosine")
        return any_schedule(with_values<nn::cosine>(c));
    require<argument_error>(c.name == "warm_up", "schedule: there is no \"", c.name,
                            "\", but warm_up (then cosine), cosine, stepwise or constant");
    return any_schedule(with_values<nn::warm_up<>>(c));
}

sampler_maker make_sampler(policy_choice const& c, data::pk const& batches) {
    require<argument_error>(c.values.empty(), "sampler: ", c.name, " takes no values but --people and --photos");
    if (c.name == "pk")
        return batches;
    bool const is_uniform = c.name == "uniform";
    require<argument_error>(is_uniform || c.name == "class_balanced", "sampler: there is no \"", c.name,
                            "\", but pk, uniform or class_balanced");
    return [batches, is_uniform](std::span<label const> labels, std::uint64_t seed) -> data::any_sampler {
        std::size_t const size = std::min(batches.people * batches.photos, labels.size());
        if (is_uniform)
            return data::uniform_sampler(labels, size, seed);
        return data::class_balanced_sampler(labels, size, seed);
    };
}

std::string list_training_policies() {
    std::string all = "optimizers\n";
    for (char const* name : {"adamw", "adam", "sgd"})
        all += "    " + make_optimizer({name, {}}).identity_of().text() + "\n";
    all += "schedules\n";
    for (char const* name : {"warm_up", "cosine", "stepwise", "constant"})
        all += "    " + make_schedule({name, {}}).identity_of().text() + "\n";
    return all + "samplers\n    pk: P people with K photos each\n    uniform: anybody's photos\n    class_balanced: "
                 "photos of people who are each as likely\n";
}

} // namespace program
