#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../core/identity.hpp"
#include "../core/state.hpp"
#include "result.hpp"

namespace trine {

/// A penalty on the lengths of the embeddings, mean of |‖e‖ − target|^power, to be added to a loss that does not bound
/// them. A zero embedding gets no gradient.
template <class T = float>
struct norm_penalty {
    double target = 0;
    double power = 2;

    static constexpr std::string_view name = "norm_penalty";

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("target", self.target), visit("power", self.power);
    }
    identity identity_of() const { return identity(name).with("target", target).with("power", power); }
    void start(std::size_t = 0, std::size_t = 0, std::uint64_t = 0) {}
    template <class F>
    void each_parameter(F&&) {}
    trine::state state() const { return {}; }
    void restore(trine::state const&) {}
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

} // namespace trine
