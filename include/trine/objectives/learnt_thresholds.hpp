#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/label.hpp"
#include "../core/state.hpp"
#include "anchor_lists.hpp"

namespace trine::detail {

/// What a triplet loss learns itself: one threshold for all, or one for each person.
template <class Loss, class T>
class learnt_thresholds {
public:
    static constexpr bool can_learn = requires(Loss const& loss) { loss.parameter_count(); };

    /// Puts all back to where they begin.
    void start(Loss const& loss) {
        if constexpr (can_learn) {
            values_.assign(loss.parameter_count(), static_cast<T>(loss.initial_parameter()));
            gradients_.assign(values_.size(), T(0));
        }
    }
    /// @throws argument_error  when a label has no threshold
    void check(std::span<label const> labels) const {
        for (label l : labels)
            require<argument_error>(values_.size() <= 1 || (l >= 0 && static_cast<std::size_t>(l) < values_.size()),
                                    "label ", l, " where the loss learns thresholds of ", values_.size(), " people");
    }
    /// Calls f with the loss as it is for an anchor of this label.
    template <class F>
    void with_loss(Loss const& loss, label who, F&& f) const {
        if constexpr (can_learn) {
            if (!values_.empty()) {
                f(loss.bind(static_cast<double>(values_[place(who)])));
                return;
            }
        }
        f(loss);
    }
    void take_gradients(std::span<anchor_sums const> rows, std::span<label const> labels, double scale) {
        std::fill(gradients_.begin(), gradients_.end(), T(0));
        if (!values_.empty())
            for (std::size_t a = 0; a < rows.size(); ++a)
                gradients_[place(labels[a])] += static_cast<T>(scale * rows[a].by_parameter);
    }
    template <class F>
    void each_parameter(F&& f) {
        if (!values_.empty())
            f(std::span<T>(values_), std::span<T const>(gradients_));
    }
    trine::state state() const {
        trine::state all;
        if (!values_.empty())
            all.add("thresholds", values_);
        return all;
    }
    /// @throws format_error  when these are not as many as the loss learns
    void restore(trine::state const& all) {
        if (values_.empty())
            return;
        auto const& values = all.get<T>("thresholds");
        require<format_error>(values.size() == values_.size(), "the state has ", values.size(),
                              " thresholds of a loss that learns ", values_.size());
        values_ = values;
    }

private:
    std::size_t place(label who) const { return values_.size() <= 1 ? 0 : static_cast<std::size_t>(who); }

    std::vector<T> values_, gradients_;
};

} // namespace trine::detail
