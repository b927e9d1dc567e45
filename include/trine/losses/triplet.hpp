#pragma once

#include <cmath>
#include <concepts>
#include <string_view>

namespace trine::losses {

/// How the losses of a batch's triplets become one number.
enum class reducer {
    mean,           ///< over all triplets that the miner chose
    mean_of_active, ///< over those whose loss is above 0
    sum,
};

/// Value of one triplet's loss, and how it changes with either distance.
template <class T>
struct triplet_value {
    T value, by_positive, by_negative;
};

/// A loss that sees the distance from anchor to positive and from anchor to negative.
template <class L>
concept triplet_loss = requires(L const& loss, float d) {
    { loss(d, d) } -> std::same_as<triplet_value<float>>;
    { loss.reduction } -> std::convertible_to<reducer>;
    { L::name } -> std::convertible_to<std::string_view>;
};

/// d(a,p) − d(a,n): the plain idea. Nothing bounds it from below: embeddings of free length run away, and those of length 1 collapse easily.
struct no_margin {
    static constexpr std::string_view name = "no_margin";
    reducer reduction = reducer::mean;

    template <class T>
    triplet_value<T> operator()(T positive, T negative) const { return {positive - negative, T(1), T(-1)}; }
};

/// [d(a,p) − d(a,n) + α]₊: a triplet whose negative is farther than its positive by the margin teaches nothing more.
///
/// Averaged over the triplets that still teach, as in PyTorch Metric Learning.
///
/// @see F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet: A Unified Embedding for Face Recognition and Clustering", CVPR 2015
struct triplet_margin {
    static constexpr std::string_view name = "triplet_margin";
    double margin = 0.2;
    reducer reduction = reducer::mean_of_active;

    template <class T>
    triplet_value<T> operator()(T positive, T negative) const {
        T const value = positive - negative + static_cast<T>(margin);
        // A NaN goes through, so that it is seen.
        return value <= T(0) ? triplet_value<T>{T(0), T(0), T(0)} : triplet_value<T>{value, T(1), T(-1)};
    }
};

/// ln(1 + exp(d(a,p) − d(a,n) + α)), by default without margin: a smooth hinge that never quite stops pulling.
///
/// @see A. Hermans, L. Beyer, B. Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017, section 2
struct soft_margin {
    static constexpr std::string_view name = "soft_margin";
    double margin = 0;
    reducer reduction = reducer::mean;

    template <class T>
    triplet_value<T> operator()(T positive, T negative) const {
        T const x = positive - negative + static_cast<T>(margin);
        // Neither exponential can overflow.
        T const small = std::exp(-std::abs(x));
        T const slope = x >= T(0) ? T(1) / (T(1) + small) : small / (T(1) + small);
        return {(x > T(0) ? x : T(0)) + std::log1p(small), slope, -slope};
    }
};

} // namespace trine::losses
