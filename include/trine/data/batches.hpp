#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "augmentation.hpp"
#include "dataset.hpp"
#include "sampler.hpp"

namespace trine::data {

/// One batch as the network takes it.
struct batch {
    std::vector<float> images; ///< N×C×H×W
    std::vector<label> labels; ///< N
};

/// Makes batch after batch on a thread of its own, one ahead of the one that is used.
///
/// What a batch holds depends on (seed, step) alone, so a stopped run goes on with the very batch it would have had.
class batch_source {
public:
    batch_source(dataset const& photos, any_sampler sampler, augmentation const& change, std::uint64_t seed,
                 std::size_t first, std::size_t last)
        : photos_(photos),
          sampler_(std::move(sampler)),
          change_(change),
          seed_(seed),
          next_(first),
          last_(last),
          worker_([this] { run(); }) {}
    ~batch_source() {
        {
            std::lock_guard const lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        worker_.join();
    }
    batch_source(batch_source const&) = delete;
    batch_source& operator=(batch_source const&) = delete;

    /// Puts the next batch into `out`, whose memory is used again for a later one.
    void next(batch& out) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ready_ || failure_; });
        if (failure_)
            std::rethrow_exception(failure_);
        std::swap(out, made_);
        ready_ = false;
        lock.unlock();
        changed_.notify_all();
    }

    /// The batch of a step.
    void make(std::size_t step, batch& out) const {
        auto const places = sampler_.batch(step);
        out.images.resize(places.size() * photos_.photo_size());
        out.labels.resize(places.size());
        for (std::size_t i = 0; i < places.size(); ++i) {
            random_stream random(seed_, purpose::augmentation, static_cast<std::uint32_t>(step),
                                 static_cast<std::uint32_t>(i));
            change_(photos_.photo(places[i]), photos_.channels, photos_.height, photos_.width, random,
                    out.images.data() + i * photos_.photo_size());
            out.labels[i] = photos_.labels[places[i]];
        }
    }

private:
    void run() {
        for (;;) {
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [this] { return stop_ || !ready_; });
                if (stop_ || next_ == last_)
                    return;
            }
            try {
                make(next_++, made_);
            } catch (...) {
                std::lock_guard const lock(mutex_);
                failure_ = std::current_exception();
                changed_.notify_all();
                return;
            }
            {
                std::lock_guard const lock(mutex_);
                ready_ = true;
            }
            changed_.notify_all();
        }
    }

    dataset const& photos_;
    any_sampler sampler_;
    augmentation change_;
    std::uint64_t seed_;
    std::size_t next_, last_;
    batch made_;
    bool ready_ = false, stop_ = false;
    std::exception_ptr failure_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::thread worker_;
};

} // namespace trine::data
