#pragma once

/// Penalties on the rows of a matrix: of embeddings (`penalty`), or of a loss's class weights (`losses::regularized`).

#include <algorithm>
#include <cmath>
#include <concepts>
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
#include "result.hpp"

namespace trine {

namespace regularizers {

/// A penalty on a matrix: add(rows, gradient, factor) answers its value and adds factor·∂value/∂row to the gradient,
/// which has as many rows or none.
template <class R, class T = float>
concept regularizer = policy<R> && requires(R const& r, matrix_view<T const> rows, matrix_view<T> gradient) {
    { r.add(rows, gradient, 1.0) } -> std::same_as<double>;
};

namespace detail {

// Mean over rows of each(row, slopes), where slopes are to be set to ∂/∂row, if there are any.
template <class T, class Each>
double mean_of_rows(matrix_view<T const> rows, matrix_view<T> gradient, double factor, Each&& each) {
    std::size_t const n = rows.rows();
    std::vector<double> values(n);
    parallel_blocks(n, 16, [&](std::size_t first, std::size_t last) {
        std::vector<double> slopes(rows.cols());
        for (std::size_t i = first; i < last; ++i) {
            values[i] = each(i, rows.row(i), std::span<double>(slopes));
            for (std::size_t k = 0; gradient.rows() > 0 && k < rows.cols(); ++k)
                gradient(i, k) += static_cast<T>(factor * slopes[k] / static_cast<double>(n));
        }
    });
    double sum = 0;
    for (double v : values)
        sum += v;
    return n > 0 ? sum / static_cast<double>(n) : 0;
}
template <class T>
double squared_length(std::span<T const> row) {
    double squares = 0;
    for (T v : row)
        squares += static_cast<double>(v) * static_cast<double>(v);
    return squares;
}

} // namespace detail

/// Mean of ¼ (‖x‖² − mean ‖x‖²)²: all of one length.
///
/// @see Y. Wu, H. Liu, J. Li, Y. Fu, "Deep Face Recognition with Center Invariant Loss", ACM MM Workshops 2017
struct center_invariant {
    static constexpr std::string_view name = "center_invariant";

    template <class T>
    double add(matrix_view<T const> rows, matrix_view<T> gradient, double factor) const {
        double mean = 0;
        for (std::size_t i = 0; i < rows.rows(); ++i)
            mean += detail::squared_length(rows.row(i)) / static_cast<double>(rows.rows());
        return detail::mean_of_rows(rows, gradient, factor,
                                    [&](std::size_t, std::span<T const> row, std::span<double> slopes) {
                                        double const off = detail::squared_length(row) - mean;
                                        for (std::size_t k = 0; k < row.size(); ++k)
                                            slopes[k] = off * static_cast<double>(row[k]);
                                        return off * off / 4;
                                    });
    }
};

/// Mean of |Σ_k x_k|, as of embeddings whose values have mean 0. A sum of 0 has no slope.
///
/// @see PyTorch Metric Learning's ZeroMeanRegularizer; there is no paper
struct zero_mean {
    static constexpr std::string_view name = "zero_mean";

    template <class T>
    double add(matrix_view<T const> rows, matrix_view<T> gradient, double factor) const {
        return detail::mean_of_rows(rows, gradient, factor,
                                    [&](std::size_t, std::span<T const> row, std::span<double> slopes) {
                                        double sum = 0;
                                        for (T v : row)
                                            sum += static_cast<double>(v);
                                        std::fill(slopes.begin(), slopes.end(), sum > 0 ? 1.0 : sum < 0 ? -1.0 : 0.0);
                                        return std::abs(sum);
                                    });
    }
};

/// Mean of ‖x‖_p^power. A zero row has no slope. (`norm_penalty` draws Euclidean lengths to a target.)
struct lp {
    static constexpr std::string_view name = "lp";
    double p = 2, power = 1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("p", self.p), visit("power", self.power);
    }
    void check() const {
        require<argument_error>(p >= 1, "regularizers::lp: p = ", p, " where 1 or more is needed");
        require<argument_error>(power > 0, "regularizers::lp: power ", power, ", which has to be above 0");
    }

    template <class T>
    double add(matrix_view<T const> rows, matrix_view<T> gradient, double factor) const {
        return detail::mean_of_rows(
            rows, gradient, factor, [&](std::size_t, std::span<T const> row, std::span<double> slopes) {
                double largest = 0, sum = 0;
                for (T v : row)
                    largest = std::max(largest, std::abs(static_cast<double>(v)));
                std::fill(slopes.begin(), slopes.end(), 0.0);
                if (!(largest > 0))
                    return largest;
                for (T v : row)
                    sum += std::pow(std::abs(static_cast<double>(v)) / largest, p);
                double const norm = largest * std::pow(sum, 1 / p), value = std::pow(norm, power);
                for (std::size_t k = 0; k < row.size(); ++k)
                    slopes[k] = power * value / norm * std::pow(std::abs(static_cast<double>(row[k])) / norm, p - 1) *
                                (row[k] > T(0)   ? 1
                                 : row[k] < T(0) ? -1
                                                 : 0);
                return value;
            });
    }
};

/// Mean over rows of the largest cosine to another row: class weights apart from their nearest. The slope runs through
/// that pair; of equals the first counts.
///
/// O(rows²·D) time, and memory for 64 rows' cosines.
///
/// @see K. Zhao, J. Xu, M.-M. Cheng, "RegularFace: Deep Face Recognition via Exclusive Regularization", CVPR 2019
struct regular_face {
    static constexpr std::string_view name = "regular_face";

    template <class T>
    double add(matrix_view<T const> rows, matrix_view<T> gradient, double factor) const {
        std::size_t const n = rows.rows(), d = rows.cols(), block = 64;
        if (n < 2)
            return 0;
        distances::row_products<true, T> products;
        std::vector<T> memory(std::min(block, n) * n);
        std::vector<std::size_t> nearest(n);
        std::vector<double> largest(n);
        for (std::size_t first = 0; first < n; first += block) {
            std::size_t const count = std::min(block, n - first);
            matrix_view<T> const c(memory.data(), count, n);
            products.multiply(rows.slice(first, count), rows, c);
            parallel_blocks(count, 4, [&](std::size_t from, std::size_t last) {
                for (std::size_t i = from; i < last; ++i) {
                    std::size_t best = first + i == 0 ? 1 : 0;
                    for (std::size_t j = 0; j < n; ++j)
                        if (j != first + i && c(i, j) > c(i, best))
                            best = j;
                    nearest[first + i] = best, largest[first + i] = static_cast<double>(c(i, best));
                }
            });
        }
        double sum = 0;
        for (double v : largest)
            sum += v;
        if (gradient.rows() > 0) {
            std::vector<double> lengths(n);
            for (std::size_t i = 0; i < n; ++i)
                lengths[i] = std::sqrt(detail::squared_length(rows.row(i)));
            for (std::size_t i = 0; i < n; ++i) {
                std::size_t const j = nearest[i];
                if (lengths[i] > 0 && lengths[j] > 0)
                    for (std::size_t k = 0; k < d; ++k) {
                        double const u = static_cast<double>(rows(i, k)) / lengths[i],
                                     v = static_cast<double>(rows(j, k)) / lengths[j],
                                     each = factor / static_cast<double>(n);
                        gradient(i, k) += static_cast<T>(each * (v - largest[i] * u) / lengths[i]);
                        gradient(j, k) += static_cast<T>(each * (u - largest[i] * v) / lengths[j]);
                    }
            }
        }
        return sum / static_cast<double>(n);
    }
};

/// Half the mean distance between the directions of two rows of one group, rows being in consecutive groups of
/// `centers`: a class's centres come together where it does not need them all. For losses with several centres a class.
/// Equal directions have no slope.
///
/// @see Q. Qian, L. Shang, B. Sun, J. Hu, H. Li, R. Jin, "SoftTriple Loss: Deep Metric Learning Without Triplet
/// Sampling", ICCV 2019, section 3.3
struct sparse_centers {
    static constexpr std::string_view name = "sparse_centers";
    std::size_t centers = 10;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("centers", self.centers);
    }
    void check() const {
        require<argument_error>(centers > 0, "regularizers::sparse_centers: 0 centers a class, of which it needs 1");
    }

    /// @throws shape_error  when the rows are not whole groups
    template <class T>
    double add(matrix_view<T const> rows, matrix_view<T> gradient, double factor) const {
        std::size_t const n = rows.rows(), d = rows.cols();
        require<shape_error>(n % centers == 0, "regularizers::sparse_centers: ", n, " rows in groups of ", centers);
        if (n == 0 || centers < 2)
            return 0;
        std::size_t const groups = n / centers;
        double const each = 0.5 / (static_cast<double>(groups * centers) * static_cast<double>(centers - 1) / 2);
        std::vector<double> values(groups);
        parallel_for(groups, [&](std::size_t group) {
            std::vector<double> unit(centers * d), lengths(centers);
            for (std::size_t i = 0; i < centers; ++i) {
                auto const row = rows.row(group * centers + i);
                lengths[i] = std::sqrt(detail::squared_length(row));
                for (std::size_t k = 0; k < d && lengths[i] > 0; ++k)
                    unit[i * d + k] = static_cast<double>(row[k]) / lengths[i];
            }
            for (std::size_t i = 0; i < centers; ++i)
                for (std::size_t j = i + 1; j < centers; ++j) {
                    double cosine = 0;
                    for (std::size_t k = 0; k < d; ++k)
                        cosine += unit[i * d + k] * unit[j * d + k];
                    double const distance = std::sqrt(std::max(2 - 2 * cosine, 0.0));
                    values[group] += each * distance;
                    double const slope = distance > 0 ? -factor * each / distance : 0; // by the cosine
                    for (std::size_t k = 0; gradient.rows() > 0 && slope != 0 && k < d; ++k) {
                        double const u = unit[i * d + k], v = unit[j * d + k];
                        if (lengths[i] > 0)
                            gradient(group * centers + i, k) += static_cast<T>(slope * (v - cosine * u) / lengths[i]);
                        if (lengths[j] > 0)
                            gradient(group * centers + j, k) += static_cast<T>(slope * (u - cosine * v) / lengths[j]);
                    }
                }
        });
        double sum = 0;
        for (double v : values)
            sum += v;
        return sum;
    }
};

} // namespace regularizers

/// A penalty on the batch's embeddings, to be added to a loss: `sum_of({1, 0.1}, objective(…),
/// penalty<regularizers::center_invariant>{})`.
template <class Regularizer, class T = float>
struct penalty {
    static_assert(regularizers::regularizer<Regularizer, T>,
                  "this is not a regularizer: it needs a name, values where it has members, and add(rows, gradient, "
                  "factor)");
    Regularizer regularizer{};

    identity identity_of() const { return identity("penalty").with("regularizer", regularizer); }
    void start(std::size_t = 0, std::size_t = 0, std::uint64_t = 0) {}
    template <class F>
    void each_parameter(F&&) {}
    trine::state state() const { return {}; }
    void restore(trine::state const&) {}
    objective_result operator()(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient,
                                std::uint64_t = 0, std::uint32_t = 0) const {
        check_values(regularizer);
        trine::detail::check_batch(e, labels, gradient);
        for (std::size_t i = 0; i < gradient.rows(); ++i)
            std::fill(gradient.row(i).begin(), gradient.row(i).end(), T(0));
        objective_result total;
        total.triplets = total.terms = total.active = e.rows();
        total.loss = regularizer.add(e, gradient, 1.0);
        return total;
    }
};

} // namespace trine
