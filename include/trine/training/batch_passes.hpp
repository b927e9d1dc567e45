#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/communicator.hpp"
#include "../core/config.hpp"
#include "../core/sum_tree.hpp"
#include "../core/view.hpp"
#include "../data/batches.hpp"
#include "loop.hpp"

namespace trine::detail {

/// A batch's way through the network and back: chunk by chunk, each rank its own chunks, and sums over them along one
/// tree. A batch in one chunk goes through as a whole. All functions are collective.
class batch_passes {
public:
    /// @throws argument_error  when a batch has fewer photos than chunks, or a rank would have no chunk
    batch_passes(training_job const& job, learner& who);

    /// Whose photos this rank needs.
    data::batch_chunks share() const { return {tree_.first_chunk(), tree_.last_chunk(), tree_.chunks()}; }

    /// Embeddings of the whole batch, the same on all ranks. Running statistics move by the mean of what each chunk
    /// moves them by.
    ///
    /// @param batch  all labels, and the images of this rank's share
    /// @return B×D
    /// @throws numeric_error  when embeddings of a chunk, where there are several, are not finite
    matrix_view<float const> forward(data::batch const& batch, std::uint32_t step, std::uint64_t seed);
    /// Gradients of the parameters, summed over the chunks.
    ///
    /// @param gradient  B×D, ∂loss/∂embedding, the same on all ranks; overwritten
    void backward(matrix_view<float> gradient);
    std::span<float const> gradients() const;

private:
    bool is_whole() const { return tree_.chunks() == 1; }

    learner& who_;
    communicator& ranks_;
    sum_tree tree_;
    std::vector<float> embeddings_, state_before_, moved_, change_, sum_, received_;
    std::vector<buffer<float>> scratch_;
};

} // namespace trine::detail

#ifdef TRINE_HEADER_ONLY
#include "batch_passes_impl.hpp"
#endif
