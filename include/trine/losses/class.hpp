#pragma once

/// Losses whose terms take in distances from several photos of a person; only with `miners::all`.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string_view>

#include "../core/tunable.hpp"
#include "concepts.hpp"
#include "log_sum_exp.hpp"

namespace trine::losses {

/// For every ordered pair of a person's photos ½ [ln(Σ_{n∈N(i)} e^{α−d(i,n)} + Σ_{n∈N(j)} e^{α−d(j,n)}) + d(i,j)]₊².
/// For Euclidean distances of unit vectors.
///
/// @see H. O. Song, Y. Xiang, S. Jegelka, S. Savarese, "Deep Metric Learning via Lifted Structured Feature Embedding",
/// CVPR 2016
struct lifted_structure {
    static constexpr std::string_view name = "lifted_structure";
    static constexpr std::array tunables{tunable{"positive_margin", 0, 0.5}, tunable{"negative_margin", 0.3, 1.4}};
    double positive_margin = 0, negative_margin = 1; ///< the latter is α
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("positive_margin", self.positive_margin), visit("negative_margin", self.negative_margin),
            visit("reduction", self.reduction);
    }

    template <class T>
    term_sum of_class(class_view<T> const& v) const {
        std::size_t const count = v.members.size();
        term_sum sum;
        if (count < 2 || v.others.empty())
            return sum;
        T* const pushes = v.scratch.data(); // ln Σ_n of every member
        auto const at = [&](std::size_t i, std::size_t n) {
            return static_cast<T>(negative_margin) - v.distances(v.members[i], v.others[n]);
        };
        for (std::size_t i = 0; i < count; ++i)
            pushes[i] = detail::log_sum_exp<T>(v.others.size(), false, [&](std::size_t n) { return at(i, n); });
        for (std::size_t i = 0; i < count; ++i) {
            T back = 0; // ∂loss/∂pushes[i], from the pairs (i, j) and (j, i)
            for (std::size_t j = 0; j < count; ++j) {
                if (i == j)
                    continue;
                T const both = std::max(pushes[i], pushes[j]) + std::log1p(std::exp(-std::abs(pushes[i] - pushes[j])));
                auto const excess = [&](std::size_t from, std::size_t to) {
                    return std::max(
                        both + v.distances(v.members[from], v.members[to]) - static_cast<T>(positive_margin), T(0));
                };
                T const own = excess(i, j);
                v.by_distances(v.members[i], v.members[j]) += own;
                back += (own + excess(j, i)) * std::exp(pushes[i] - both);
                sum += {static_cast<double>(own * own / 2), 1, own > T(0) ? 1.0 : 0.0};
            }
            for (std::size_t n = 0; n < v.others.size(); ++n)
                v.by_distances(v.members[i], v.others[n]) -= back * std::exp(at(i, n) - pushes[i]);
        }
        return sum;
    }
};

/// For every ordered pair (a, p) of a person's photos ln(1 + Σ_n exp(4 tan²α (s(a,n) + s(p,n)) − 2(1 + tan²α) s(a,p))):
/// bounds the angle at the negative of the triangle a, p, n. The paper's N-pair form. With cosine distance, all three
/// on the unit sphere; PyTorch Metric Learning leaves the negatives at their own length, so that long negatives weigh
/// more, which neither the paper's geometry nor its text asks for.
///
/// @see J. Wang, F. Zhou, S. Wen, X. Liu, Y. Lin, "Deep Metric Learning with Angular Loss", ICCV 2017
struct angular {
    static constexpr std::string_view name = "angular";
    static constexpr std::array tunables{tunable{"degrees", 20, 55}};
    double degrees = 40; ///< α
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("degrees", self.degrees), visit("reduction", self.reduction);
    }

    template <class T>
    term_sum of_class(class_view<T> const& v) const {
        double const tangent = std::tan(degrees * std::numbers::pi / 180);
        T const push = static_cast<T>(4 * tangent * tangent), pull = static_cast<T>(2 * (1 + tangent * tangent));
        term_sum sum;
        if (v.others.empty())
            return sum;
        for (std::size_t a : v.members)
            for (std::size_t p : v.members) {
                if (a == p)
                    continue;
                auto const at = [&](std::size_t n) {
                    return push * (v.similarity(a, v.others[n]) + v.similarity(p, v.others[n])) -
                           pull * v.similarity(a, p);
                };
                T const value = detail::log_sum_exp<T>(v.others.size(), true, at);
                T shares = 0;
                for (std::size_t n = 0; n < v.others.size(); ++n) {
                    T const share = std::exp(at(n) - value);
                    v.by_distances(a, v.others[n]) -= push * share;
                    v.by_distances(p, v.others[n]) -= push * share;
                    shares += share;
                }
                v.by_distances(a, p) += pull * shares;
                sum += {static_cast<double>(value), 1, value > T(0) ? 1.0 : 0.0};
            }
        return sum;
    }
};

} // namespace trine::losses
