#pragma once

/// What losses over classes are made of: a softmax over logits that follow from cosines, and the ways in which margins
/// change them.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "../core/parallel.hpp"
#include "concepts.hpp"
#include "log_sum_exp.hpp"

namespace trine::losses::detail {

// What a margin turns the cosine of the true class into, and how that changes with the cosine and with the embedding's
// length.
template <class T>
struct target_logit {
    T value, by_cosine, by_norm = T(0);
};

// Mean of −ln softmax of the true class. Logits are scale·cosine (times the embedding's length, where `by_length`), the
// true class's is target(row, cosine).
template <class T, class Target>
double softmax_over_classes(proxy_view<T> const& v, T scale, bool by_length, Target&& target) {
    std::size_t const rows = v.classes.size();
    std::vector<double> values(rows);
    T const each = T(1) / static_cast<T>(rows);
    parallel_blocks(rows, 4, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            T const factor = by_length ? scale * v.norms[i] : scale;
            std::size_t const own = v.classes[i];
            auto const chosen = target(i, v.similarities(i, own));
            auto const at = [&](std::size_t j) { return j == own ? chosen.value : factor * v.similarities(i, j); };
            T const all = log_sum_exp<T>(v.class_count, false, at);
            values[i] = static_cast<double>(all - chosen.value);
            T by_norm = 0;
            for (std::size_t j = 0; j < v.class_count; ++j) {
                T const by_logit = (std::exp(at(j) - all) - (j == own ? T(1) : T(0))) * each;
                v.by_similarities(i, j) = by_logit * (j == own ? chosen.by_cosine : factor);
                if (by_length)
                    by_norm += by_logit * (j == own ? chosen.by_norm : scale * v.similarities(i, j));
            }
            v.by_norms[i] = by_norm;
        }
    });
    double sum = 0;
    for (double value : values)
        sum += value;
    return rows > 0 ? sum / static_cast<double>(rows) : 0;
}

// The same where logits of other classes change with a margin too: logit(row, class, cosine) answers any, and slopes
// along the length count. Logits are kept where the slopes go.
template <class T, class Logit>
double softmax_of_logits(proxy_view<T> const& v, Logit&& logit, std::vector<double>& values) {
    std::size_t const rows = v.classes.size();
    values.assign(rows, 0);
    T const each = T(1) / static_cast<T>(rows);
    parallel_blocks(rows, 4, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
            std::size_t const own = v.classes[i];
            auto const kept = v.by_similarities.row(i);
            for (std::size_t j = 0; j < v.class_count; ++j)
                kept[j] = logit(i, j, v.similarities(i, j)).value;
            T const all = log_sum_exp<T>(v.class_count, false, [&](std::size_t j) { return kept[j]; });
            values[i] = static_cast<double>(all - kept[own]);
            T by_norm = 0;
            for (std::size_t j = 0; j < v.class_count; ++j) {
                T const by_logit = (std::exp(kept[j] - all) - (j == own ? T(1) : T(0))) * each;
                target_logit<T> const l = logit(i, j, v.similarities(i, j));
                kept[j] = by_logit * l.by_cosine;
                by_norm += by_logit * l.by_norm;
            }
            v.by_norms[i] = by_norm;
        }
    });
    double sum = 0;
    for (double value : values)
        sum += value;
    return rows > 0 ? sum / static_cast<double>(rows) : 0;
}
template <class T, class Logit>
double softmax_of_logits(proxy_view<T> const& v, Logit&& logit) {
    std::vector<double> values;
    return softmax_of_logits(v, logit, values);
}

// A cosine a few roundings away from ±1, where the angle's slope is infinite, and its sine.
template <class T>
struct bounded_angle {
    explicit bounded_angle(T c)
        : cosine(std::clamp(c, 4 * std::numeric_limits<T>::epsilon() - 1, 1 - 4 * std::numeric_limits<T>::epsilon())),
          sine(std::sqrt(1 - cosine * cosine)) {}
    T cosine, sine;
};

// cos(θ + a), and how it changes with cos θ and with a.
template <class T>
struct turned_cosine {
    T value, by_cosine, by_angle;
};
template <class T>
turned_cosine<T> turn(T cosine, T angle) {
    bounded_angle<T> const x(cosine);
    T const c = std::cos(angle), s = std::sin(angle);
    return {x.cosine * c - x.sine * s, c + x.cosine / x.sine * s, -(x.cosine * s + x.sine * c)};
}

// ψ(θ) = (−1)ᵏ cos(mθ) − 2k on [kπ/m, (k+1)π/m], and how it changes with cos θ.
template <class T>
std::pair<T, T> multiplied_angle(T cosine, T m) {
    bounded_angle<T> const x(cosine);
    T const angle = std::acos(x.cosine), k = std::floor(m * angle / std::numbers::pi_v<T>),
            sign = std::fmod(k, T(2)) == T(0) ? T(1) : T(-1);
    return {sign * std::cos(m * angle) - 2 * k, sign * m * std::sin(m * angle) / x.sine};
}

} // namespace trine::losses::detail
