#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "../core/error.hpp"
#include "../core/random.hpp"
#include "../core/sum_tree.hpp"
#include "batches.hpp"

namespace trine::data {

struct batch_source::worker {
    batch made;
    bool is_ready = false, stop = false, is_done = false;
    std::exception_ptr failure;
    std::mutex mutex;
    std::condition_variable changed;
    std::thread thread;
};

TRINE_INLINE batch_source::batch_source(dataset const& photos, any_sampler sampler, augmentation const& change,
                                        std::uint64_t seed, std::size_t first, std::size_t last,
                                        batch_chunks const& share)
    : photos_(photos),
      sampler_(std::move(sampler)),
      change_(change),
      seed_(seed),
      next_(first),
      last_(last),
      share_(share),
      worker_(std::make_unique<worker>()) {
    require<argument_error>(first <= last, "batches from step ", first, " to ", last);
    change_.check();
    worker_->thread = std::thread([this] { run(); });
}

TRINE_INLINE batch_source::~batch_source() {
    {
        std::lock_guard const lock(worker_->mutex);
        worker_->stop = true;
    }
    worker_->changed.notify_all();
    worker_->thread.join();
}

TRINE_INLINE void batch_source::next(batch& out) {
    auto& w = *worker_;
    std::unique_lock lock(w.mutex);
    w.changed.wait(lock, [&] { return w.is_ready || w.failure || w.is_done; });
    if (w.failure)
        std::rethrow_exception(w.failure);
    require<argument_error>(w.is_ready, "there is no batch after the last, of step ", last_);
    std::swap(out, w.made);
    w.is_ready = false;
    lock.unlock();
    w.changed.notify_all();
}

TRINE_INLINE void batch_source::make(std::size_t step, batch& out) const {
    auto const places = sampler_.batch(step);
    std::size_t const first_image = chunk_begin(places.size(), share_.first, share_.count),
                      last_image = chunk_begin(places.size(), share_.last, share_.count);
    out.images.resize((last_image - first_image) * photos_.photo_size());
    out.labels.resize(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        require<argument_error>(places[i] < photos_.size(), "the sampler ", sampler_.name(), " asks for photo ",
                                places[i], " of ", photos_.size());
        out.labels[i] = photos_.labels[places[i]];
        if (i < first_image || i >= last_image)
            continue;
        random_stream random(seed_, purpose::augmentation, static_cast<std::uint32_t>(step),
                             static_cast<std::uint32_t>(i));
        change_(photos_.photo(places[i]), photos_.channels, photos_.height, photos_.width, random,
                out.images.data() + (i - first_image) * photos_.photo_size());
    }
}

TRINE_INLINE void batch_source::run() {
    auto& w = *worker_;
    for (;;) {
        {
            std::unique_lock lock(w.mutex);
            w.changed.wait(lock, [&] { return w.stop || !w.is_ready; });
            if (w.stop || next_ == last_) {
                w.is_done = true;
                w.changed.notify_all();
                return;
            }
        }
        try {
            make(next_++, w.made);
        } catch (...) {
            std::lock_guard const lock(w.mutex);
            w.failure = std::current_exception();
            w.changed.notify_all();
            return;
        }
        {
            std::lock_guard const lock(w.mutex);
            w.is_ready = true;
        }
        w.changed.notify_all();
    }
}

} // namespace trine::data
