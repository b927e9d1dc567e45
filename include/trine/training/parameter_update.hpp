#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "loop.hpp"

namespace trine::detail {

/// One step of everything that learns, with what the optimiser keeps for it: the network's parameters and the
/// objective's own.
class parameter_update {
public:
    /// Begins anew; the objective has been started.
    void start(learner& who, any_objective const& objective) {
        kept_ = buffer<float>(who.slots() * who.values().parameters.size());
        objective_kept_.clear();
        objective.each_parameter([&](std::span<float> values, std::span<float const>) {
            objective_kept_.emplace_back(who.slots() * values.size());
        });
    }

    /// @param gradients  of the network's parameters
    /// @param number     of the step, from 1
    /// @throws numeric_error  when gradients are to be clipped and one is not finite
    void operator()(learner& who, std::span<float const> gradients, any_objective const& objective,
                    training_options const& options, double rate, std::size_t number) {
        auto const model = who.values();
        double const factor = options.clip_norm > 0 ? clipping(gradients, model, objective, options.clip_norm) : 1;
        std::size_t part = 0;
        objective.each_parameter([&](std::span<float> values, std::span<float const> own) {
            who.optimize(values, scaled(own, factor), objective_kept_[part++].span(), rate * options.objective_rate,
                         number, false);
        });
        for (auto const& info : model.tensors)
            if (info.learnt && !info.frozen)
                who.optimize(model.of(info), scaled(gradients.subspan(info.offset, info.size()), factor),
                             kept_.span().subspan(who.slots() * info.offset, who.slots() * info.size()), rate, number,
                             info.decays);
    }

    /// What the optimiser keeps for the network, and for each tensor of the objective.
    buffer<float>& kept() { return kept_; }
    std::vector<buffer<float>>& objective_kept() { return objective_kept_; }

private:
    // What brings the length of all gradients together down to the limit, or 1.
    double clipping(std::span<float const> gradients, nn::model_values<float> const& model,
                    any_objective const& objective, double limit) const {
        double squares = 0;
        objective.each_parameter([&](std::span<float>, std::span<float const> own) { squares += squared_length(own); });
        for (auto const& info : model.tensors)
            if (info.learnt && !info.frozen)
                squares += squared_length(gradients.subspan(info.offset, info.size()));
        double const length = std::sqrt(squares);
        require<numeric_error>(std::isfinite(length), "the gradient's length became ", length);
        return length > limit ? limit / length : 1;
    }
    // In parts that are added in their order.
    static double squared_length(std::span<float const> values) {
        constexpr std::size_t block = 16384;
        std::vector<double> parts((values.size() + block - 1) / block);
        parallel_blocks(values.size(), block, [&](std::size_t first, std::size_t last) {
            double sum = 0;
            for (std::size_t i = first; i < last; ++i)
                sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
            parts[first / block] = sum;
        });
        double sum = 0;
        for (double part : parts)
            sum += part;
        return sum;
    }
    std::span<float const> scaled(std::span<float const> gradients, double factor) {
        if (factor == 1)
            return gradients;
        scaled_.resize(std::max(scaled_.size(), gradients.size()));
        for (std::size_t i = 0; i < gradients.size(); ++i)
            scaled_[i] = static_cast<float>(factor * static_cast<double>(gradients[i]));
        return std::span<float const>(scaled_).first(gradients.size());
    }

    buffer<float> kept_;
    std::vector<buffer<float>> objective_kept_;
    std::vector<float> scaled_;
};

} // namespace trine::detail
