#pragma once

// What trains a network of a type. Included by a source for each.

#include <algorithm>
#include <memory>

#include <trine/nn/feature_maps.hpp>
#include <trine/nn/onnx.hpp>
#include <trine/training/trainer.hpp>
#include <trine/visual/network_pictures.hpp>

#include "../choices.hpp"
#include "../learners.hpp"
#include "network_of.hpp"

namespace program {

/// @tparam Free  the same network without its last layer, which brings embeddings to length 1
template <class Backbone, class Free>
class learner_of_type final : public learner {
    template <class Network>
    using trainer_of = trine::trainer<Network, any_optimizer, any_schedule, sampler_maker>;
    static trine::nn::model<Backbone>& model_of(any_network& network) {
        return static_cast<network_of<Backbone>&>(network).model();
    }
    template <class From, class To>
    static void copy_values(trine::nn::model<From> const& from, trine::nn::model<To>& to) {
        static_assert(From::parameters == To::parameters && From::state == To::state);
        std::copy_n(from.parameters().data(), From::parameters, to.parameters().data());
        std::copy_n(from.state().data(), From::state, to.state().data());
    }
    template <class Network>
    static trainer_of<Network> trainer_with(training_job const& job) {
        return {.objective = job.objective,
                .options = job.options,
                .optimizer = job.optimizer,
                .schedule = job.schedule,
                .sampler = job.sampler,
                .files = job.files,
                .stop = job.stop,
                .ranks = job.ranks};
    }
    // Calls work(trainer, model, callback) with the network, or with one that leaves embeddings their length.
    template <class Work>
    static auto with_trainer(any_network& network, training_job const& job, Work&& work) {
        auto& own = model_of(network);
        if constexpr (!std::is_same_v<Backbone, Free>)
            if (job.keeps_length) {
                trine::nn::model<Free> free(1);
                copy_values(own, free);
                auto how = trainer_with<Free>(job);
                if (job.judge)
                    how.judge = [&](auto& now) {
                        copy_values(now, own);
                        return job.judge();
                    };
                auto result = work(how, free, [&](trine::epoch_report const& epoch, auto& now) {
                    copy_values(now, own);
                    return !job.after_epoch || job.after_epoch(epoch);
                });
                copy_values(free, own);
                return result;
            }
        auto how = trainer_with<Backbone>(job);
        if (job.judge)
            how.judge = [&](auto&) { return job.judge(); };
        return work(how, own, [&](trine::epoch_report const& epoch, auto&) {
            return !job.after_epoch || job.after_epoch(epoch);
        });
    }

public:
    trine::training_report fit(any_network& network, training_job const& job,
                               trine::data::dataset const& photos) const override {
        network.clear();
        return with_trainer(network, job, [&](auto const& how, auto& model, auto const& after_epoch) {
            return how.fit(model, photos, after_epoch);
        });
    }
    trine::rate_curve find_learning_rate(any_network& network, training_job const& job,
                                         trine::data::dataset const& photos) const override {
        return with_trainer(network, job, [&](auto const& how, auto& model, auto const&) {
            return how.find_learning_rate(model, photos);
        });
    }
    std::vector<titled_picture> pictures(any_network& network, trine::data::dataset const& photos) const override {
        auto& model = model_of(network);
        std::vector<titled_picture> all;
        std::string const kernels = "Kernels of the first convolution",
                          maps = "What the first convolution sees, rectified";
        all.push_back({kernels, trine::visual::filters(kernels, model)});
        if (photos.size() == 0)
            return all;
        auto const photo = photos.picture(0);
        all.push_back({maps, trine::visual::activations(
                                 maps, photo, trine::nn::feature_maps<3>(model, trine::data::to_tensor(photo)))});
        auto const saliency = saliency_pictures(network, photos);
        all.insert(all.end(), saliency.begin(), saliency.end());
        return all;
    }
    void save_onnx(any_network const& network, std::filesystem::path const& path) const override {
        trine::save_onnx(path, static_cast<network_of<Backbone> const&>(network).model(),
                         {.description = onnx_description(network.channels)});
    }
};

template <template <class> class Backbone>
using learner_of_backbone = learner_of_type<Backbone<trine::nn::l2_normalize>, Backbone<trine::nn::identity>>;

} // namespace program
