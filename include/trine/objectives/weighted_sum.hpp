#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../core/identity.hpp"
#include "../core/state.hpp"
#include "result.hpp"

namespace trine {

/// A weighted sum of objectives on the same batch. Counts and distances are those of the first.
template <class T, class... Objectives>
class weighted_sum {
public:
    explicit weighted_sum(std::array<double, sizeof...(Objectives)> weights, Objectives... parts)
        : weights_(weights), parts_(std::move(parts)...) {}

    identity identity_of() const {
        identity all("sum");
        each([&, i = std::size_t{0}](auto const& part) mutable {
            all.with("weight_" + std::to_string(i), weights_[i])
                .with("objective_" + std::to_string(i), part.identity_of());
            ++i;
        });
        return all;
    }
    void start(std::size_t classes, std::size_t dimensions, std::uint64_t seed) {
        each([&](auto& part) { part.start(classes, dimensions, seed); });
    }
    objective_result operator()(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient,
                                std::uint64_t seed = 0, std::uint32_t step = 0) {
        detail::check_batch(e, labels, gradient);
        objective_result total;
        std::size_t i = 0;
        own_.resize(gradient.rows() * e.cols());
        for (std::size_t r = 0; r < gradient.rows(); ++r)
            std::fill(gradient.row(r).begin(), gradient.row(r).end(), T(0));
        each([&](auto& part) {
            matrix_view<T> const own(own_.data(), gradient.rows(), gradient.rows() > 0 ? e.cols() : 0);
            auto const result = part(e, labels, own, seed, step);
            double const loss = total.loss + weights_[i] * result.loss;
            if (i == 0)
                total = result;
            total.loss = loss;
            for (std::size_t r = 0; r < gradient.rows(); ++r)
                for (std::size_t c = 0; c < e.cols(); ++c)
                    gradient(r, c) += static_cast<T>(weights_[i]) * own(r, c);
            ++i;
        });
        return total;
    }
    /// Gradients of what the parts learn are theirs alone: the optimiser is to scale them by the part's weight, which
    /// is done here.
    template <class F>
    void each_parameter(F&& f) {
        std::size_t i = 0;
        each([&](auto& part) {
            part.each_parameter([&](std::span<T> values, std::span<T const> gradients) {
                if (weights_[i] == 1)
                    return static_cast<void>(f(values, gradients));
                scaled_.assign(gradients.begin(), gradients.end());
                for (T& g : scaled_)
                    g *= static_cast<T>(weights_[i]);
                f(values, std::span<T const>(scaled_));
            });
            ++i;
        });
    }
    /// What the parts learn and remember.
    trine::state state() const {
        trine::state all;
        each([&, i = std::size_t{0}](auto const& part) mutable {
            all.add("objective_" + std::to_string(i++), part.state());
        });
        return all;
    }
    /// @throws format_error  when this is not the state of such a sum
    void restore(trine::state const& all) {
        each([&, i = std::size_t{0}](auto& part) mutable {
            part.restore(all.part("objective_" + std::to_string(i++)));
        });
    }

private:
    template <class F>
    void each(F&& f) {
        std::apply([&](auto&... part) { (f(part), ...); }, parts_);
    }
    template <class F>
    void each(F&& f) const {
        std::apply([&](auto const&... part) { (f(part), ...); }, parts_);
    }

    std::array<double, sizeof...(Objectives)> weights_;
    std::tuple<Objectives...> parts_;
    std::vector<T> own_, scaled_;
};

/// `sum_of({1, 0.1}, first, second)`, in float.
template <class... Objectives>
weighted_sum<float, Objectives...> sum_of(std::array<double, sizeof...(Objectives)> weights, Objectives... parts) {
    return weighted_sum<float, Objectives...>(weights, std::move(parts)...);
}

} // namespace trine
