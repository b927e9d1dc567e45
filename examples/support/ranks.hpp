#pragma once

// Programs that mpirun may start on several ranks.

#include <functional>
#include <memory>
#include <string>

#include <trine/core/communicator.hpp>

namespace program {

/// The ranks that a launcher of MPI has started, or this process alone. Rank 0 speaks for all: what others print is not
/// seen.
class rank_session {
public:
    rank_session(int& argc, char**& argv);
    ~rank_session();
    rank_session(rank_session const&) = delete;
    rank_session& operator=(rank_session const&) = delete;

    trine::communicator& ranks();

    /// Does the work on all ranks; see `trine::distributed::mpi_session::run`.
    ///
    /// @throws argument_error  when several processes were started of a program that was built without MPI
    int run(std::function<int()> const& work);

    /// What this process ends with: rank 0 alone says that a program failed, once it has said why, because launchers
    /// end all processes as soon as one of them says so.
    int exit_code(int of_work);

    /// Sets how many threads each rank uses, where nobody has said so, and warns where they share processors.
    /// Collective.
    ///
    /// @return in words, on how many machines and threads the program runs
    std::string share_processors(bool threads_are_given);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace program
