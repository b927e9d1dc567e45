#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "objective_result.hpp"

namespace trine {

/// An objective whose type is forgotten: what the training loop calls, so that the loop is compiled once a network and
/// an objective once a program, whatever the numbers of both. Copies share the objective.
class any_objective {
public:
    template <class Objective>
        requires requires(Objective& o, matrix_view<float const> e, std::span<label const> labels,
                          matrix_view<float> g) {
            { o(e, labels, g, std::uint64_t{}, std::uint32_t{}) } -> std::same_as<objective_result>;
            { o.name() } -> std::convertible_to<std::string>;
        }
    any_objective(Objective o) // NOLINT: a conversion is what it is for
        : held_(std::make_shared<model<Objective>>(std::move(o))) {}

    /// What tells a run with this objective from others.
    std::string name() const { return held_->name(); }
    /// Prepares what the loss itself learns, for so many people; to be called once before the first batch.
    void start(std::size_t classes, std::size_t dimensions, std::uint64_t seed) const {
        held_->start(classes, dimensions, seed);
    }
    /// As `objective`.
    objective_result operator()(matrix_view<float const> e, std::span<label const> labels, matrix_view<float> gradient,
                                std::uint64_t seed, std::uint32_t step) const {
        return held_->evaluate(e, labels, gradient, seed, step);
    }
    /// Calls f(values, gradients) for all that the loss itself learns.
    void each_parameter(std::function<void(std::span<float>, std::span<float const>)> const& f) const {
        held_->each_parameter(f);
    }
    /// What it remembers from batch to batch, to be carried over a stop.
    std::vector<double> state() const { return held_->state(); }
    void restore(std::span<double const> state) const { held_->restore(state); }

private:
    struct interface {
        virtual ~interface() = default;
        virtual std::string name() const = 0;
        virtual void start(std::size_t, std::size_t, std::uint64_t) = 0;
        virtual objective_result evaluate(matrix_view<float const>, std::span<label const>, matrix_view<float>,
                                          std::uint64_t, std::uint32_t) = 0;
        virtual void each_parameter(std::function<void(std::span<float>, std::span<float const>)> const&) = 0;
        virtual std::vector<double> state() const = 0;
        virtual void restore(std::span<double const>) = 0;
    };
    template <class Objective>
    struct model final : interface {
        explicit model(Objective o) : objective(std::move(o)) {}
        std::string name() const override { return objective.name(); }
        void start(std::size_t classes, std::size_t dimensions, std::uint64_t seed) override {
            if constexpr (requires { objective.start(classes, dimensions, seed); })
                objective.start(classes, dimensions, seed);
        }
        objective_result evaluate(matrix_view<float const> e, std::span<label const> labels,
                                  matrix_view<float> gradient, std::uint64_t seed, std::uint32_t step) override {
            return objective(e, labels, gradient, seed, step);
        }
        void each_parameter(std::function<void(std::span<float>, std::span<float const>)> const& f) override {
            if constexpr (requires { objective.each_parameter(f); })
                objective.each_parameter(f);
        }
        std::vector<double> state() const override {
            if constexpr (requires { objective.state(); })
                return objective.state();
            else
                return {};
        }
        void restore(std::span<double const> state) override {
            if constexpr (requires { objective.restore(state); })
                objective.restore(state);
            else
                require<format_error>(state.empty(), "a state for an objective that has none");
        }
        Objective objective;
    };
    std::shared_ptr<interface> held_;
};

} // namespace trine
