#pragma once

/// The training loop and its checkpoints, of which nothing depends on the network: compiled once, whatever the number
/// of networks.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "../core/communicator.hpp"
#include "../core/config.hpp"
#include "../core/identity.hpp"
#include "../data/dataset.hpp"
#include "../data/sampler.hpp"
#include "../nn/model.hpp"
#include "../objectives/any_objective.hpp"
#include "options.hpp"

namespace trine::detail {

/// What a run needs of the network that learns, and of how it learns.
class learner {
public:
    virtual std::string network() const = 0; ///< its signature
    virtual std::size_t embedding_size() const = 0;
    virtual nn::model_values<float> values() = 0;
    virtual std::span<float const> gradients() const = 0;
    virtual matrix_view<float const> forward(float const* images, std::size_t count, std::uint32_t step,
                                             std::uint64_t seed, nn::batch_part const& part) = 0;
    /// @param gradient  of the embeddings, which it may write over
    /// @param part      the number of the part that they are of
    /// @param watch     told of gradients that are done while others are being computed, or null
    virtual void backward(matrix_view<float> gradient, std::size_t part, nn::gradient_watch<float>* watch) = 0;
    virtual double rate(std::size_t step, std::size_t steps) const = 0; ///< a factor of the learning rate
    virtual std::size_t slots() const = 0; ///< numbers that the optimiser keeps for each parameter
    virtual void optimize(std::span<float> values, std::span<float const> gradients, std::span<float> kept, double rate,
                          std::size_t number, bool decays) const = 0;
    virtual bool after_epoch(epoch_report const& epoch) = 0; ///< whether to go on
    virtual bool is_judged() const = 0;
    virtual double judge() = 0; ///< how good the network is now; more is better

protected:
    ~learner() = default;
};

/// What a run is made of besides the network.
struct training_job {
    training_options const& options;
    training_files const& files;
    any_objective const& objective;
    data::any_sampler const& sampler;
    data::dataset const& photos;
    identity optimizer, schedule;
    std::function<bool()> const& stop; ///< asked after every step; may be empty
    communicator& ranks;
};

/// One run: batches in, parameters out.
training_report run_training(training_job const& job, learner& who);

} // namespace trine::detail

#ifdef TRINE_HEADER_ONLY
#include "loop_impl.hpp"
#endif
