#pragma once

#include <cmath>
#include <string_view>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../kernels/pairwise.hpp"

namespace trine::distances {

namespace detail {

// out_i = Σ_j g_ij s(q_i, r_j), where s, the slope along every component, is a function of the difference and the
// distance; with `Both`, q = r and the other side's −Σ_j g_ji s(q_j, q_i) is added. O(B²D) operations that no matrix
// product does.
template <bool Both, class T, class Slope>
void component_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const> d, matrix_view<T const> g,
                        matrix_view<T> out, Slope&& slope) {
    parallel_blocks(q.rows(), 4, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            std::fill_n(out.row(i).data(), q.cols(), T(0));
            for (std::size_t j = 0; j < r.rows(); ++j) {
                if (Both && i == j)
                    continue;
                // The slope is odd and these distances are symmetric.
                T const weight = Both ? g(i, j) + g(j, i) : g(i, j);
                if (weight == T(0) || d(i, j) == T(0))
                    continue;
                for (std::size_t k = 0; k < q.cols(); ++k)
                    out(i, k) += weight * slope(q(i, k) - r(j, k), d(i, j));
            }
        }
    });
}

} // namespace detail

/// d(x, y) = Σ |x − y|. Its gradient along a component in which both agree is taken as 0.
struct manhattan {
    static constexpr std::string_view name = "manhattan";

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const {
        kernels::pairwise<kernels::add_absolute_difference>(e, e, out);
    }
    template <class T>
    void cross(matrix_view<T const> queries, matrix_view<T const> references, matrix_view<T> out) const {
        kernels::pairwise<kernels::add_absolute_difference>(queries, references, out);
    }
    template <class T>
    void gradient(matrix_view<T const> e, matrix_view<T const> d, matrix_view<T> g, matrix_view<T> out) const {
        detail::component_gradient<true, T>(e, e, d, g, out, sign<T>);
    }
    template <class T>
    void cross_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const> d, matrix_view<T> g,
                        matrix_view<T> out) const {
        detail::component_gradient<false, T>(q, r, d, g, out, sign<T>);
    }

private:
    template <class T>
    static T sign(T difference, T) {
        return static_cast<T>((difference > T(0)) - (difference < T(0)));
    }
};

/// d(x, y) = (Σ |x − y|ᵖ)^{1/p} with p ≥ 1. For p = 1 and 2, `manhattan` and `euclidean` are faster.
struct lp {
    static constexpr std::string_view name = "lp";
    double p = 2;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("p", self.p);
    }

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const {
        cross(e, e, out);
    }
    /// @throws argument_error  when p is below 1
    template <class T>
    void cross(matrix_view<T const> queries, matrix_view<T const> references, matrix_view<T> out) const {
        require<argument_error>(p >= 1 && std::isfinite(p), "distances::lp: p = ", p, " where 1 or more is needed");
        T const power = static_cast<T>(p);
        parallel_blocks(queries.rows(), 4, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                for (std::size_t j = 0; j < references.rows(); ++j) {
                    // Relative to the largest difference, so that no power over- or underflows.
                    T largest = 0, sum = 0;
                    for (std::size_t k = 0; k < queries.cols(); ++k)
                        largest = std::max(largest, std::abs(queries(i, k) - references(j, k)));
                    for (std::size_t k = 0; k < queries.cols() && largest > T(0); ++k)
                        sum += std::pow(std::abs(queries(i, k) - references(j, k)) / largest, power);
                    out(i, j) = largest * std::pow(sum, 1 / power);
                }
        });
    }
    template <class T>
    void gradient(matrix_view<T const> e, matrix_view<T const> d, matrix_view<T> g, matrix_view<T> out) const {
        detail::component_gradient<true, T>(e, e, d, g, out, slope<T>());
    }
    template <class T>
    void cross_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const> d, matrix_view<T> g,
                        matrix_view<T> out) const {
        detail::component_gradient<false, T>(q, r, d, g, out, slope<T>());
    }

private:
    template <class T>
    auto slope() const {
        return [power = static_cast<T>(p - 1)](T difference, T distance) {
            return std::copysign(std::pow(std::abs(difference) / distance, power), difference);
        };
    }
};

} // namespace trine::distances
