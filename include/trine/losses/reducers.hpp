#pragma once

/// Other ways in which the terms of a loss become one number; beside `reduction`, which every loss has.

#include <array>
#include <cstddef>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "concepts.hpp"

namespace trine::losses {

/// Another loss, each of whose terms counts as much as the weight of its anchor's class says: with `reducer::mean` the
/// mean of weight·term. For losses of triplets and of pairs.
template <class Loss>
struct class_weighted : Loss {
    static constexpr std::string_view name = Loss::name;
    std::vector<double> weights{}; ///< by label, which count from 0

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        Loss::values(self, visit);
        visit("class_weights", self.weights);
    }
    void check() const {
        check_values(static_cast<Loss const&>(*this));
        for (double w : weights)
            require<argument_error>(w >= 0 && w < std::numeric_limits<double>::infinity(),
                                    "class_weighted: a weight of ", w, ", which has to be 0 or more");
    }
    /// @throws argument_error  when the label has no weight
    double weight_of(label who) const {
        require<argument_error>(who >= 0 && static_cast<std::size_t>(who) < weights.size(), "class_weighted: label ",
                                who, " where there are weights of ", weights.size(), " classes");
        return weights[static_cast<std::size_t>(who)];
    }
};

/// Another pair loss, averaged over each anchor's terms first, 0 where there are none; `reduction` is over all anchors.
/// Where positives and negatives are reduced each on their own, so they are here.
template <class Loss>
struct per_anchor : Loss {
    static_assert(
        pair_loss<Loss> && requires(Loss const& l, pair_row<float> const& r) { l.row(r); },
        "per_anchor is for losses of one anchor's pairs, each anchor by itself");
    static constexpr std::string_view name = Loss::name;
    static constexpr bool averages_anchors = true;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        Loss::values(self, visit);
        visit("per_anchor", averages_anchors);
    }

    template <class T>
    auto row(pair_row<T> const& r) const {
        auto sums = Loss::row(r);
        auto const average = [](term_sum& sum) {
            double const each = sum.terms > 0 ? 1 / sum.terms : 0;
            sum = {sum.terms > 0 ? sum.value * each : 0, 1, sum.value > 0 ? 1.0 : 0.0};
            return static_cast<T>(each);
        };
        auto const multiply = [](std::span<T> slopes, T by) {
            for (T& v : slopes)
                v *= by;
        };
        if constexpr (std::is_same_v<decltype(sums), split_sums>) {
            multiply(r.by_positives, average(sums[0]));
            multiply(r.by_negatives, average(sums[1]));
        } else {
            T const each = average(sums);
            multiply(r.by_positives, each);
            multiply(r.by_negatives, each);
        }
        return sums;
    }
};

/// Another loss, averaged over those of its terms that are above `low` and below `high`; 0 where there are none. For
/// losses of triplets, and of pairs that say they are `separable`, each pair a term of its own.
template <class Loss>
struct thresholded : Loss {
    static constexpr bool of_pairs = pair_loss<Loss>;
    static_assert(
        triplet_loss<Loss> || requires { requires Loss::separable; },
        "thresholded is for losses of triplets, and for losses of pairs each of which is a term of its own");
    static_assert(
        !requires(Loss const& l) { l.parameter_count(); }, "thresholded is not for losses that learn something");
    static constexpr std::string_view name = Loss::name;
    static constexpr reducer reduction = reducer::mean_of_active; // active are those within
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        Loss::values(self, visit);
        visit("low", self.low), visit("high", self.high);
    }
    void check() const {
        check_values(static_cast<Loss const&>(*this));
        require<argument_error>(low < high, "thresholded: terms above ", low, " and below ", high,
                                ", of which there are none");
    }

    template <class T>
    struct value_type : triplet_value<T> {
        int terms;
    };
    template <class T>
    value_type<T> operator()(T positive, T negative) const requires(!of_pairs) {
        auto const v = Loss::operator()(positive, negative);
        return is_within(static_cast<double>(v.value)) ? value_type<T>{{v.value, v.by_positive, v.by_negative}, 1}
                                                       : value_type<T>{{T(0), T(0), T(0)}, 0};
    }
    template <class T>
    split_sums row(pair_row<T> const& r) const requires of_pairs {
        split_sums sums{};
        for (std::size_t i = 0; i < r.positives.size(); ++i)
            add_pair(sums[0],
                     Loss::row(pair_row<T>{
                         r.positives.subspan(i, 1), {}, r.by_positives.subspan(i, 1), {}, r.similarity_offset}),
                     r.by_positives[i]);
        for (std::size_t i = 0; i < r.negatives.size(); ++i)
            add_pair(sums[1],
                     Loss::row(pair_row<T>{
                         {}, r.negatives.subspan(i, 1), {}, r.by_negatives.subspan(i, 1), r.similarity_offset}),
                     r.by_negatives[i]);
        return sums;
    }

private:
    // What is no number is within, so that it is seen.
    bool is_within(double v) const { return !(v <= low) && !(v >= high); }
    template <class T>
    void add_pair(term_sum& sum, split_sums const& one, T& slope) const {
        double const value = one[0].value + one[1].value;
        if (is_within(value))
            sum += {value, 1, 1};
        else
            slope = T(0);
    }
};

} // namespace trine::losses
