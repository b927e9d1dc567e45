#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "../core/identity.hpp"
#include "../core/state.hpp"
#include "result.hpp"

namespace trine {

/// What turns a batch into a loss and a gradient, learns or remembers something or nothing, and says who it is.
template <class O>
concept objective_like = requires(O& o, O const& c, matrix_view<float const> e, std::span<label const> labels,
                                  matrix_view<float> g, state const& s) {
    { o(e, labels, g, std::uint64_t{}, std::uint32_t{}) } -> std::same_as<objective_result>;
    { c.identity_of() } -> std::same_as<identity>;
    { c.state() } -> std::same_as<state>;
    o.restore(s);
    o.start(std::size_t{}, std::size_t{}, std::uint64_t{});
    o.each_parameter([](std::span<float>, std::span<float const>) {});
};

/// An objective whose type is forgotten: what the training loop calls, so that the loop is compiled once and an
/// objective once a program, whatever the numbers of both. Copies share the objective.
class any_objective {
public:
    template <class Objective>
        requires(!std::same_as<Objective, any_objective>)
    any_objective(Objective o) // NOLINT: a conversion is what it is for
        : held_(std::make_shared<model<Objective>>(std::move(o))) {
        static_assert(objective_like<Objective>,
                      "this is not an objective: it needs operator()(embeddings, labels, gradient, seed, step), "
                      "start(classes, dimensions, seed), each_parameter(f), state(), restore(state) and identity_of()");
    }

    /// Who it is: what tells a run with this objective from others.
    identity identity_of() const { return held_->identity_of(); }
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
    /// What it learns and remembers from batch to batch, to be carried over a stop.
    trine::state state() const { return held_->state(); }
    /// @throws format_error  when this is not the state of such an objective
    void restore(trine::state const& all) const { held_->restore(all); }

private:
    struct interface {
        virtual ~interface() = default;
        virtual identity identity_of() const = 0;
        virtual void start(std::size_t, std::size_t, std::uint64_t) = 0;
        virtual objective_result evaluate(matrix_view<float const>, std::span<label const>, matrix_view<float>,
                                          std::uint64_t, std::uint32_t) = 0;
        virtual void each_parameter(std::function<void(std::span<float>, std::span<float const>)> const&) = 0;
        virtual trine::state state() const = 0;
        virtual void restore(trine::state const&) = 0;
    };
    template <class Objective>
    struct model final : interface {
        explicit model(Objective o) : objective(std::move(o)) {}
        identity identity_of() const override { return objective.identity_of(); }
        void start(std::size_t classes, std::size_t dimensions, std::uint64_t seed) override {
            objective.start(classes, dimensions, seed);
        }
        objective_result evaluate(matrix_view<float const> e, std::span<label const> labels,
                                  matrix_view<float> gradient, std::uint64_t seed, std::uint32_t step) override {
            return objective(e, labels, gradient, seed, step);
        }
        void each_parameter(std::function<void(std::span<float>, std::span<float const>)> const& f) override {
            objective.each_parameter(f);
        }
        trine::state state() const override { return objective.state(); }
        void restore(trine::state const& all) override { objective.restore(all); }
        Objective objective;
    };
    std::shared_ptr<interface> held_;
};

} // namespace trine
