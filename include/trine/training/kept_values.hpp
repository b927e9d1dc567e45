#pragma once

/// Values of a network beside those that it learns with: their running mean, and those of the best epoch.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../io/safetensors.hpp"
#include "../nn/tensors.hpp"

namespace trine::detail {

/// A copy of a network's parameters and running statistics.
class kept_values {
public:
    void take(nn::model_values<float> const& model) {
        if (parameters_.size() != model.parameters.size() || state_.size() != model.state.size())
            parameters_ = buffer<float>(model.parameters.size()), state_ = buffer<float>(model.state.size());
        std::copy(model.parameters.begin(), model.parameters.end(), parameters_.data());
        std::copy(model.state.begin(), model.state.end(), state_.data());
    }
    void give(nn::model_values<float> const& model) const {
        std::copy_n(parameters_.data(), parameters_.size(), model.parameters.data());
        std::copy_n(state_.data(), state_.size(), model.state.data());
    }
    void swap(nn::model_values<float> const& model) {
        std::swap_ranges(model.parameters.begin(), model.parameters.end(), parameters_.data());
        std::swap_ranges(model.state.begin(), model.state.end(), state_.data());
    }
    /// Moves by a share of the way to the model's.
    void approach(nn::model_values<float> const& model, double share) {
        approach(parameters_.span(), model.parameters, static_cast<float>(share));
        approach(state_.span(), model.state, static_cast<float>(share));
    }
    void store(io::safetensors& file, std::string const& prefix) const {
        file.add<float>(prefix + ".parameters", {parameters_.size()}, parameters_.span());
        file.add<float>(prefix + ".state", {state_.size()}, state_.span());
    }
    /// @throws format_error   when the file holds no such values, or of another network
    /// @throws numeric_error  when one is not finite
    static kept_values load(io::safetensors const& file, std::string const& prefix,
                            nn::model_values<float> const& model) {
        kept_values read;
        read.take(model);
        for (auto* part : {&read.parameters_, &read.state_}) {
            std::string const name = prefix + (part == &read.parameters_ ? ".parameters" : ".state");
            auto const values = file.get<float>(name, {part->size()});
            for (float v : values)
                require<numeric_error>(std::isfinite(v), file.source(), ": ", name, " holds ", v);
            std::copy(values.begin(), values.end(), part->data());
        }
        return read;
    }

private:
    static void approach(std::span<float> values, std::span<float const> to, float share) {
        parallel_blocks(values.size(), 16384, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                values[i] += share * (to[i] - values[i]);
        });
    }

    buffer<float> parameters_, state_;
};

/// The exponential moving average of a network's values.
class weight_average {
public:
    /// @param decay  0 for none
    void start(double decay, nn::model_values<float> const& model) {
        decay_ = decay;
        if (is_on())
            values_.take(model);
    }
    bool is_on() const { return decay_ > 0; }
    /// After a step, counted from 1. The first steps count more, so that the average does not hang on what was drawn at
    /// the beginning.
    void follow(nn::model_values<float> const& model, std::size_t step) {
        if (!is_on())
            return;
        double const early = (1 + static_cast<double>(step)) / (10 + static_cast<double>(step));
        values_.approach(model, 1 - std::min(decay_, early));
    }
    /// Exchanges the average with the model's values: once to look at it, once to go on.
    void swap(nn::model_values<float> const& model) {
        if (is_on())
            values_.swap(model);
    }
    void store(io::safetensors& file) const {
        if (is_on())
            values_.store(file, "average");
    }
    kept_values load(io::safetensors const& file, nn::model_values<float> const& model) const {
        return is_on() ? kept_values::load(file, "average", model) : kept_values();
    }
    void restore(kept_values values) { values_ = std::move(values); }

private:
    double decay_ = 0;
    kept_values values_;
};

/// The best epoch so far, as somebody judges it, and the network's values after it.
struct best_epoch {
    std::size_t epoch = 0; ///< from 1; 0 before there is any
    double value = -std::numeric_limits<double>::infinity();
    kept_values values{};

    /// Of equals the first is the best.
    void see(std::size_t which, double judged, nn::model_values<float> const& model) {
        if (epoch > 0 && !(judged > value))
            return;
        epoch = which, value = judged;
        values.take(model);
    }
};

} // namespace trine::detail
