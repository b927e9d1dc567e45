#pragma once

// What trains networks by their names.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <trine/core/communicator.hpp>
#include <trine/data/dataset.hpp>
#include <trine/objectives/any_objective.hpp>
#include <trine/training/learning_rate.hpp>
#include <trine/training/options.hpp>

#include "networks.hpp"
#include "report.hpp"
#include "training_policies.hpp"

namespace program {

/// What a training is made of, as `trine::trainer` has it.
struct training_job {
    trine::any_objective objective;
    trine::training_options options;
    any_optimizer optimizer;
    any_schedule schedule;
    sampler_maker sampler;
    trine::training_files files{};
    trine::communicator* ranks = nullptr;
    /// Whether embeddings keep their length while the network learns, as some losses need. The network is the same
    /// afterwards: its last layer has no values.
    bool keeps_length = false;
    std::function<bool()> stop{};
    /// Both may ask the network that is trained.
    std::function<double()> judge{};
    std::function<bool(trine::epoch_report const&)> after_epoch{};
};

/// Trains networks of a type.
class learner {
public:
    virtual ~learner() = default;
    /// As `trine::trainer::fit` and `find_learning_rate`.
    virtual trine::training_report fit(any_network& network, training_job const& job,
                                       trine::data::dataset const& photos) const = 0;
    virtual trine::rate_curve find_learning_rate(any_network& network, training_job const& job,
                                                 trine::data::dataset const& photos) const = 0;
    /// What it has learnt to look for, what it sees in a photo, and what in photos makes them match one of the same
    /// person: filters, activations, saliency.
    virtual std::vector<titled_picture> pictures(any_network& network, trine::data::dataset const& photos) const = 0;
    virtual void save_onnx(any_network const& network, std::filesystem::path const& path) const = 0;
};

/// @throws trine::argument_error  when there is none of that name
learner const& learner_of(std::string const& backbone);

/// Drawn over what a network sees: a photo of some people beside another of the same, orange where covering it takes
/// them apart.
std::vector<titled_picture> saliency_pictures(any_network& network, trine::data::dataset const& photos);

} // namespace program
