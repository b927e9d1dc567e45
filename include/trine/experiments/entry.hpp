#pragma once

/// What a study compares: a miner, a loss and a distance by a name, with what can be tuned of them.

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/tunable.hpp"
#include "../objectives/any_objective.hpp"
#include "../objectives/cross_batch_memory.hpp"
#include "../objectives/objective.hpp"
#include "search.hpp"

namespace trine::experiments {

/// A range that counts before what a policy says: "miner.margin", "loss.margin", "distance.p",
/// "training.learning_rate", "training.objective_rate". From a value to the same one: not tuned, and that.
struct range {
    std::string name;
    double low = 0, high = 1;
    spacing how = spacing::linear;
    bool whole = false;
};

/// One of those that are compared.
struct entry {
    std::string name;
    std::vector<parameter> parameters; ///< its policies', then the rates of training
    /// The objective with values of those parameters, for a training of so many steps.
    std::function<any_objective(std::span<double const> values, std::size_t steps)> make;
    bool uniform = false; ///< whether batches hold anybody's photos, as losses want that mine nothing

    /// A parameter's value among all, or another where it is not tuned.
    double value(std::span<double const> values, std::string_view parameter_name, double otherwise) const {
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (parameters[i].name == parameter_name)
                return values[i];
        return otherwise;
    }
};

/// Learning rates that are tried where nobody says others.
inline constexpr tunable learning_rates{"training.learning_rate", 1e-4, 1e-2, spacing::logarithmic};
/// How fast class weights and thresholds learn, against the network.
inline constexpr tunable objective_rates{"training.objective_rate", 1, 100, spacing::logarithmic};

namespace detail {

// The ranges that somebody gave, taken one after the other.
class given_ranges {
public:
    given_ranges(std::string const& entry, std::vector<range> all) : all_(std::move(all)) {
        for (std::size_t i = 0; i < all_.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                require<argument_error>(all_[i].name != all_[j].name, entry, ": ", all_[i].name,
                                        " is given two ranges");
    }
    // Adds what is tuned of a policy to the parameters; sets what is to stay.
    template <class P>
    void take(P& policy, std::string const& part, std::vector<parameter>& to) {
        for (auto const& t : tunables_of<P>())
            add({part + "." + std::string(t.key), t.low, t.high, t.how, t.whole, value_of(policy, t.key)}, to);
        for (std::size_t i = 0; i < all_.size();) {
            if (!all_[i].name.starts_with(part + ".")) {
                ++i;
                continue;
            }
            range const r = all_[i];
            all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(i));
            add_range(r, value_of(policy, std::string_view(r.name).substr(part.size() + 1)), to);
        }
    }
    void take(tunable const& t, double given, std::vector<parameter>& to) {
        add({std::string(t.key), t.low, t.high, t.how, t.whole, given}, to);
    }
    void require_none(std::string const& entry) const {
        require<argument_error>(all_.empty(), entry, ": nothing of it is called ", all_.empty() ? "" : all_[0].name,
                                "; ranges are of miner., loss., distance. and training.");
    }

private:
    void add(parameter p, std::vector<parameter>& to) {
        for (std::size_t i = 0; i < all_.size(); ++i)
            if (all_[i].name == p.name) {
                range const r = all_[i];
                all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(i));
                return add_range(r, p.given, to);
            }
        to.push_back(std::move(p));
    }
    static void add_range(range const& r, double given, std::vector<parameter>& to) {
        to.push_back({r.name, r.low, r.high, r.how, r.whole, r.low == r.high ? r.low : given});
    }

    std::vector<range> all_;
};

// Sets what parameters belong to a part of an entry.
template <class P>
void set_values(P& policy, std::string_view part, std::span<parameter const> parameters,
                std::span<double const> values) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        std::string_view const name = parameters[i].name;
        if (name.starts_with(part) && name.size() > part.size() && name[part.size()] == '.')
            set_value(policy, name.substr(part.size() + 1), values[i]);
    }
}

template <class Miner, class Loss, class Distance, class Make>
entry entry_of(std::string name, Miner miner, Loss loss, Distance distance, std::vector<range> ranges, Make make) {
    entry e;
    e.name = std::move(name);
    e.uniform = std::is_same_v<Miner, miners::none>;
    given_ranges given(e.name, std::move(ranges));
    given.take(miner, "miner", e.parameters);
    given.take(loss, "loss", e.parameters);
    given.take(distance, "distance", e.parameters);
    given.take(learning_rates, 1e-3, e.parameters);
    bool learns = e.uniform; // class weights
    if constexpr (requires { loss.parameter_count(); })
        learns = learns || loss.parameter_count() > 0;
    if (learns)
        given.take(objective_rates, e.uniform ? 10 : 1, e.parameters);
    given.require_none(e.name);
    e.make = [miner, loss, distance, parameters = e.parameters, make](std::span<double const> values,
                                                                      std::size_t steps) {
        auto m = miner;
        auto l = loss;
        auto d = distance;
        set_values(m, "miner", parameters, values);
        set_values(l, "loss", parameters, values);
        set_values(d, "distance", parameters, values);
        // A miner that changes as the training goes on is told how long it is.
        if constexpr (requires { m.steps = steps; })
            m.steps = steps;
        return make(m, l, d);
    };
    return e;
}

} // namespace detail

/// A miner, a loss and a distance as an entry. What is tuned of them they say themselves, and `ranges` say it better.
///
/// @throws argument_error  when a range is of nothing that there is
template <class Miner, class Loss, class Distance>
entry make_entry(std::string name, Miner miner, Loss loss, Distance distance, std::vector<range> ranges = {}) {
    return detail::entry_of(
        std::move(name), miner, loss, distance, std::move(ranges),
        [](Miner const& m, Loss const& l, Distance const& d) { return any_objective(objective(m, l, d)); });
}

/// The same with a cross-batch memory of so many embeddings.
///
/// @throws as above
template <class Miner, class Loss, class Distance>
entry make_entry_with_memory(std::string name, std::size_t size, Miner miner, Loss loss, Distance distance,
                             std::vector<range> ranges = {}) {
    return detail::entry_of(std::move(name), miner, loss, distance, std::move(ranges),
                            [size](Miner const& m, Loss const& l, Distance const& d) {
                                return any_objective(cross_batch_memory<Miner, Loss, Distance>(size, m, l, d));
                            });
}

} // namespace trine::experiments
