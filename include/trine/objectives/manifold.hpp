#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/identity.hpp"
#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "../core/state.hpp"
#include "../distances/cosine.hpp"
#include "../distances/row_products.hpp"
#include "result.hpp"

namespace trine {

namespace detail {

// The inverse of a symmetric positive definite matrix, in its place: Cholesky's factor, then a column at a time.
inline void invert_positive(std::vector<double>& a, std::size_t n) {
    for (std::size_t j = 0; j < n; ++j) { // a column of the factor at a time
        auto const rest = [&](std::size_t i) {
            double sum = a[i * n + j];
            for (std::size_t k = 0; k < j; ++k)
                sum -= a[i * n + k] * a[j * n + k];
            return sum;
        };
        double const square = rest(j);
        require<numeric_error>(square > 0, "a matrix that has to be positive definite is not");
        a[j * n + j] = std::sqrt(square);
        parallel_blocks(n - j - 1, 32, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = j + 1 + first; i < j + 1 + last; ++i)
                a[i * n + j] = rest(i) / a[j * n + j];
        });
    }
    std::vector<double> inverse(n * n);
    parallel_blocks(n, 8, [&](std::size_t first, std::size_t last) {
        for (std::size_t c = first; c < last; ++c) {
            double* const x = inverse.data() + c * n;
            for (std::size_t i = c; i < n; ++i) {
                double sum = i == c ? 1 : 0;
                for (std::size_t k = c; k < i; ++k)
                    sum -= a[i * n + k] * x[k];
                x[i] = sum / a[i * n + i];
            }
            for (std::size_t i = n; i-- > 0;) {
                x[i] /= a[i * n + i];
                for (std::size_t k = 0; k < i; ++k)
                    x[k] -= a[i * n + k] * x[i];
            }
        }
    });
    a = std::move(inverse);
}

} // namespace detail

/// Photos and learnt proxies as nodes of a graph, on which a random walk says how alike they are: S = e^{2[cos]₊}
/// without its diagonal, S̄ = D^{−½} S D^{−½}, F = (1 − α)(I − αS̄)^{−1}.
///
/// A photo belongs to the proxy of its label modulo their number, m(i). With u_ik = F_ik − F_im(i) + margin, k being
/// the proxies, the intrinsic part is the mean over photos of ln(1 + Σ_{k≠m(i), u≥0} e^u); the context part is the same
/// on the cosines between rows of F. The gradient runs through the inverse. O((B + K)³) time and O((B + K)²) memory, in
/// double.
///
/// The paper trains an ensemble of networks with one such loss each; this is one of them.
///
/// @see N. Aziere, S. Todorovic, "Ensemble Deep Manifold Similarity Learning using Hard Proxies", CVPR 2019
template <class T = float>
class manifold {
public:
    struct settings {
        static constexpr std::string_view name = "manifold";
        std::size_t proxies = 50;          ///< K
        double intrinsic = 1, context = 1; ///< weights of the two parts
        double alpha = 0.8;                ///< share of a node's similarity that goes on to its neighbours
        double margin = 5e-4;

        template <class Self, class Visit>
        static void values(Self& self, Visit&& visit) {
            visit("proxies", self.proxies), visit("intrinsic", self.intrinsic), visit("context", self.context),
                visit("alpha", self.alpha), visit("margin", self.margin);
        }
        void check() const {
            require<argument_error>(proxies > 0, "manifold: 0 proxies, where 1 or more is needed");
            require<argument_error>(alpha > 0 && alpha < 1, "manifold: alpha ", alpha, ", which is between 0 and 1");
            require<argument_error>(intrinsic >= 0 && context >= 0, "manifold: weights ", intrinsic, " and ", context,
                                    ", of which none may be below 0");
        }
    };

    /// @throws argument_error  when a value makes no sense
    explicit manifold(settings s) : settings_(s) { check_values(settings_); }
    manifold() : manifold(settings{}) {}

    identity identity_of() const { return trine::identity_of(settings_); }
    /// Draws the proxies, of such length as has variance 1/D in each dimension.
    void start(std::size_t, std::size_t dimensions, std::uint64_t seed) {
        dimensions_ = dimensions;
        proxies_.resize(settings_.proxies * dimensions);
        gradients_.assign(proxies_.size(), T(0));
        random_stream stream(seed, purpose::initialization, 0xFFFFFFFEu);
        for (T& v : proxies_)
            v = static_cast<T>(stream.normal() / std::sqrt(static_cast<double>(dimensions)));
    }
    /// The proxies, K×D, and their gradients.
    std::span<T> parameters() { return proxies_; }
    std::span<T const> parameter_gradients() const { return gradients_; }
    template <class F>
    void each_parameter(F&& f) {
        f(std::span<T>(proxies_), std::span<T const>(gradients_));
    }
    trine::state state() const {
        trine::state all;
        all.add("proxies", proxies_);
        return all;
    }
    /// @throws format_error  when these are not as many as there are
    void restore(trine::state const& all) {
        auto const& values = all.get<T>("proxies");
        require<format_error>(values.size() == proxies_.size(), "the state has ", values.size(),
                              " scalars of proxies, not ", proxies_.size());
        proxies_ = values;
    }

    /// As `objective`; what it "chose" are the photos, and distances are those to the own and the nearest other proxy.
    ///
    /// @throws argument_error  when `start` was not called
    objective_result operator()(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient,
                                std::uint64_t = 0, std::uint32_t = 0) {
        detail::check_batch(e, labels, gradient);
        require<argument_error>(!proxies_.empty(),
                                "this loss owns proxies: call start(classes, dimensions, seed) before the first batch");
        require<shape_error>(e.cols() == dimensions_, "embeddings of ", e.cols(), " dimensions for proxies of ",
                             dimensions_);
        std::size_t const b = e.rows(), k = settings_.proxies, n = b + k, d = dimensions_;
        std::fill(gradients_.begin(), gradients_.end(), T(0));
        objective_result total;
        total.triplets = total.terms = b;
        if (b == 0)
            return total;
        own_.resize(b);
        auto const count = static_cast<label>(k);
        for (std::size_t i = 0; i < b; ++i)
            own_[i] = static_cast<std::size_t>(((labels[i] % count) + count) % count);

        std::vector<double> nodes(n * d), distances(n * n), by_nodes(n * d);
        for (std::size_t i = 0; i < b; ++i)
            std::copy(e.row(i).begin(), e.row(i).end(), nodes.begin() + static_cast<std::ptrdiff_t>(i * d));
        std::copy(proxies_.begin(), proxies_.end(), nodes.begin() + static_cast<std::ptrdiff_t>(b * d));
        matrix_view<double const> const all(nodes.data(), n, d);
        matrix_view<double> const dist(distances.data(), n, n);
        trine::distances::cosine const cosine;
        cosine.pairwise(all, dist);
        count_distances(dist, total);

        std::vector<double> s(n * n), roots(n), f(n * n), by(n * n);
        parallel_for(n, [&](std::size_t i) {
            double degree = 0;
            for (std::size_t j = 0; j < n; ++j)
                degree += s[i * n + j] = i == j ? 0 : std::exp(2 * std::max(1 - dist(i, j), 0.0));
            roots[i] = degree > 0 ? 1 / std::sqrt(degree) : 0;
        });
        parallel_for(n, [&](std::size_t i) {
            for (std::size_t j = 0; j < n; ++j)
                f[i * n + j] = (i == j ? 1 : 0) - settings_.alpha * s[i * n + j] * roots[i] * roots[j];
        });
        detail::invert_positive(f, n);
        for (double& v : f)
            v *= 1 - settings_.alpha;

        matrix_view<double const> const walk(f.data(), n, n);
        add_intrinsic(walk, by, total);
        add_context(walk, by, total);
        back_to_similarities(walk, by, s, roots);
        for (std::size_t i = 0; i < n; ++i) // to distances, in place; those at or above 1 have no slope
            for (std::size_t j = 0; j < n; ++j)
                by[i * n + j] = i != j && dist(i, j) < 1 ? -2 * s[i * n + j] * by[i * n + j] : 0;
        matrix_view<double> const out(by_nodes.data(), n, d);
        cosine.gradient(all, matrix_view<double const>(dist), matrix_view<double>(by.data(), n, n), out);
        for (std::size_t i = 0; i < gradient.rows(); ++i)
            for (std::size_t c = 0; c < d; ++c)
                gradient(i, c) = static_cast<T>(out(i, c));
        for (std::size_t i = 0; i < k * d; ++i)
            gradients_[i] = static_cast<T>(by_nodes[b * d + i]);
        return total;
    }

private:
    // Mean over photos of ln(1 + Σ_{k≠m(i), u≥0} e^u), u = a(i, k) − a(i, m(i)) + margin; add(i, k, slope) takes what
    // it changes by.
    template <class At, class Add>
    double hinge(At&& at, Add&& add) const {
        double value = 0;
        double const each = 1 / static_cast<double>(own_.size());
        for (std::size_t i = 0; i < own_.size(); ++i) {
            double sum = 0;
            auto const excess = [&](std::size_t k) { return at(i, k) - at(i, own_[i]) + settings_.margin; };
            for (std::size_t k = 0; k < settings_.proxies; ++k)
                if (k != own_[i] && excess(k) >= 0)
                    sum += std::exp(excess(k));
            value += each * std::log1p(sum);
            double pulled = 0;
            for (std::size_t k = 0; k < settings_.proxies; ++k)
                if (k != own_[i] && excess(k) >= 0) {
                    double const slope = each * std::exp(excess(k)) / (1 + sum);
                    add(i, k, slope);
                    pulled += slope;
                }
            add(i, own_[i], -pulled);
        }
        return value;
    }
    void add_intrinsic(matrix_view<double const> f, std::vector<double>& by, objective_result& total) const {
        std::size_t const b = own_.size(), n = f.rows();
        total.loss += settings_.intrinsic * hinge([&](std::size_t i, std::size_t k) { return f(i, b + k); },
                                                  [&](std::size_t i, std::size_t k, double v) {
                                                      by[i * n + b + k] += settings_.intrinsic * v;
                                                  });
    }
    void add_context(matrix_view<double const> f, std::vector<double>& by, objective_result& total) const {
        std::size_t const b = own_.size(), k = settings_.proxies, n = f.rows();
        if (settings_.context == 0)
            return;
        std::vector<double> cosines(b * k), slopes(b * k), rows(n * n), lengths(b);
        distances::row_products<true, double> products;
        products.multiply(f.slice(0, b), f.slice(b, k), matrix_view<double>(cosines.data(), b, k));
        total.loss += settings_.context * hinge([&](std::size_t i, std::size_t j) { return cosines[i * k + j]; },
                                                [&](std::size_t i, std::size_t j, double v) {
                                                    slopes[i * k + j] += settings_.context * v;
                                                });
        matrix_view<double const> const g(slopes.data(), b, k);
        products.gradient_of_left(g, lengths, matrix_view<double>(rows.data(), b, n));
        products.gradient_of_right(g, matrix_view<double>(rows.data() + b * n, k, n));
        for (std::size_t i = 0; i < n * n; ++i)
            by[i] += rows[i];
    }
    // From ∂loss/∂F to ∂loss/∂S, in place.
    void back_to_similarities(matrix_view<double const> f, std::vector<double>& by, std::vector<double> const& s,
                              std::vector<double> const& roots) const {
        std::size_t const n = f.rows();
        std::vector<double> half(n * n);
        for (std::size_t i = 0; i < n; ++i) // F and S̄ are symmetric, so only the symmetric part matters
            for (std::size_t j = 0; j <= i; ++j)
                by[i * n + j] = by[j * n + i] = (by[i * n + j] + by[j * n + i]) / 2;
        distances::row_products<false, double> products;
        matrix_view<double> const to(by.data(), n, n), between(half.data(), n, n);
        products.multiply(f, matrix_view<double const>(to), between);
        products.multiply(matrix_view<double const>(between), f, to);
        double const factor = settings_.alpha / (1 - settings_.alpha);
        parallel_for(n, [&](std::size_t i) {
            double through_degree = 0; // ∂loss/∂(degree of i)
            for (std::size_t j = 0; j < n; ++j) {
                to(i, j) *= factor;
                through_degree -= to(i, j) * s[i * n + j] * roots[j];
            }
            half[i] = through_degree * roots[i] * roots[i] * roots[i];
        });
        parallel_for(n, [&](std::size_t i) {
            for (std::size_t j = 0; j < n; ++j)
                to(i, j) = to(i, j) * roots[i] * roots[j] + half[i];
        });
    }
    void count_distances(matrix_view<double> d, objective_result& total) const {
        std::size_t const b = own_.size();
        for (std::size_t i = 0; i < b; ++i) {
            double other = 2;
            for (std::size_t k = 0; k < settings_.proxies; ++k)
                if (k != own_[i])
                    other = std::min(other, d(i, b + k));
            double const own = d(i, b + own_[i]);
            total.active += !(own < other);
            total.positive_distance += own / static_cast<double>(b);
            total.negative_distance += settings_.proxies > 1 ? other / static_cast<double>(b) : 0;
        }
    }

    settings settings_;
    std::size_t dimensions_ = 0;
    std::vector<T> proxies_, gradients_;
    std::vector<std::size_t> own_;
};

} // namespace trine
