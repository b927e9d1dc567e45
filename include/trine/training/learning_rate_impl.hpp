#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../core/error.hpp"
#include "../data/batches.hpp"
#include "batch_passes.hpp"
#include "kept_values.hpp"
#include "learning_rate.hpp"
#include "parameter_update.hpp"

namespace trine::detail {

TRINE_INLINE rate_curve find_rate(training_job const& job, learner& who, rate_range const& range) {
    require<argument_error>(range.from > 0 && range.to > range.from && std::isfinite(range.to), "learning rates from ",
                            range.from, " to ", range.to, ": the first has to be above 0, the second larger");
    require<argument_error>(range.steps >= 10, "learning rates in ", range.steps, " steps: at least 10 are needed");
    require<argument_error>(range.smoothing >= 0 && range.smoothing < 1, "smoothing ", range.smoothing,
                            ", which is from 0 to below 1");
    require<data_error>(job.photos.size() > 0, "there are no photos to learn from");
    auto const& options = job.options;
    label const last = *std::max_element(job.photos.labels.begin(), job.photos.labels.end());
    auto const start = [&] {
        job.objective.start(static_cast<std::size_t>(std::max<label>(last, -1) + 1), who.embedding_size(),
                            options.seed);
    };
    kept_values before;
    before.take(who.values());
    start();
    parameter_update update;
    update.start(who, job.objective);
    batch_passes passes(job, who);
    data::batch_source source(job.photos, job.sampler, options.augmentation, options.seed, 0, range.steps,
                              passes.share());
    data::batch batch;
    buffer<float> gradient(job.sampler.batch_size() * who.embedding_size());
    rate_curve curve;
    double mean = 0, weight = 0, lowest = 0;
    try {
        for (std::size_t step = 0; step < range.steps; ++step) {
            double const share = static_cast<double>(step) / static_cast<double>(range.steps - 1),
                         rate = range.from * std::pow(range.to / range.from, share);
            source.next(batch);
            auto const embeddings = passes.forward(batch, static_cast<std::uint32_t>(step), options.seed);
            matrix_view<float> const g(gradient.data(), embeddings.rows(), embeddings.cols());
            double const loss =
                job.objective(embeddings, batch.labels, g, options.seed, static_cast<std::uint32_t>(step)).loss;
            if (!std::isfinite(loss))
                break;
            mean = range.smoothing * mean + (1 - range.smoothing) * loss;
            weight = range.smoothing * weight + (1 - range.smoothing);
            double const smooth = mean / weight;
            curve.rates.push_back(rate), curve.losses.push_back(smooth);
            lowest = step == 0 ? smooth : std::min(lowest, smooth);
            if (smooth > lowest + 3 * std::abs(lowest) && step > range.steps / 10)
                break;
            passes.backward(g);
            update(who, passes.gradients(), job.objective, options, rate, step + 1);
        }
    } catch (numeric_error const&) { // the end of the curve: embeddings or gradients overflowed
    } catch (...) {
        before.give(who.values());
        throw;
    }
    before.give(who.values());
    start();
    require<numeric_error>(curve.rates.size() >= 5, "the loss ran away at once, at learning rates of ", range.from,
                           " and little more: begin with a smaller one");
    auto const bottom =
        static_cast<std::size_t>(std::min_element(curve.losses.begin(), curve.losses.end()) - curve.losses.begin());
    curve.lowest = curve.rates[bottom];
    // Steps are of one length on the scale of the rate's logarithm.
    std::size_t const reach = std::max<std::size_t>(1, range.steps / 50);
    double steepest = 0;
    curve.suggested = curve.lowest / 10; // where it fell nowhere
    for (std::size_t i = reach; i + reach <= bottom; ++i)
        if (double const slope = curve.losses[i + reach] - curve.losses[i - reach]; slope < steepest)
            steepest = slope, curve.suggested = curve.rates[i];
    return curve;
}

} // namespace trine::detail
