#pragma once

/// Ranks that are processes of MPI, on one machine or many. The one header that needs mpi.h, and its library: the CMake
/// target trine::mpi, or the compiler mpicxx.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

// Of MPI its C interface: that of C++ is gone since its third edition.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include "../core/communicator.hpp"
#include "../core/error.hpp"

namespace trine::distributed {

namespace detail {

inline void check_mpi(int code, char const* what) {
    if (code == MPI_SUCCESS)
        return;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    fail<error>("MPI could not ", what, ": ", std::string_view(text, static_cast<std::size_t>(length)));
}

inline std::size_t rank_in(MPI_Comm all) {
    int rank = 0;
    MPI_Comm_rank(all, &rank);
    return static_cast<std::size_t>(rank);
}
inline std::size_t size_of(MPI_Comm all) {
    int size = 0;
    MPI_Comm_size(all, &size);
    return static_cast<std::size_t>(size);
}

} // namespace detail

/// The ranks of a communicator of MPI, by messages from one to another: no operation of MPI's computes, for none
/// promises in which order. For programs that have initialised MPI themselves; others take an `mpi_session`.
///
/// Used by one thread at a time (MPI_THREAD_SERIALIZED), or by the one that initialised MPI (MPI_THREAD_FUNNELED).
class mpi_ranks final : public communicator {
public:
    /// @param all  is duplicated, so that nobody else's messages are mixed with these
    explicit mpi_ranks(MPI_Comm all = MPI_COMM_WORLD) : communicator(detail::rank_in(all), detail::size_of(all)) {
        detail::check_mpi(MPI_Comm_dup(all, &all_), "duplicate a communicator");
        MPI_Comm_set_errhandler(all_, MPI_ERRORS_RETURN);
    }
    ~mpi_ranks() override {
        int over = 0;
        if (MPI_Finalized(&over) == MPI_SUCCESS && over == 0)
            MPI_Comm_free(&all_);
    }

    /// Waits until all ranks have called this, or for so long; whether all have. The processor is left to others
    /// meanwhile. After it was false once, the ranks are of no more use.
    bool meet(std::chrono::duration<double> longest) {
        MPI_Request request;
        detail::check_mpi(MPI_Ibarrier(all_, &request), "wait for all ranks");
        auto const start = std::chrono::steady_clock::now();
        for (int all_came = 0;;) {
            detail::check_mpi(MPI_Test(&request, &all_came, MPI_STATUS_IGNORE), "wait for all ranks");
            if (all_came != 0)
                return true;
            if (std::chrono::steady_clock::now() - start > longest)
                return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

private:
    void post(std::span<outgoing const> out, std::span<incoming const> in) override {
        // MPI counts in int.
        constexpr std::size_t most = std::size_t{1} << 30;
        requests_.clear();
        auto const in_parts = [&](auto bytes, auto const& post) {
            for (std::size_t first = 0; first < bytes.size(); first += most) {
                requests_.emplace_back();
                post(bytes.data() + first, static_cast<int>(std::min(most, bytes.size() - first)), &requests_.back());
            }
        };
        for (auto const& piece : in)
            in_parts(piece.bytes, [&](std::byte* to, int size, MPI_Request* request) {
                detail::check_mpi(MPI_Irecv(to, size, MPI_BYTE, static_cast<int>(piece.from), 0, all_, request),
                                  "receive");
            });
        for (auto const& piece : out)
            in_parts(piece.bytes, [&](std::byte const* from, int size, MPI_Request* request) {
                detail::check_mpi(MPI_Isend(from, size, MPI_BYTE, static_cast<int>(piece.to), 0, all_, request),
                                  "send");
            });
    }
    bool test() override {
        int all_done = 0;
        detail::check_mpi(
            MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &all_done, MPI_STATUSES_IGNORE),
            "send to other ranks or receive from them");
        return all_done != 0;
    }
    void wait() override {
        detail::check_mpi(MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE),
                          "send to other ranks or receive from them");
    }

    MPI_Comm all_ = MPI_COMM_NULL;
    std::vector<MPI_Request> requests_;
};

/// Whether a launcher of MPI (mpirun, mpiexec, srun) has started this process as one of several or as the only one.
inline bool is_launched_by_mpi() {
    for (char const* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMI_RANK", "PMIX_RANK", "MPI_LOCALNRANKS"})
        if (std::getenv(name))
            return true;
    return false;
}

/// MPI for as long as this lives, and its ranks: all that a program needs.
///
///     int main(int argc, char** argv) {
///         trine::distributed::mpi_session mpi(argc, argv);
///         return mpi.run([&] { return work(mpi.ranks()); });
///     }
class mpi_session {
public:
    /// @throws error  when MPI was initialised before, or cannot be
    mpi_session(int& argc, char**& argv) {
        int before = 0, provided = 0;
        MPI_Initialized(&before);
        require<error>(before == 0, "MPI is initialised already: use mpi_ranks");
        detail::check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "begin");
        ranks_.emplace();
    }
    ~mpi_session() {
        if (std::uncaught_exceptions() > 0) // others may wait for this rank, and would for ever
            MPI_Abort(MPI_COMM_WORLD, 1);
        ranks_.reset();
        MPI_Finalize();
    }
    mpi_session(mpi_session const&) = delete;
    mpi_session& operator=(mpi_session const&) = delete;

    mpi_ranks& ranks() { return *ranks_; }

    /// Does a program's work, on all ranks, and ends when all have done theirs. What all ranks throw is thrown on. But
    /// when one throws and others still work, two seconds later this ends all processes, with a line on standard error
    /// that says which rank, on which machine, and why.
    ///
    /// @return what `work` returns
    template <class Work>
    auto run(Work&& work) -> decltype(work()) {
        try {
            auto result = work();
            ranks_->meet(std::chrono::hours(24 * 365));
            return result;
        } catch (std::exception const& e) {
            end_unless_all_came(e.what());
            throw;
        } catch (...) {
            end_unless_all_came("an exception that is no std::exception");
            throw;
        }
    }

private:
    void end_unless_all_came(char const* why) {
        try {
            if (ranks_->meet(std::chrono::seconds(2)))
                return;
        } catch (error const&) { // nobody can be met any more
        }
        char machine[MPI_MAX_PROCESSOR_NAME] = "";
        int length = 0;
        MPI_Get_processor_name(machine, &length);
        std::fprintf(stderr, "rank %zu of %zu, on %s: %s\n", ranks_->rank(), ranks_->size(), machine, why);
        std::fflush(nullptr);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }

    std::optional<mpi_ranks> ranks_;
};

} // namespace trine::distributed
