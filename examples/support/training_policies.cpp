#include "training_policies.hpp"

#include <algorithm>
#include <utility>
#include <variant>

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

namespace {

template <class Then>
any_schedule warm_up_then(policy_choice const& c) {
    policy_choice own{c.name, {}}, after = c;
    if (auto share = after.values.extract("share"); !share.empty())
        own.values.insert(std::move(share));
    after.values.erase("then");
    auto all = with_values<nn::warm_up<Then>>(own);
    all.then = with_values<Then>(after, {"share", "then"});
    return any_schedule(all);
}
any_schedule make_warm_up(policy_choice const& c) {
    auto const at = c.values.find("then");
    auto const* const then = at == c.values.end() ? nullptr : std::get_if<std::string>(&at->second);
    if (at == c.values.end() || (then != nullptr && *then == "cosine"))
        return warm_up_then<nn::cosine>(c);
    require<argument_error>(then != nullptr && (*then == "stepwise" || *then == "constant"),
                            "warm_up: then is cosine, stepwise or constant");
    return *then == "stepwise" ? warm_up_then<nn::stepwise>(c) : warm_up_then<nn::constant>(c);
}

} // namespace

any_schedule make_schedule(policy_choice const& c) {
    if (c.name == "constant")
        return any_schedule(with_values<nn::constant>(c));
    if (c.name == "stepwise")
        return any_schedule(with_values<nn::stepwise>(c));
    if (c.name == "cosine")
        return any_schedule(with_values<nn::cosine>(c));
    require<argument_error>(c.name == "warm_up", "schedule: there is no \"", c.name,
                            "\", but warm_up (then cosine), cosine, stepwise or constant");
    return make_warm_up(c);
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
    if (c.name == hierarchy::name) {
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
    all += "schedules; warm_up also then=stepwise or then=constant, with the values of that\n";
    for (char const* name : {"warm_up", "cosine", "stepwise", "constant"})
        all += "    " + make_schedule({name, {}}).identity_of().text() + "\n";
    return all + "samplers\n    pk: P people with K photos each\n    uniform: anybody's photos\n    class_balanced: "
                 "photos of people who are each as likely\n    triplets: anchors, positives and negatives by turns, as "
                 "many as P·K photos are, "
                 "for miner batch_triplets\n    hierarchical (groups 2): people of so many groups, which --groups "
                 "names\n";
}

} // namespace program
