#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "../arrays/tensor.hpp"
#include "../core/hash.hpp"
#include "../data/augmentation.hpp"
#include "../data/dataset.hpp"
#include "../nn/model.hpp"
#include "../training/trainer.hpp"
#include "subject.hpp"

namespace trine::experiments {

/// Photos, and a network that learns from them from the beginning.
template <class Backbone>
class photo_subject final : public subject {
public:
    /// @throws shape_error  when the photos do not have the network's shape
    explicit photo_subject(data::dataset photos, training_budget budget = {}, data::augmentation augmentation = {})
        : photos_(std::move(photos)), budget_(budget), augmentation_(augmentation) {
        nn::model<Backbone>::check_shape(photos_.channels, photos_.height, photos_.width);
    }

    identity identity_of() const override {
        return identity("photo_subject")
            .with("network", network_signature<Backbone>())
            .with("samples", photos_.samples)
            .with("labels", photos_.labels)
            .with("training", budget_)
            .with("augmentation", augmentation_);
    }
    std::span<label const> labels() const override { return photos_.labels; }
    data::dataset const& photos() const { return photos_; }

    std::optional<outcome> run(training const& how) const override {
        auto learn = photos_.subset(how.learn);
        learn.labels = detail::compact_labels(photos_.labels, how.learn);
        auto const sampler = detail::sampler_of(how, budget_, learn.labels);
        std::size_t const steps = budget_.epochs * sampler.batches_per_epoch();
        nn::model<Backbone> model(how.seed);
        trainer<Backbone, nn::adamw, nn::warm_up<>, data::any_sampler> const with{
            .objective = how.objective(steps),
            .options = {.epochs = budget_.epochs,
                        .learning_rate = how.learning_rate,
                        .objective_rate = how.objective_rate,
                        .seed = how.seed,
                        .augmentation = augmentation_},
            .sampler = sampler,
            .stop = how.stop};
        auto const began = std::chrono::steady_clock::now();
        auto const report = with.fit(model, learn);
        double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        if (report.interrupted)
            return {};
        auto const others = photos_.subset(how.judge);
        auto const points = model.embed(others.tensors());
        auto result = judge(as_matrix(points), others.labels);
        for (auto const& e : report.epochs)
            result.loss.push_back(e.loss), result.active.push_back(e.active);
        result.steps = steps, result.seconds = seconds;
        return result;
    }

private:
    data::dataset photos_;
    training_budget budget_;
    data::augmentation augmentation_;
};

} // namespace trine::experiments
