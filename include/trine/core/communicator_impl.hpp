#pragma once

#include <algorithm>
#include <array>
#include <new>

#include "communicator.hpp"

namespace trine {

namespace detail {

// Adds the time that it lives.
class lifetime {
public:
    explicit lifetime(double& seconds) : seconds_(seconds) {}
    ~lifetime() { seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
    lifetime(lifetime const&) = delete;
    lifetime& operator=(lifetime const&) = delete;

private:
    double& seconds_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace detail

TRINE_INLINE void communicator::exchange(std::span<outgoing const> out, std::span<incoming const> in) {
    begin_exchange(out, in);
    finish_exchange();
}

TRINE_INLINE void communicator::begin_exchange(std::span<outgoing const> out, std::span<incoming const> in) {
    require<argument_error>(!is_under_way_, "an exchange begins before the last one is done");
    std::vector<outgoing> sent;
    std::vector<incoming> received;
    auto const check = [&](std::size_t rank) {
        require<argument_error>(rank < size_ && rank != rank_, "rank ", rank_, " of ", size_,
                                " has nothing to exchange with rank ", rank);
    };
    for (auto const& piece : out) {
        check(piece.to);
        if (!piece.bytes.empty())
            sent.push_back(piece), bytes_sent_ += piece.bytes.size();
    }
    for (auto const& piece : in) {
        check(piece.from);
        if (!piece.bytes.empty())
            received.push_back(piece);
    }
    if (sent.empty() && received.empty())
        return;
    detail::lifetime const spent(seconds_);
    post(sent, received);
    is_under_way_ = true;
}

TRINE_INLINE bool communicator::is_exchanged() {
    if (!is_under_way_)
        return true;
    detail::lifetime const spent(seconds_);
    is_under_way_ = !test();
    return !is_under_way_;
}

TRINE_INLINE void communicator::finish_exchange() {
    if (!is_under_way_)
        return;
    detail::lifetime const spent(seconds_);
    is_under_way_ = false; // also when it fails
    wait();
}

TRINE_INLINE void broadcast(communicator& ranks, std::string& bytes) {
    std::size_t const rank = ranks.rank(), size = ranks.size();
    // Who has it sends it on: 1, 2, 4, … ranks.
    auto const spread = [&](std::span<std::byte> all) {
        for (std::size_t step = 1; step < size; step *= 2) {
            if (rank < step && rank + step < size) {
                communicator::outgoing const out{rank + step, all};
                ranks.exchange({&out, 1}, {});
            } else if (rank >= step && rank < 2 * step) {
                communicator::incoming const in{rank - step, all};
                ranks.exchange({}, {&in, 1});
            }
        }
    };
    std::uint64_t length = bytes.size();
    spread(std::as_writable_bytes(std::span(&length, 1)));
    bytes.resize(length);
    spread(std::as_writable_bytes(std::span(bytes)));
}

TRINE_INLINE std::vector<std::string> gather(communicator& ranks, std::string_view own) {
    std::size_t const size = ranks.size();
    std::vector<std::uint64_t> lengths(size);
    std::vector<std::size_t> ones(size + 1);
    for (std::size_t r = 0; r <= size; ++r)
        ones[r] = r;
    lengths[ranks.rank()] = own.size();
    gather_parts<std::uint64_t>(ranks, lengths, ones);
    std::vector<std::string> all(size);
    std::vector<communicator::outgoing> out;
    std::vector<communicator::incoming> in;
    for (std::size_t r = 0; r < size; ++r) {
        if (r == ranks.rank()) {
            all[r] = own;
            continue;
        }
        all[r].resize(lengths[r]);
        out.push_back({r, std::as_bytes(std::span(own))});
        in.push_back({r, std::as_writable_bytes(std::span(all[r]))});
    }
    ranks.exchange(out, in);
    return all;
}

TRINE_INLINE bool any_of(communicator& ranks, bool own) {
    if (ranks.size() == 1)
        return own;
    auto const all = gather(ranks, own ? "1" : "");
    return std::any_of(all.begin(), all.end(), [](std::string const& other) { return !other.empty(); });
}

namespace detail {

// The kinds of errors, by which they are told from each other on another rank.
template <class Visit>
void each_kind_of_error(Visit&& visit) {
    visit.template operator()<shape_error>('s');
    visit.template operator()<argument_error>('a');
    visit.template operator()<io_error>('i');
    visit.template operator()<format_error>('f');
    visit.template operator()<numeric_error>('n');
    visit.template operator()<data_error>('d');
    visit.template operator()<error>('e'); // their base, so the last
}

TRINE_INLINE std::string problem_of(std::exception_ptr const& failure) {
    if (!failure)
        return "";
    try {
        std::rethrow_exception(failure);
    } catch (error const& e) {
        char kind = '\0';
        each_kind_of_error([&]<class Kind>(char letter) {
            if (kind == '\0' && dynamic_cast<Kind const*>(&e))
                kind = letter;
        });
        return kind + std::string(e.what());
    } catch (std::bad_alloc const&) {
        return "eout of memory";
    } catch (std::exception const& e) {
        return 'e' + std::string(e.what());
    } catch (...) {
        return "ean exception that is no std::exception";
    }
}

TRINE_INLINE void agree(communicator& ranks, std::exception_ptr const& failure) {
    auto const problems = gather(ranks, problem_of(failure));
    auto const first =
        std::find_if(problems.begin(), problems.end(), [](std::string const& problem) { return !problem.empty(); });
    if (first == problems.end())
        return;
    bool const everywhere = std::all_of(problems.begin(), problems.end(), [&](auto const& p) { return p == *first; });
    std::string const where = everywhere ? ""
                                         : "rank " + std::to_string(first - problems.begin()) + " of " +
                                               std::to_string(problems.size()) + ": ";
    each_kind_of_error([&]<class Kind>(char letter) {
        if (letter == first->front())
            throw Kind(where + first->substr(1));
    });
}

} // namespace detail

} // namespace trine
