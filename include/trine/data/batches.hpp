#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "../core/config.hpp"
#include "../core/label.hpp"
#include "augmentation.hpp"
#include "dataset.hpp"
#include "sampler.hpp"

namespace trine::data {

/// One batch as the network takes it.
struct batch {
    std::vector<float> images; ///< N×C×H×W, or of some of its photos alone
    std::vector<label> labels; ///< N
};

/// The photos of a batch that are made: of its chunks, nearly equal in size, those from `first` to `last` (exclusive).
struct batch_chunks {
    std::size_t first = 0, last = 1, count = 1;
};

/// Makes batch after batch on a thread of its own, one ahead of the one that is used.
///
/// What a batch holds depends on (seed, step) alone, so a stopped run goes on with the very batch it would have had.
class batch_source {
public:
    /// @param photos       outlives this
    /// @param first, last  the steps, the last one not included
    /// @param share        whose images are made, each as it is where all are; labels are always of the whole batch
    /// @throws argument_error  when the last comes before the first, or a strength of the change is out of range
    batch_source(dataset const& photos, any_sampler sampler, augmentation const& change, std::uint64_t seed,
                 std::size_t first, std::size_t last, batch_chunks const& share = {});
    ~batch_source();
    batch_source(batch_source const&) = delete;
    batch_source& operator=(batch_source const&) = delete;

    /// Puts the next batch into `out`, whose memory is used again for a later one.
    ///
    /// @throws argument_error  when the last has been taken
    /// @throws error           what the sampler or `make` threw
    void next(batch& out);

    /// The batch of a step.
    ///
    /// @throws argument_error  when the sampler asks for a photo that is not there
    void make(std::size_t step, batch& out) const;

private:
    struct worker;

    void run();

    dataset const& photos_;
    any_sampler sampler_;
    augmentation change_;
    std::uint64_t seed_;
    std::size_t next_, last_;
    batch_chunks share_;
    std::unique_ptr<worker> worker_;
};

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "batches_impl.hpp"
#endif
