#pragma once

#include <algorithm>
#include <exception>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/overlapped_sum.hpp"
#include "batch_passes.hpp"

namespace trine::detail {

TRINE_INLINE batch_passes::batch_passes(training_job const& job, learner& who)
    : who_(who), ranks_(job.ranks), tree_(job.options.chunks, job.ranks.rank(), job.ranks.size()) {
    require<argument_error>(job.options.chunks <= job.sampler.batch_size(), "a batch of ", job.sampler.batch_size(),
                            " photos in ", job.options.chunks, " chunks: each needs a photo at least");
}

TRINE_INLINE matrix_view<float const> batch_passes::forward(data::batch const& batch, std::uint32_t step,
                                                            std::uint64_t seed) {
    std::size_t const count = batch.labels.size(), size = who_.embedding_size(), chunks = tree_.chunks();
    if (is_whole())
        return who_.forward(batch.images.data(), count, step, seed, {});
    require<argument_error>(chunks <= count, "a batch of ", count, " photos in ", chunks, " chunks");
    auto const begin = [&](std::size_t chunk) { return chunk_begin(count, chunk, chunks); };
    std::size_t const own = begin(tree_.first_chunk()), photo = batch.images.size() / (begin(tree_.last_chunk()) - own);
    embeddings_.resize(count * size);
    auto const state = who_.values().state;
    state_before_.assign(state.begin(), state.end());
    moved_.resize(state.size()), change_.resize(state.size());
    together(ranks_, [&] {
        tree_.sum_own<float>(change_, scratch_, [&](std::size_t chunk) {
            std::size_t const first = begin(chunk), photos = begin(chunk + 1) - first;
            std::copy(state_before_.begin(), state_before_.end(), state.begin());
            auto const made = who_.forward(batch.images.data() + (first - own) * photo, photos, step, seed,
                                           {chunk - tree_.first_chunk(), first});
            require<numeric_error>(all_finite(photos * size, made.data()), "embeddings of chunk ", chunk + 1, " of ",
                                   chunks, " became NaN or infinite");
            std::copy_n(made.data(), photos * size, embeddings_.data() + first * size);
            auto const weight = static_cast<float>(static_cast<double>(photos) / static_cast<double>(count));
            for (std::size_t i = 0; i < state.size(); ++i)
                moved_[i] = weight * (state[i] - state_before_[i]);
            return std::span<float const>(moved_);
        });
    });
    tree_.sum_over_ranks<float>(ranks_, change_, received_);
    for (std::size_t i = 0; i < state.size(); ++i)
        state[i] = state_before_[i] + change_[i];
    std::vector<std::size_t> firsts;
    for (std::size_t rank = 0; rank <= tree_.ranks(); ++rank)
        firsts.push_back(begin(tree_.first_chunk(rank)) * size);
    gather_parts<float>(ranks_, embeddings_, firsts);
    return {embeddings_.data(), count, size};
}

TRINE_INLINE void batch_passes::backward(matrix_view<float> gradient) {
    if (is_whole()) {
        who_.backward(gradient, 0, nullptr);
        return;
    }
    std::size_t const count = gradient.rows();
    sum_.resize(who_.gradients().size());
    auto const back = [&](std::size_t chunk, nn::gradient_watch<float>* watch) {
        std::size_t const first = chunk_begin(count, chunk, tree_.chunks()),
                          last = chunk_begin(count, chunk + 1, tree_.chunks());
        who_.backward(gradient.slice(first, last - first), chunk - tree_.first_chunk(), watch);
        return who_.gradients();
    };
    overlapped_sum<float> over_ranks(tree_, ranks_, sum_, received_);
    std::exception_ptr failure;
    try {
        std::size_t const sums =
            tree_.sum_own_before_last<float>(sum_, scratch_, [&](std::size_t chunk) { return back(chunk, nullptr); });
        // Of the last chunk, what is done is added and goes on its way.
        struct sender final : nn::gradient_watch<float> {
            batch_passes& passes;
            overlapped_sum<float>& over_ranks;
            std::size_t sums, done;
            sender(batch_passes& p, overlapped_sum<float>& o, std::size_t s)
                : passes(p), over_ranks(o), sums(s), done(p.sum_.size()) {}
            void done_from(float const* first) override {
                auto const gradients = passes.who_.gradients();
                auto const from = static_cast<std::size_t>(first - gradients.data());
                if (from >= done)
                    return;
                passes.tree_.add_last<float>(gradients, passes.sum_, passes.scratch_, sums, from, done);
                done = from;
                over_ranks.ready_from(from);
            }
        } watch(*this, over_ranks, sums);
        back(tree_.last_chunk() - 1, &watch);
        watch.done_from(who_.gradients().data());
    } catch (...) {
        failure = std::current_exception();
    }
    // Whoever has failed exchanges what there is, so that nobody waits for it, and then says so.
    over_ranks.finish();
    together(ranks_, [&] {
        if (failure)
            std::rethrow_exception(failure);
    });
}

TRINE_INLINE std::span<float const> batch_passes::gradients() const {
    return is_whole() ? who_.gradients() : std::span<float const>(sum_);
}

} // namespace trine::detail
