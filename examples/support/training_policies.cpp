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

namespace {

struct hierarchy {
    static constexpr std::string_view name = "hierarchical";
    std::size_t groups = 2;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("groups", self.groups);
    }
};

} // namespace

sampler_maker make_sampler(policy_choice const& c, data::pk const& batches, std::vector<label> const& groups) {
    if (c.name == "hierarchical") {
        auto const h = with_values<hierarchy>(c);
        require<argument_error>(h.groups > 0 && batches.people % h.groups == 0, "sampler: hierarchical: --people ",
                                batches.people, " is not a multiple of groups=", h.groups);
        return [=](std::span<label const> labels, std::uint64_t seed) -> data::any_sampler {
            std::vector<label> of_photos(labels.size());
            for (std::size_t i = 0; i < labels.size(); ++i)
                of_photos[i] = groups.at(static_cast<std::size_t>(labels[i]));
            return data::hierarchical_sampler(labels, of_photos, h.groups, batches.people / h.groups, batches.photos,
                                              seed);
        };
    }
    require<argument_error>(c.values.empty(), "sampler: ", c.name, " takes no values but --people and --photos");
    if (c.name == "pk")
        return batches;
    require<argument_error>(c.name == "uniform" || c.name == "class_balanced" || c.name == "triplets",
                            "sampler: there is no \"", c.name,
                            "\", but pk, uniform, class_balanced, triplets or hierarchical");
    return [=, name = c.name](std::span<label const> labels, std::uint64_t seed) -> data::any_sampler {
        std::size_t const size = std::min(batches.people * batches.photos, labels.size());
        if (name == "uniform")
            return data::uniform_sampler(labels, size, seed);
        if (name == "triplets")
            return data::triplet_sampler(labels, std::max<std::size_t>(1, size / 3), seed);
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
                 "photos of people who are each as likely\n    triplets: anchors, positives and negatives by turns, "
                 "for miner batch_triplets\n    hierarchical (groups 2): people of so many groups, which --groups "
                 "names\n";
}

} // namespace program
