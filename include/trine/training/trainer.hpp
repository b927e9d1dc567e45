#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../data/sampler.hpp"
#include "../nn/optimizers.hpp"
#include "../nn/schedules.hpp"
#include "any_objective.hpp"
#include "objective.hpp"
#include "training_run.hpp"

namespace trine {

/// The loop: batches in, parameters out. It does not know the miner and the loss, so that a program that offers ten of
/// each compiles it once.
///
/// The trained parameters depend on the photos, the options and the seed alone: not on the number of threads, and not
/// on whether the run was stopped and resumed.
template <class Backbone, class Optimizer = nn::adamw, class Schedule = nn::warm_up<nn::cosine>>
class training_loop {
public:
    using model_type = nn::model<Backbone>;
    /// Called after every epoch; `false` ends the run.
    using callback = std::function<bool(epoch_report const&, model_type&)>;

    /// @param objective  mining and loss
    training_loop(training_options options, any_objective objective, Optimizer optimizer = {}, Schedule schedule = {})
        : options_(std::move(options)), objective_(std::move(objective)), optimizer_(optimizer), schedule_(schedule) {
        optimizer_.weight_decay = options_.weight_decay;
    }

    /// As `trainer::fit`.
    training_report fit(model_type& model, data::dataset const& photos, callback const& after_epoch = {}) {
        model_type::check_shape(photos.channels, photos.height, photos.width);
        return fit(
            model, photos,
            data::pk_sampler(photos.labels, options_.people_per_batch, options_.photos_per_person, options_.seed),
            after_epoch);
    }
    training_report fit(model_type& model, data::dataset const& photos, data::any_sampler const& sampler,
                        callback const& after_epoch) {
        model_type::check_shape(photos.channels, photos.height, photos.width);
        model_learner who(*this, model, after_epoch);
        return detail::training_run(options_, objective_, who, photos, sampler).go();
    }

private:
    class model_learner final : public detail::learner {
    public:
        model_learner(training_loop const& loop, model_type& model, callback const& after_epoch)
            : loop_(loop), model_(model), after_epoch_(after_epoch) {}

        std::string network() const override { return network_signature<Backbone>(); }
        std::size_t embedding_size() const override { return Backbone::embedding_size; }
        nn::model_values<float> values() override { return model_.values(); }
        std::span<float const> gradients() const override { return model_.gradients(); }
        matrix_view<float const> forward(data::batch const& batch, std::uint32_t step, std::uint64_t seed) override {
            return model_.forward(batch.images.data(), batch.labels.size(), step, seed);
        }
        void backward(matrix_view<float> gradient) override { model_.backward(gradient); }
        double rate(std::size_t step, std::size_t steps) const override { return loop_.schedule_(step, steps); }
        std::string optimizer() const override { return std::string(Optimizer::name); }
        std::size_t slots() const override { return Optimizer::slots; }
        void optimize(std::span<float> values, std::span<float const> gradients, std::span<float> kept, double rate,
                      std::size_t number, bool decays) const override {
            loop_.optimizer_.template step<float>(values, gradients, kept, rate, number, decays);
        }
        bool after_epoch(epoch_report const& epoch) override { return !after_epoch_ || after_epoch_(epoch, model_); }

    private:
        training_loop const& loop_;
        model_type& model_;
        callback const& after_epoch_;
    };

    training_options options_;
    any_objective objective_;
    Optimizer optimizer_;
    Schedule schedule_;
};

/// Trains a backbone with a miner, a loss and a distance.
template <class Backbone, class Miner, class Loss, class Distance, class Optimizer = nn::adamw,
          class Schedule = nn::warm_up<nn::cosine>>
class trainer {
public:
    using loop_type = training_loop<Backbone, Optimizer, Schedule>;
    using model_type = typename loop_type::model_type;
    /// Called after every epoch; `false` ends the run.
    using callback = typename loop_type::callback;

    explicit trainer(training_options options = {}, Miner miner = {}, Loss loss = {}, Distance distance = {},
                     Optimizer optimizer = Optimizer{}, Schedule schedule = {})
        : loop_(std::move(options), objective<Miner, Loss, Distance>(miner, loss, distance), optimizer, schedule) {}

    /// Trains a model on photos.
    ///
    /// @throws shape_error     when the photos do not have the network's shape
    /// @throws data_error      when they do not make triplets
    /// @throws argument_error  for options out of range
    /// @throws numeric_error   when the loss is NaN or infinite; the checkpoint of the last good epoch is kept
    /// @throws format_error    when the checkpoint to resume from is of another network or run
    training_report fit(model_type& model, data::dataset const& photos, callback const& after_epoch = {}) {
        return loop_.fit(model, photos, after_epoch);
    }
    /// The same with batches from another sampler than P×K, which proxy losses do not need.
    training_report fit(model_type& model, data::dataset const& photos, data::any_sampler const& sampler,
                        callback const& after_epoch = {}) {
        return loop_.fit(model, photos, sampler, after_epoch);
    }

private:
    loop_type loop_;
};

} // namespace trine
