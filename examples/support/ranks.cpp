#include "ranks.hpp"

#include <cstdio>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include <trine/core/error.hpp>
#include <trine/core/parallel.hpp>
#include <trine/core/processors.hpp>
#include <trine/distributed/placement.hpp>
#ifdef TRINE_HAS_MPI
#include <trine/distributed/mpi.hpp>
#endif

namespace program {

using namespace trine;

namespace {

// From now on, what is written there is not seen. Returns where it went before.
int silence(int output) {
    std::fflush(nullptr);
    int const before = ::dup(output), nowhere = ::open("/dev/null", O_WRONLY);
    if (nowhere >= 0) {
        ::dup2(nowhere, output);
        ::close(nowhere);
    }
    return before;
}

} // namespace

struct rank_session::state {
#ifdef TRINE_HAS_MPI
    std::optional<distributed::mpi_session> mpi;
#endif
    lone_rank alone;
    int errors = -1; // where standard error leads, while it is silent
};

rank_session::rank_session(int& argc, char**& argv) : state_(std::make_unique<state>()) {
#ifdef TRINE_HAS_MPI
    if (distributed::is_launched_by_mpi())
        state_->mpi.emplace(argc, argv);
#else
    (void)argc, (void)argv;
#endif
    if (ranks().rank() > 0) {
        ::close(silence(STDOUT_FILENO));
        state_->errors = silence(STDERR_FILENO); // what is wrong with options, rank 0 says
    }
}
rank_session::~rank_session() = default;

communicator& rank_session::ranks() {
#ifdef TRINE_HAS_MPI
    if (state_->mpi)
        return state_->mpi->ranks();
#endif
    return state_->alone;
}

int rank_session::run(std::function<int()> const& work) {
#ifdef TRINE_HAS_MPI
    if (!state_->mpi)
        return work();
    if (state_->errors >= 0)
        ::dup2(state_->errors, STDERR_FILENO);
    try {
        return state_->mpi->run(work);
    } catch (...) { // on all ranks
        if (ranks().rank() > 0)
            ::close(silence(STDERR_FILENO));
        throw;
    }
#else
    for (char const* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
        if (char const* const size = std::getenv(name))
            require<argument_error>(std::atoi(size) <= 1, size,
                                    " processes of a program that was built without MPI: each "
                                    "would do the same (install libopenmpi-dev, and build again)");
    return work();
#endif
}

int rank_session::exit_code(int of_work) { return ranks().rank() == 0 ? of_work : 0; }

std::string rank_session::share_processors(bool threads_are_given) {
    if (ranks().size() == 1)
        return describe_threads();
    auto places = distributed::find_places(ranks());
    if (!threads_are_given && !std::getenv("OMP_NUM_THREADS")) {
        set_thread_count(distributed::suitable_threads(places, ranks().rank()));
        places = distributed::find_places(ranks());
    }
    if (ranks().rank() == 0)
        std::fprintf(stderr, "%s", distributed::warn_of_sharing(places).c_str());
    return distributed::describe_places(places);
}

} // namespace program
