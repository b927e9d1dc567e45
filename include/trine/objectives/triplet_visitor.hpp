#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "anchor_lists.hpp"

namespace trine::detail {

// Adds a triplet's loss to an anchor's lists; its two ways of being called are those of a miner's visit.
template <class Loss, class T>
struct triplet_visitor {
    Loss const& loss;
    std::span<T const> positive, negative;
    std::span<T> by_positive, by_negative;
    anchor_sums& r;

    void operator()(std::size_t p, std::size_t n) const {
        auto const v = loss(positive[p], negative[n]);
        by_positive[p] += v.by_positive;
        by_negative[n] += v.by_negative;
        count(v, positive[p], negative[n]);
    }
    template <class Value>
    void count(Value const& v, T dp, T dn) const {
        auto& sum = r.sums[0];
        sum.value += static_cast<double>(v.value);
        sum.terms += 1;
        if constexpr (requires { v.terms; })
            sum.active += v.terms;
        else
            sum.active += v.value > T(0);
        if constexpr (requires { v.by_parameter; })
            r.by_parameter += static_cast<double>(v.by_parameter);
        r.positive_distance += static_cast<double>(dp);
        r.negative_distance += static_cast<double>(dn);
    }
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed" // a loss with an exponential stays a plain loop
#endif
    // In blocks whose sums need no more precision than T has, without branches, so that it vectorises. Bounded by loads
    // and stores of the first cache.
    void operator()(std::size_t p) const {
        T const dp = positive[p];
        constexpr std::size_t block = 512;
        for (std::size_t first = 0; first < negative.size(); first += block) {
            std::size_t const count = std::min(block, negative.size() - first);
            T const* const dn = negative.data() + first;
            T* const by = by_negative.data() + first;
            T value = 0, pull = 0, active = 0, by_parameter = 0, distance = 0;
#pragma omp simd reduction(+ : value, pull, active, by_parameter, distance)
            for (std::size_t n = 0; n < count; ++n) {
                auto const v = loss(dp, dn[n]);
                by[n] += v.by_negative;
                value += v.value;
                pull += v.by_positive;
                distance += dn[n];
                if constexpr (requires { v.terms; })
                    active += static_cast<T>(v.terms);
                else
                    active += v.value > T(0) ? T(1) : T(0);
                if constexpr (requires { v.by_parameter; })
                    by_parameter += v.by_parameter;
            }
            by_positive[p] += pull;
            r.sums[0] += {static_cast<double>(value), static_cast<double>(count), static_cast<double>(active)};
            r.by_parameter += static_cast<double>(by_parameter);
            r.positive_distance += static_cast<double>(dp) * static_cast<double>(count);
            r.negative_distance += static_cast<double>(distance);
        }
    }
#ifdef __clang__
#pragma clang diagnostic pop
#endif
};

/// A miner's visit that calls each(p, n) for every triplet, also where the miner hands over a positive with all
/// negatives.
template <class F>
struct triplet_by_triplet {
    F each;
    std::size_t negatives;

    void operator()(std::size_t p, std::size_t n) const { each(p, n); }
    void operator()(std::size_t p) const {
        for (std::size_t n = 0; n < negatives; ++n)
            each(p, n);
    }
};

} // namespace trine::detail
