#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "projection.hpp"

namespace trine::evaluation {

namespace detail {

// Eigenvectors of a symmetric matrix, largest eigenvalue first, by Jacobi's rotations: exact enough for any map, and
// fast enough for embeddings of some hundred values. Not by LAPACK's `eigh`, whose bits depend on the number of threads
// and on which LAPACK is linked, and which would be the library's only use of it.
inline std::vector<std::vector<double>> eigenvectors(std::vector<double> a, std::size_t n) {
    std::vector<double> v(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i)
        v[i * n + i] = 1;
    for (int sweep = 0; sweep < 60; ++sweep) {
        double off = 0, all = 0;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                all += a[i * n + j] * a[i * n + j], off += i == j ? 0 : a[i * n + j] * a[i * n + j];
        if (off <= 1e-24 * all)
            break;
        for (std::size_t p = 0; p + 1 < n; ++p)
            for (std::size_t q = p + 1; q < n; ++q) {
                double const pq = a[p * n + q];
                if (pq == 0)
                    continue;
                double const theta = (a[q * n + q] - a[p * n + p]) / (2 * pq);
                double const t = std::copysign(1.0, theta) / (std::abs(theta) + std::sqrt(theta * theta + 1)),
                             c = 1 / std::sqrt(t * t + 1), s = t * c;
                for (std::size_t k = 0; k < n; ++k) {
                    double const x = a[k * n + p], y = a[k * n + q];
                    a[k * n + p] = c * x - s * y, a[k * n + q] = s * x + c * y;
                }
                for (std::size_t k = 0; k < n; ++k) {
                    double const x = a[p * n + k], y = a[q * n + k];
                    a[p * n + k] = c * x - s * y, a[q * n + k] = s * x + c * y;
                }
                for (std::size_t k = 0; k < n; ++k) {
                    double const x = v[p * n + k], y = v[q * n + k];
                    v[p * n + k] = c * x - s * y, v[q * n + k] = s * x + c * y;
                }
            }
    }
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i)
        order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return a[i * n + i] > a[j * n + j]; });
    std::vector<std::vector<double>> sorted;
    sorted.reserve(n);
    for (std::size_t i : order)
        sorted.emplace_back(v.begin() + static_cast<std::ptrdiff_t>(i * n),
                            v.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
    return sorted;
}

template <class T>
void check_points(matrix_view<T const> points) {
    require<data_error>(points.rows() > 0 && points.cols() > 0, "a map needs points: there are ", points.rows(), " of ",
                        points.cols(), " values");
    require_finite(points, "point");
}

} // namespace detail

template <class T>
void principal_plane::fit(matrix_view<T const> points) {
    detail::check_points(points);
    std::size_t const n = points.rows(), d = points.cols();
    mean_.assign(d, 0.0);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k)
            mean_[k] += static_cast<double>(points(i, k)) / static_cast<double>(n);
    std::vector<double> off(n * d);
    double all = 0, seen = 0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k) {
            off[i * d + k] = static_cast<double>(points(i, k)) - mean_[k];
            all += off[i * d + k] * off[i * d + k];
        }
    // Of XᵀX, or where points are fewer than values, of XXᵀ, which has the same eigenvalues and is smaller.
    bool const few = n < d;
    std::size_t const side = few ? n : d, other = few ? d : n;
    std::vector<double> products(side * side, 0.0);
    auto const at = [&](std::size_t k, std::size_t i) { return few ? off[k * d + i] : off[i * d + k]; };
    parallel_for(side, [&](std::size_t k) {
        for (std::size_t i = 0; i < other; ++i)
            for (std::size_t l = 0; l < side; ++l)
                products[k * side + l] += at(k, i) * at(l, i);
    });
    axes_ = detail::eigenvectors(std::move(products), side);
    axes_.resize(std::min<std::size_t>(2, side));
    if (few)
        for (auto& axis : axes_) {
            std::vector<double> own(d, 0.0);
            double squares = 0;
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t k = 0; k < d; ++k)
                    own[k] += axis[i] * off[i * d + k];
            for (double w : own)
                squares += w * w;
            // Points that lie on a line have no second axis.
            double const each = squares > 1e-20 * all ? 1 / std::sqrt(squares) : 0;
            for (double& w : own)
                w *= each;
            axis = std::move(own);
        }
    for (auto& axis : axes_) {
        auto const largest =
            *std::max_element(axis.begin(), axis.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
        for (auto& w : axis)
            w = largest < 0 ? -w : w;
    }
    for (auto const& p : places(points))
        seen += p[0] * p[0] + p[1] * p[1];
    share_ = all > 0 ? seen / all : 1;
}

TRINE_INLINE principal_plane::principal_plane(matrix_view<float const> points) { fit(points); }
TRINE_INLINE principal_plane::principal_plane(matrix_view<double const> points) { fit(points); }

template <class T>
std::vector<map_point> principal_plane::places_of(matrix_view<T const> points) const {
    detail::check_points(points);
    require<shape_error>(points.cols() == mean_.size(), "points of ", points.cols(), " values for a plane among ",
                         mean_.size());
    std::vector<map_point> at(points.rows(), map_point{0, 0});
    for (std::size_t a = 0; a < axes_.size(); ++a)
        for (std::size_t i = 0; i < points.rows(); ++i)
            for (std::size_t k = 0; k < mean_.size(); ++k)
                at[i][a] += axes_[a][k] * (static_cast<double>(points(i, k)) - mean_[k]);
    return at;
}

TRINE_INLINE std::vector<map_point> principal_plane::places(matrix_view<float const> points) const {
    return places_of(points);
}
TRINE_INLINE std::vector<map_point> principal_plane::places(matrix_view<double const> points) const {
    return places_of(points);
}

TRINE_INLINE std::vector<map_point> principal_components(matrix_view<float const> points) {
    return principal_plane(points).places(points);
}
TRINE_INLINE std::vector<map_point> principal_components(matrix_view<double const> points) {
    return principal_plane(points).places(points);
}

namespace detail {

template <class T>
std::vector<map_point> tsne_of(matrix_view<T const> points, tsne_options const& options) {
    auto places = principal_components(points);
    require<argument_error>(options.perplexity >= 1 && options.steps > 0, "t-SNE with perplexity ", options.perplexity,
                            " and ", options.steps, " steps: both have to be at least 1");
    std::size_t const n = points.rows(), d = points.cols();
    if (n < 3)
        return places;
    double const perplexity = std::min(options.perplexity, static_cast<double>(n - 1) / 3),
                 target = std::log(std::max(perplexity, 1.0));
    // How near points are: for each a Gaussian as wide as its neighbours ask for; then both ways, and 1 in all.
    std::vector<double> near(n * n);
    parallel_for(n, [&](std::size_t i) {
        double* const row = near.data() + i * n;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t j = 0; j < n; ++j) {
            double s = 0;
            for (std::size_t k = 0; k < d; ++k) {
                double const x = static_cast<double>(points(i, k)) - static_cast<double>(points(j, k));
                s += x * x;
            }
            row[j] = s;
            if (j != i)
                least = std::min(least, s);
        }
        std::vector<double> weights(n);
        double low = 0, high = std::numeric_limits<double>::infinity(), precision = 1, sum = 1;
        for (int turn = 0; turn < 100; ++turn) {
            double spread = 0;
            sum = 0;
            for (std::size_t j = 0; j < n; ++j) {
                weights[j] = j == i ? 0 : std::exp(-precision * (row[j] - least));
                sum += weights[j], spread += weights[j] * (row[j] - least);
            }
            double const entropy = std::log(sum) + precision * spread / sum;
            if (std::abs(entropy - target) < 1e-6)
                break;
            (entropy > target ? low : high) = precision;
            precision = std::isinf(high) ? 2 * precision : (low + high) / 2;
        }
        for (std::size_t j = 0; j < n; ++j)
            row[j] = weights[j] / sum;
    });
    std::vector<double> joint(n * n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            joint[i * n + j] = (near[i * n + j] + near[j * n + i]) / (2 * static_cast<double>(n));
    // Small at first, so that groups can pass through each other. Equal points would stay together for ever, so all are
    // moved a little.
    double spread = 0;
    for (auto const& p : places)
        spread = std::max({spread, std::abs(p[0]), std::abs(p[1])});
    random_stream random(1, purpose::user);
    for (auto& p : places)
        for (double& x : p)
            x = (spread > 0 ? 1e-2 * x / spread : 0) + 1e-5 * random.uniform(-1, 1);
    std::vector<map_point> velocity(n, map_point{0, 0}), gain(n, map_point{1, 1}), force(n);
    std::vector<double> sums(n);
    double const rate = std::max(static_cast<double>(n) / options.exaggeration, 10.0);
    for (std::size_t step = 0; step < options.steps; ++step) {
        bool const early = step < options.steps / 4;
        parallel_for(n, [&](std::size_t i) {
            double s = 0;
            for (std::size_t j = 0; j < n; ++j) {
                double const x = places[i][0] - places[j][0], y = places[i][1] - places[j][1];
                s += j == i ? 0 : 1 / (1 + x * x + y * y);
            }
            sums[i] = s;
        });
        double total = 0;
        for (double s : sums)
            total += s;
        parallel_for(n, [&](std::size_t i) {
            map_point f{0, 0};
            double const* const p = joint.data() + i * n;
            for (std::size_t j = 0; j < n; ++j) {
                double const x = places[i][0] - places[j][0], y = places[i][1] - places[j][1],
                             w = 1 / (1 + x * x + y * y);
                double const pull = ((early ? options.exaggeration : 1.0) * p[j] - w / total) * w;
                f[0] += pull * x, f[1] += pull * y;
            }
            force[i] = f;
        });
        double const momentum = early ? 0.5 : 0.8;
        map_point middle{0, 0};
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t a = 0; a < 2; ++a) {
                gain[i][a] =
                    (force[i][a] > 0) == (velocity[i][a] > 0) ? std::max(0.8 * gain[i][a], 0.01) : gain[i][a] + 0.2;
                velocity[i][a] = momentum * velocity[i][a] - rate * 4 * gain[i][a] * force[i][a];
                places[i][a] += velocity[i][a];
                middle[a] += places[i][a] / static_cast<double>(n);
            }
        for (auto& p : places)
            p[0] -= middle[0], p[1] -= middle[1];
    }
    return places;
}

} // namespace detail

TRINE_INLINE std::vector<map_point> tsne(matrix_view<float const> points, tsne_options const& options) {
    return detail::tsne_of(points, options);
}
TRINE_INLINE std::vector<map_point> tsne(matrix_view<double const> points, tsne_options const& options) {
    return detail::tsne_of(points, options);
}

} // namespace trine::evaluation
