#pragma once

#include <cstdint>
#include <utility>

#include "../losses/triplet.hpp"
#include "../miners/triplet_miners.hpp"
#include "../objectives/objective.hpp"
#include "../training/trainer.hpp"
#include "identifier.hpp"

namespace trine {

/// The whole story as one type: learn a map from photos to points, enrol known people, name new photos.
///
/// It is an `identifier` with a `trainer`, either of which can be used alone.
template <class Backbone, class Miner = miners::batch_hard, class Loss = losses::triplet_margin,
          class Distance = distances::squared_euclidean, class Neighbors = neighbors::exact>
class recognizer : public identifier<Backbone, Distance, Neighbors> {
    using base = identifier<Backbone, Distance, Neighbors>;

public:
    using trainer_type = trine::trainer<Backbone>;

    explicit recognizer(std::uint64_t seed = 1, Miner miner = {}, Loss loss = {}, Distance distance = {})
        : base(seed, distance), miner_(miner), loss_(loss) {}

    /// A trainer with this miner, loss and distance, to be given another sampler, optimiser's values, or files.
    trainer_type trainer(training_options options = {}) const {
        return {.objective = objective<Miner, Loss, Distance>(miner_, loss_, this->distance()), .options = options};
    }

    /// Learns the map. The gallery becomes empty, and one in memory: points belong to the map that made them.
    ///
    /// @throws error  as `trainer::fit`
    training_report fit(data::dataset const& photos, training_options const& options = {},
                        typename trainer_type::callback const& after_epoch = {}) {
        return fit(photos, trainer(options), after_epoch);
    }
    template <class Optimizer, class Schedule, class Sampler>
    training_report fit(data::dataset const& photos, trine::trainer<Backbone, Optimizer, Schedule, Sampler> const& how,
                        typename trainer_type::callback const& after_epoch = {}) {
        this->clear();
        return how.fit(this->model(), photos, after_epoch);
    }

private:
    Miner miner_;
    Loss loss_;
};

} // namespace trine
