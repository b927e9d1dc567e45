#pragma once

/// Ranks, and what they say to each other. Who sends the bytes is a matter of layers above: MPI, or threads.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config.hpp"
#include "error.hpp"

namespace trine {

/// Ranks 0 … size − 1 that do one piece of work together: processes, on one machine or several. What is written for
/// many runs on one as well, `lone_rank`.
///
/// What is called collective has to be called by all ranks, in the same order, each from one thread at a time.
class communicator {
public:
    /// Bytes for a rank.
    struct outgoing {
        std::size_t to;
        std::span<std::byte const> bytes;
    };
    /// Room for the bytes that a rank sends.
    struct incoming {
        std::size_t from;
        std::span<std::byte> bytes;
    };

    communicator(std::size_t rank, std::size_t size) : rank_(rank), size_(size) {}
    virtual ~communicator() = default;
    communicator(communicator const&) = delete;
    communicator& operator=(communicator const&) = delete;

    std::size_t rank() const { return rank_; }
    std::size_t size() const { return size_; }

    /// Sends and receives, all at once, and returns when all is there. What one rank sends to another arrives in the
    /// order of its list, and each piece has the length that the other one expects. Pieces without bytes are left out.
    ///
    /// @throws argument_error  for a rank that is none, or this one
    /// @throws error           when a rank is gone
    void exchange(std::span<outgoing const> out, std::span<incoming const> in);

    /// Begins an exchange and returns at once: bytes, and room for them, have to stay until it is done. No other may
    /// begin before that.
    ///
    /// @throws as `exchange`
    void begin_exchange(std::span<outgoing const> out, std::span<incoming const> in);
    /// Whether all is there of what was begun. Waits for nobody.
    ///
    /// @throws error  when a rank is gone
    bool is_exchanged();
    /// Waits until it is.
    ///
    /// @throws error  when a rank is gone
    void finish_exchange();

    /// Bytes that this rank has sent.
    std::uint64_t bytes_sent() const { return bytes_sent_; }
    /// Seconds that this rank has spent in these functions: sending, receiving, and waiting for ranks that are slower.
    double seconds() const { return seconds_; }

protected:
    // Of pieces that are not empty, with other ranks. The lists are gone when `post` returns, what they name is not.
    virtual void post(std::span<outgoing const> out, std::span<incoming const> in) = 0;
    virtual bool test() = 0; // whether all that was posted has arrived
    virtual void wait() = 0;

private:
    std::size_t rank_, size_;
    bool is_under_way_ = false;
    std::uint64_t bytes_sent_ = 0;
    double seconds_ = 0;
};

/// One rank, alone.
class lone_rank final : public communicator {
public:
    lone_rank() : communicator(0, 1) {}

private:
    void post(std::span<outgoing const>, std::span<incoming const>) override {}
    bool test() override { return true; }
    void wait() override {}
};

/// Gives all ranks the bytes of rank 0. Collective.
void broadcast(communicator& ranks, std::string& bytes);

/// The bytes of each rank, for all ranks. Collective.
std::vector<std::string> gather(communicator& ranks, std::string_view own);

/// Values that lie on all ranks, a part each: rank r's go from `firsts[r]` to `firsts[r + 1]`. Each rank has its own in
/// place, and is given the others'. Collective.
///
/// @param firsts  as many as ranks, and one more
template <class T>
void gather_parts(communicator& ranks, std::span<T> values, std::span<std::size_t const> firsts) {
    std::vector<communicator::outgoing> out;
    std::vector<communicator::incoming> in;
    auto const part = [&](std::size_t r) { return values.subspan(firsts[r], firsts[r + 1] - firsts[r]); };
    for (std::size_t r = 0; r < ranks.size(); ++r)
        if (r != ranks.rank()) {
            out.push_back({r, std::as_bytes(part(ranks.rank()))});
            in.push_back({r, std::as_writable_bytes(part(r))});
        }
    ranks.exchange(out, in);
}

/// Whether it is so on any rank, for all ranks. Collective.
bool any_of(communicator& ranks, bool own);

namespace detail {

/// What went wrong on this rank, as text that names the kind of error; empty where nothing did.
std::string problem_of(std::exception_ptr const& failure);
/// Throws, on all ranks, what went wrong on any; collective.
void agree(communicator& ranks, std::exception_ptr const& failure);

} // namespace detail

/// Does a piece of work that every rank does for itself. What one of them throws, all throw, so that nobody waits for
/// who has given up: an error of the same kind that says which rank it comes from, unless all say the same. Collective.
template <class Work>
void together(communicator& ranks, Work&& work) {
    if (ranks.size() == 1) {
        work();
        return;
    }
    std::exception_ptr failure;
    try {
        work();
    } catch (...) {
        failure = std::current_exception();
    }
    detail::agree(ranks, failure);
}

} // namespace trine

#ifdef TRINE_HEADER_ONLY
#include "communicator_impl.hpp"
#endif
