#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/identity.hpp"
#include "../core/parallel.hpp"
#include "../core/state.hpp"
#include "../distances/row_products.hpp"
#include "people_index.hpp"
#include "result.hpp"

namespace trine {

/// Two views of the same things should be equal, while every dimension varies and no two vary together: λ·mean (x −
/// x')² + µ·mean over dimensions of ½[1 − √(var + ε)]₊ of both views + ν·Σ_{k≠l} cov²_kl / D of both. There are no
/// negatives.
///
/// A person's first and second photo in the batch are two views, so are the third and fourth, and so on; one that is
/// left over is left out. Variances and covariances have the divisor N − 1, N being the number of views of each side,
/// and are left out where N is 1. For embeddings of free length: end the backbone without `nn::l2_normalize`. O(N·D +
/// D²) memory.
///
/// @see A. Bardes, J. Ponce, Y. LeCun, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised
/// Learning", ICLR 2022
template <class T = float>
struct vicreg {
    static constexpr std::string_view name = "vicreg";
    double invariance = 25, variance = 25, covariance = 1; ///< λ, µ, ν
    double epsilon = 1e-4;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("invariance", self.invariance), visit("variance", self.variance), visit("covariance", self.covariance),
            visit("epsilon", self.epsilon);
    }
    /// @throws argument_error  for weights or an epsilon below 0
    void check() const {
        require<argument_error>(invariance >= 0 && variance >= 0 && covariance >= 0, "vicreg: weights ", invariance,
                                ", ", variance, ", ", covariance, ", of which none may be below 0");
        require<argument_error>(epsilon > 0, "vicreg: epsilon ", epsilon, ", which has to be above 0");
    }
    identity identity_of() const {
        identity self(name);
        values(*this, [&](std::string_view key, double value) { self.with(key, value); });
        return self;
    }
    void start(std::size_t = 0, std::size_t = 0, std::uint64_t = 0) {}
    template <class F>
    void each_parameter(F&&) {}
    trine::state state() const { return {}; }
    void restore(trine::state const&) {}

    /// As `objective`; what it "chose" are the pairs of views.
    objective_result operator()(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient,
                                std::uint64_t = 0, std::uint32_t = 0) const {
        check();
        detail::check_batch(e, labels, gradient);
        detail::people_index people;
        people.build(labels);
        std::vector<std::size_t> sides[2];
        for (std::size_t who = 0; who < people.people(); ++who) {
            auto const members = people.members(who);
            for (std::size_t i = 0; i + 1 < members.size(); i += 2)
                sides[0].push_back(members[i]), sides[1].push_back(members[i + 1]);
        }
        for (std::size_t i = 0; i < gradient.rows(); ++i)
            std::fill(gradient.row(i).begin(), gradient.row(i).end(), T(0));
        std::size_t const n = sides[0].size(), d = e.cols();
        objective_result total;
        total.triplets = total.terms = total.active = n;
        if (n == 0 || d == 0)
            return total;
        bool const wanted = gradient.rows() > 0;
        double squares = 0;
        for (std::size_t i = 0; i < n; ++i) {
            double own = 0;
            for (std::size_t k = 0; k < d; ++k) {
                T const off = e(sides[0][i], k) - e(sides[1][i], k);
                own += static_cast<double>(off) * static_cast<double>(off);
                if (wanted) {
                    T const by = static_cast<T>(2 * invariance / static_cast<double>(n * d)) * off;
                    gradient(sides[0][i], k) += by;
                    gradient(sides[1][i], k) -= by;
                }
            }
            squares += own;
            total.positive_distance += std::sqrt(own) / static_cast<double>(n);
        }
        total.loss = invariance * squares / static_cast<double>(n * d);
        for (auto const& side : sides)
            if (n > 1)
                total.loss += spread(e, side, gradient);
        return total;
    }

private:
    // The terms of one view: its variances and covariances.
    double spread(matrix_view<T const> e, std::vector<std::size_t> const& side, matrix_view<T> gradient) const {
        std::size_t const n = side.size(), d = e.cols();
        std::vector<T> rows(n * d), columns(d * n), products(d * d);
        for (std::size_t k = 0; k < d; ++k) {
            double mean = 0;
            for (std::size_t i : side)
                mean += static_cast<double>(e(i, k));
            mean /= static_cast<double>(n);
            for (std::size_t i = 0; i < n; ++i)
                rows[i * d + k] = columns[k * n + i] = static_cast<T>(static_cast<double>(e(side[i], k)) - mean);
        }
        matrix_view<T const> const by_row(rows.data(), n, d), by_column(columns.data(), d, n);
        matrix_view<T> const c(products.data(), d, d);
        distances::row_products<false, T> product;
        product.multiply(by_column, by_column, c);
        // ∂loss/∂c in c's place, row by row; its value's parts are added in order.
        double const divisor = static_cast<double>(n - 1);
        std::vector<double> parts(d);
        parallel_blocks(d, 8, [&](std::size_t first, std::size_t last) {
            for (std::size_t k = first; k < last; ++k)
                for (std::size_t l = 0; l < d; ++l) {
                    double const v = static_cast<double>(c(k, l)) / divisor;
                    double slope = 2 * covariance * v / static_cast<double>(d);
                    if (k == l) {
                        double const deviation = std::sqrt(v + epsilon), missing = std::max(1 - deviation, 0.0);
                        parts[k] += variance * missing / (2 * static_cast<double>(d));
                        slope = missing > 0 ? -variance / (4 * static_cast<double>(d) * deviation) : 0;
                    } else
                        parts[k] += covariance * v * v / static_cast<double>(d);
                    c(k, l) = static_cast<T>(slope * 2 / divisor);
                }
        });
        if (gradient.rows() > 0) {
            // Rows are less their mean already, and so is what comes back to them.
            matrix_view<T> const back(columns.data(), n, d);
            product.multiply(by_row, matrix_view<T const>(c), back); // c is symmetric
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t k = 0; k < d; ++k)
                    gradient(side[i], k) += back(i, k);
        }
        double sum = 0;
        for (double part : parts)
            sum += part;
        return sum;
    }
};

} // namespace trine
