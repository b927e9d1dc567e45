#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "thread_ranks.hpp"

namespace trine::distributed {

namespace detail {

// Letters on their way, from each rank to each.
struct post_office {
    explicit post_office(std::size_t ranks) : size(ranks), letters(ranks * ranks) {}

    std::size_t size;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::deque<std::vector<std::byte>>> letters;
    std::optional<std::size_t> gone; // the first rank that threw
    std::exception_ptr failure;      // and what
};

class thread_rank final : public communicator {
public:
    thread_rank(post_office& office, std::size_t rank) : communicator(rank, office.size), office_(office) {}

private:
    void post(std::span<outgoing const> out, std::span<incoming const> in) override {
        expected_.assign(in.begin(), in.end());
        taken_ = 0;
        std::lock_guard const lock(office_.mutex);
        for (auto const& piece : out)
            office_.letters[rank() * size() + piece.to].emplace_back(piece.bytes.begin(), piece.bytes.end());
        office_.changed.notify_all();
    }
    bool test() override {
        std::lock_guard const lock(office_.mutex);
        return take();
    }
    void wait() override {
        std::unique_lock lock(office_.mutex);
        office_.changed.wait(lock, [&] { return take(); });
    }
    // Takes what has come, in the order in which it was sent; whether that is all.
    bool take() {
        for (; taken_ < expected_.size(); ++taken_) {
            auto const& piece = expected_[taken_];
            auto& box = office_.letters[piece.from * size() + rank()];
            if (box.empty()) {
                require<error>(!office_.gone, "rank ", office_.gone.value_or(0), " has ended");
                return false;
            }
            require<error>(box.front().size() == piece.bytes.size(), "rank ", piece.from, " sent ", box.front().size(),
                           " bytes to rank ", rank(), ", which expected ", piece.bytes.size());
            std::copy(box.front().begin(), box.front().end(), piece.bytes.begin());
            box.pop_front();
        }
        return true;
    }

    post_office& office_;
    std::vector<incoming> expected_; // of the exchange that is under way
    std::size_t taken_ = 0;          // so many of these
};

} // namespace detail

TRINE_INLINE void run_on_threads(std::size_t ranks, std::function<void(communicator&)> const& work) {
    require<argument_error>(ranks > 0, "work on 0 ranks: at least 1 is needed");
    detail::post_office office(ranks);
    std::size_t const loop_threads = thread_count();
    std::vector<std::thread> threads;
    threads.reserve(ranks);
    auto const end_all = [&](std::size_t rank) { // within a handler of what was thrown
        std::lock_guard const lock(office.mutex);
        if (!office.gone)
            office.gone = rank, office.failure = std::current_exception();
        office.changed.notify_all();
    };
    for (std::size_t rank = 0; rank < ranks && threads.size() == rank; ++rank)
        try {
            threads.emplace_back([&, rank] {
                try {
                    set_thread_count(loop_threads);
                    detail::thread_rank own(office, rank);
                    work(own);
                } catch (...) {
                    end_all(rank);
                }
            });
        } catch (...) { // the system starts no more; those that run wait for nobody
            end_all(rank);
        }
    for (auto& thread : threads)
        thread.join();
    if (office.failure)
        std::rethrow_exception(office.failure);
}

} // namespace trine::distributed
