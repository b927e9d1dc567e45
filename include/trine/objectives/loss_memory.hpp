#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/state.hpp"

namespace trine::detail {

/// What a loss remembers from batch to batch, such as a running mean.
template <class Loss>
class loss_memory {
public:
    static constexpr bool remembers = requires(Loss const& loss) { loss.initial_memory(std::size_t{}); };

    /// Puts all back to where it begins.
    void start(Loss const& loss, std::size_t classes) {
        if constexpr (remembers)
            values_ = loss.initial_memory(classes);
    }
    std::span<double> values() { return values_; }
    void add_to(trine::state& all) const {
        if (!values_.empty())
            all.add("memory", values_);
    }
    /// @throws format_error  when there are not as many numbers as the loss remembers, or one is not finite
    void restore(trine::state const& all) {
        if (values_.empty())
            return;
        auto const& values = all.get<double>("memory");
        require<format_error>(values.size() == values_.size(), "the state remembers ", values.size(),
                              " numbers of a loss that remembers ", values_.size());
        for (double v : values)
            require<format_error>(std::isfinite(v), "the state remembers ", v, ", which no loss does");
        values_ = values;
    }

private:
    std::vector<double> values_;
};

} // namespace trine::detail
