#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "objective_result.hpp"

namespace trine {

/// A penalty on the lengths of the embeddings, mean of |‖e‖ − target|^power, to be added to a loss that does not bound
/// them. A zero embedding gets no gradient.
template <class T = float>
struct norm_penalty {
    double target = 0;
    double power = 2;

    std::string name() const { return "norm penalty"; }
    objective_result operator()(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient,
                                std::uint64_t = 0, std::uint32_t = 0) const {
        detail::check_batch(e, labels, gradient);
        objective_result total;
        total.triplets = total.terms = e.rows();
        for (std::size_t i = 0; i < e.rows(); ++i) {
            double squares = 0;
            for (T v : e.row(i))
                squares += static_cast<double>(v) * static_cast<double>(v);
            double const norm = std::sqrt(squares), off = norm - target,
                         value = std::pow(std::abs(off), power) / static_cast<double>(e.rows());
            total.loss += value;
            total.active += off != 0;
            double const slope = off != 0 && norm > 0 ? power * value / off / norm : 0;
            for (std::size_t k = 0; gradient.rows() > 0 && k < e.cols(); ++k)
                gradient(i, k) = static_cast<T>(slope * static_cast<double>(e(i, k)));
        }
        return total;
    }
};

/// A weighted sum of objectives on the same batch. Counts and distances are those of the first.
template <class T, class... Objectives>
class weighted_sum {
public:
    explicit weighted_sum(std::array<double, sizeof...(Objectives)> weights, Objectives... parts)
        : weights_(weights), parts_(std::move(parts)...) {}

    std::string name() const {
        std::string text;
        std::size_t i = 0;
        each([&](auto const& part) {
            text.append(text.empty() ? "" : " + ")
                .append(std::to_string(weights_[i++]))
                .append(" × (")
                .append(part.name())
                .append(")");
        });
        return text;
    }
    void start(std::size_t classes, std::size_t dimensions, std::uint64_t seed) {
        each([&](auto& part) {
            if constexpr (requires { part.start(classes, dimensions, seed); })
                part.start(classes, dimensions, seed);
        });
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
            if constexpr (requires { part.each_parameter(f); })
                part.each_parameter([&](std::span<T> values, std::span<T const> gradients) {
                    scaled_.assign(gradients.begin(), gradients.end());
                    for (T& g : scaled_)
                        g *= static_cast<T>(weights_[i]);
                    f(values, std::span<T const>(scaled_));
                });
            ++i;
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
