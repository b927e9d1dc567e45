#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "../core/communicator.hpp"
#include "../data/pk.hpp"
#include "../nn/model.hpp"
#include "../nn/optimizers.hpp"
#include "../nn/schedules.hpp"
#include "../objectives/any_objective.hpp"
#include "learning_rate.hpp"
#include "loop.hpp"
#include "../nn/parameters_file.hpp"

namespace trine {

/// Trains a backbone: batches of a sampler go through the network, an objective turns the embeddings into a loss and
/// its gradient, and an optimiser moves the parameters at the rate of a schedule.
///
///     trainer<net> t{.objective = objective(miners::all{}, losses::triplet_margin{}, distances::euclidean{}),
///                    .options = {.epochs = 30}, .sampler = {.people = 8, .photos = 4}};
///     t.fit(model, photos);
///
/// The trained parameters depend on the photos and on these members alone: not on the number of threads or ranks, and
/// not on whether the run was stopped and resumed. A checkpoint keeps the identity of each, and is taken up by no other
/// run.
///
/// @tparam Sampler  a function from labels and seed to a sampler, such as `data::pk`, or `data::any_sampler`, which
///                  knows the photos already
template <class Backbone, class Optimizer = nn::adamw, class Schedule = nn::warm_up<nn::cosine>,
          class Sampler = data::pk>
struct trainer {
    using model_type = nn::model<Backbone>;
    /// Called after every epoch; `false` ends the run.
    using callback = std::function<bool(epoch_report const&, model_type&)>;

    any_objective objective;
    training_options options{};
    Optimizer optimizer{};
    Schedule schedule{};
    Sampler sampler{};
    training_files files{};
    /// Asked after every step; `true` saves the checkpoint and ends the run. An `interrupt_guard` makes one of Ctrl-C.
    std::function<bool()> stop{};
    /// Says after every epoch how good the model is, more being better: on people that it does not learn from, for one.
    /// Then the model is that of the best epoch in the end, and with `options.patience` the run ends early.
    std::function<double(model_type&)> judge{};
    /// Ranks that share the work, each of which calls `fit` with the same photos and members; null: this process alone.
    /// `options.chunks` is as large as there are ranks, or larger. Rank 0 alone writes files, and reads the checkpoint.
    communicator* ranks = nullptr;

    /// Trains a model on photos.
    ///
    /// @throws shape_error     when the photos do not have the network's shape
    /// @throws data_error      when they do not make batches
    /// @throws argument_error  for options out of range
    /// @throws numeric_error   when the loss is NaN or infinite; the checkpoint of the last good epoch is kept
    /// @throws format_error    when the checkpoint to resume from is of another network or run, saying what differs
    /// @throws error           on all ranks what was thrown on any, saying on which
    training_report fit(model_type& model, data::dataset const& photos, callback const& after_epoch = {}) const {
        return with_job(model, photos, after_epoch, [](detail::training_job const& job, detail::learner& who) {
            return detail::run_training(job, who);
        });
    }

    /// Tries learning rates, from small to large, and says which one suits; the model stays as it is.
    ///
    /// @throws argument_error  for a range that is none
    /// @throws numeric_error   when the loss runs away at the smallest rates already
    rate_curve find_learning_rate(model_type& model, data::dataset const& photos, rate_range const& range = {}) const {
        return with_job(model, photos, {}, [&](detail::training_job const& job, detail::learner& who) {
            return detail::find_rate(job, who, range);
        });
    }

private:
    template <class Work>
    auto with_job(model_type& model, data::dataset const& photos, callback const& after_epoch, Work&& work) const {
        static_assert(policy<Optimizer>, "this is not an optimiser: it needs a name, values where it has members, "
                                         "slots, and step(values, gradients, kept, rate, number, decays)");
        static_assert(policy<Schedule>, "this is not a schedule: it needs a name, values where it has members, and "
                                        "operator()(step, steps)");
        model_type::check_shape(photos.channels, photos.height, photos.width);
        auto const batches = [&]() -> data::any_sampler {
            if constexpr (requires { sampler(std::span<label const>(photos.labels), options.seed); })
                return sampler(std::span<label const>(photos.labels), options.seed);
            else
                return sampler;
        }();
        learner who(*this, model, after_epoch);
        lone_rank alone;
        return work(detail::training_job{options, files, objective, batches, photos, identity_of(optimizer),
                                         identity_of(schedule), stop, ranks ? *ranks : alone},
                    who);
    }

    class learner final : public detail::learner {
    public:
        learner(trainer const& how, model_type& model, callback const& after_epoch)
            : how_(how), model_(model), after_epoch_(after_epoch) {}

        std::string network() const override { return network_signature<Backbone>(); }
        std::size_t embedding_size() const override { return Backbone::embedding_size; }
        nn::model_values<float> values() override { return model_.values(); }
        std::span<float const> gradients() const override { return model_.gradients(); }
        matrix_view<float const> forward(float const* images, std::size_t count, std::uint32_t step, std::uint64_t seed,
                                         nn::batch_part const& part) override {
            return model_.forward(images, count, step, seed, part);
        }
        void backward(matrix_view<float> gradient, std::size_t part, nn::gradient_watch<float>* watch) override {
            model_.backward(gradient, nullptr, part, watch);
        }
        double rate(std::size_t step, std::size_t steps) const override { return how_.schedule(step, steps); }
        std::size_t slots() const override { return Optimizer::slots; }
        void optimize(std::span<float> values, std::span<float const> gradients, std::span<float> kept, double rate,
                      std::size_t number, bool decays) const override {
            how_.optimizer.template step<float>(values, gradients, kept, rate, number, decays);
        }
        bool after_epoch(epoch_report const& epoch) override { return !after_epoch_ || after_epoch_(epoch, model_); }
        bool is_judged() const override { return static_cast<bool>(how_.judge); }
        double judge() override { return how_.judge(model_); }

    private:
        trainer const& how_;
        model_type& model_;
        callback const& after_epoch_;
    };
};

} // namespace trine
