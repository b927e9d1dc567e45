#pragma once

// Optimisers, schedules and samplers by their names and values, their types forgotten, so that a network's training is
// compiled once.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <trine/core/identity.hpp>
#include <trine/data/pk.hpp>
#include <trine/data/sampler.hpp>

#include "policies.hpp"

namespace program {

/// An optimiser. It is called once a tensor, so the call costs nothing that is seen.
class any_optimizer {
public:
    static constexpr std::string_view name = "any_optimizer";
    static constexpr std::size_t slots = 2; ///< as many as any of ours keeps
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <class Optimizer>
    explicit any_optimizer(Optimizer o)
        : identity_(trine::identity::of(o)),
          step_([o](std::span<float> values, std::span<float const> gradients, std::span<float> kept, double rate,
                    std::size_t number, bool decays) {
              static_assert(Optimizer::slots <= slots);
              o.template step<float>(values, gradients, kept.first(Optimizer::slots * values.size()), rate, number,
                                     decays);
          }) {}
    trine::identity identity_of() const { return identity_; }
    template <class T>
    void step(std::span<T> values, std::span<T const> gradients, std::span<T> kept, double rate, std::size_t number,
              bool decays) const {
        step_(values, gradients, kept, rate, number, decays);
    }

private:
    trine::identity identity_;
    std::function<void(std::span<float>, std::span<float const>, std::span<float>, double, std::size_t, bool)> step_;
};

/// A schedule.
class any_schedule {
public:
    static constexpr std::string_view name = "any_schedule";
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <class Schedule>
    explicit any_schedule(Schedule s) : identity_(trine::identity::of(s)), factor_(s) {}
    trine::identity identity_of() const { return identity_; }
    double operator()(std::size_t step, std::size_t steps) const { return factor_(step, steps); }

private:
    trine::identity identity_;
    std::function<double(std::size_t, std::size_t)> factor_;
};

/// What makes a sampler of labels and a seed.
using sampler_maker = std::function<trine::data::any_sampler(std::span<trine::label const>, std::uint64_t)>;

/// @throws trine::argument_error  when there is none of that name, or it has no such value
any_optimizer make_optimizer(policy_choice const& choice);
any_schedule make_schedule(policy_choice const& choice);
/// @param batches  P and K; others than `pk` make batches of as many photos
/// @param groups   by label, where the sampler is hierarchical
sampler_maker make_sampler(policy_choice const& choice, trine::data::pk const& batches,
                           std::vector<trine::label> const& groups = {});

/// All of them, each with its values, in lines.
std::string list_training_policies();

} // namespace program
