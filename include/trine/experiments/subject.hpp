#pragma once

/// Whom a study learns from, and how.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "../core/identity.hpp"
#include "../core/label.hpp"
#include "../data/pk.hpp"
#include "../objectives/any_objective.hpp"
#include "outcome.hpp"

namespace trine::experiments {

/// How long every run trains, and on what batches.
struct training_budget {
    static constexpr std::string_view name = "training";
    std::size_t epochs = 30;
    data::pk batches{.people = 8, .photos = 4};

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("epochs", self.epochs), visit("batches", self.batches);
    }
};

/// One training that a study asks for.
struct training {
    std::function<any_objective(std::size_t steps)> objective;
    bool uniform = false; ///< whether batches hold anybody's photos
    double learning_rate = 1e-3, objective_rate = 1;
    std::uint64_t seed = 1;
    std::span<std::size_t const> learn, judge; ///< places of the photos
    std::function<bool()> stop{};              ///< asked after every step; may be empty
};

/// Whom a study learns from, and how: photos with a network, or embeddings with a linear layer.
class subject {
public:
    virtual ~subject() = default;
    /// All that runs depend on but the study: photos, network, budget.
    virtual identity identity_of() const = 0;
    /// Who is on each photo.
    virtual std::span<label const> labels() const = 0;
    /// Trains, and judges what was learnt; nothing when it was stopped. Depends on the training alone.
    ///
    /// @throws error  when it cannot be trained or judged: a loss that became infinite, too few people for a batch
    virtual std::optional<outcome> run(training const& how) const = 0;
};

namespace detail {

// Labels of some photos, numbered anew without gaps: nobody has class weights for people who do not take part.
std::vector<label> compact_labels(std::span<label const> all, std::span<std::size_t const> places);

// The batches of a training.
data::any_sampler sampler_of(training const& how, training_budget const& budget, std::span<label const> labels);

} // namespace detail

} // namespace trine::experiments

#ifdef TRINE_HEADER_ONLY
#include "subject_impl.hpp"
#endif
