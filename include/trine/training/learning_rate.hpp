#pragma once

#include <cstddef>
#include <vector>

#include "../core/config.hpp"
#include "loop.hpp"

namespace trine {

/// Which learning rates to try, and how.
struct rate_range {
    double from = 1e-6, to = 1;
    std::size_t steps = 100;
    double smoothing = 0.9; ///< of the loss: the share of what was there before, from 0 to below 1
};

/// How the loss went while the learning rate rose.
struct rate_curve {
    std::vector<double> rates, losses; ///< of every step, losses smoothed; they end where the loss ran away
    double lowest = 0;                 ///< the rate at the lowest loss: too large to train with
    double suggested = 0;              ///< the rate at which the loss fell fastest, before the lowest
};

namespace detail {

/// A training of a few steps whose rate rises from step to step by one factor. The network's values are what they were
/// afterwards; the objective is as if just started.
///
/// @see L. Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3
rate_curve find_rate(training_job const& job, learner& who, rate_range const& range);

} // namespace detail

} // namespace trine

#ifdef TRINE_HEADER_ONLY
#include "learning_rate_impl.hpp"
#endif
