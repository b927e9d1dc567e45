#pragma once

/// What a training run is told, and what it reports.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string_view>
#include <vector>

#include "../data/augmentation.hpp"

namespace trine {

/// How to train. What optimiser, schedule and sampler are told, they are told themselves.
struct training_options {
    static constexpr std::string_view name = "training";
    std::size_t epochs = 30;
    double learning_rate = 1e-3;
    double objective_rate = 1; ///< how fast what the loss itself learns (class weights, thresholds) moves, relative to
                               ///< the network
    std::uint64_t seed = 1;
    data::augmentation augmentation{};
    /// Longest gradient, of the network's and the objective's parameters together; a longer one is shortened to it. 0:
    /// any.
    double clip_norm = 0;
    /// Decay of an exponential moving average of the parameters and running statistics, such as 0.999; less in the
    /// first steps, (1 + s)/(10 + s). It is what is judged, what a callback sees, and what the model is at the end. 0:
    /// none.
    double average = 0;
    /// Epochs without a better one after which the run ends, where the trainer has somebody to judge. 0: never.
    std::size_t patience = 0;
    /// Parts of nearly equal size that a batch is cut into. Each passes through the network on its own, so that batch
    /// normalisation sees its photos alone; losses and miners see the whole batch. A run on several ranks needs a chunk
    /// for each at least, and gives the same bits as one process with as many chunks.
    std::size_t chunks = 1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("epochs", self.epochs), visit("learning_rate", self.learning_rate);
        visit("objective_rate", self.objective_rate), visit("seed", self.seed);
        visit("augmentation", self.augmentation), visit("clip_norm", self.clip_norm);
        visit("average", self.average), visit("patience", self.patience), visit("chunks", self.chunks);
    }
};

/// What a run leaves behind, and goes on from.
struct training_files {
    std::filesystem::path checkpoint{}; ///< saved after every epoch and when the run is stopped, when not empty
    std::filesystem::path log{};        ///< CSV, a line an epoch, when not empty
    std::filesystem::path json_log{};   ///< JSON, an object a line an epoch, when not empty
    std::filesystem::path events{};     ///< for TensorBoard, a record an epoch, when not empty; "tfevents" in its name
    bool resume = false;                ///< goes on from `checkpoint`
};

/// What an epoch came to.
struct epoch_report {
    std::size_t epoch = 0, epochs = 0; ///< counted from 1
    double loss = 0;                   ///< mean over the epoch's batches
    double active = 0;                 ///< share of the loss's terms that are above 0
    double triplets = 0;               ///< chosen a batch
    double positive_distance = 0, negative_distance = 0;
    double learning_rate = 0;
    double seconds = 0; ///< of this epoch
    double photos_per_second = 0;
    double seconds_left = 0;                                      ///< of the whole run, at this rate
    double validation = std::numeric_limits<double>::quiet_NaN(); ///< how it was judged, if it was
};

/// How a run ended.
struct training_report {
    std::vector<epoch_report> epochs;
    bool interrupted = false;   ///< whether it was asked to stop before its end
    bool stopped_early = false; ///< whether it ended because no epoch got better
    std::size_t best_epoch = 0; ///< the one that the model is of, from 1, where epochs were judged
    double seconds = 0;
    std::size_t steps = 0;        ///< that were done, without those of the checkpoint that it went on from
    double exchange_seconds = 0;  ///< of these, what this rank spent in sending, receiving and waiting for other ranks
    std::uint64_t bytes_sent = 0; ///< by this rank to others
    std::size_t people_alone = 0; ///< left out, having one photo only
    std::size_t people_short = 0; ///< with fewer than K photos, of whom batches show some again
};

} // namespace trine
