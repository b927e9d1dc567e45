#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "../core/error.hpp"
#include "../core/tunable.hpp"
#include "concepts.hpp"
#include "log_sum_exp.hpp"

namespace trine::losses {

/// d(a,p) − d(a,n): the plain idea. Nothing bounds it from below: embeddings of free length run away, and those of
/// length 1 collapse easily.
struct no_margin {
    static constexpr std::string_view name = "no_margin";
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("reduction", self.reduction);
    }

    template <class T>
    triplet_value<T> operator()(T positive, T negative) const {
        return {positive - negative, T(1), T(-1)};
    }
};

/// [d(a,p) − d(a,n) + α]₊: a triplet whose negative is farther than its positive by the margin teaches nothing more.
///
/// Averaged over the triplets that still teach, as in PyTorch Metric Learning.
///
/// @see F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet: A Unified Embedding for Face Recognition and Clustering",
/// CVPR 2015
struct triplet_margin {
    static constexpr std::string_view name = "triplet_margin";
    static constexpr std::array tunables{tunable{"margin", 0.02, 1, spacing::logarithmic}};
    double margin = 0.2;
    reducer reduction = reducer::mean_of_active;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("reduction", self.reduction);
    }

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
    static constexpr std::array tunables{tunable{"margin", 0, 1}};
    double margin = 0;
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("reduction", self.reduction);
    }

    template <class T>
    triplet_value<T> operator()(T positive, T negative) const {
        T const x = positive - negative + static_cast<T>(margin);
        // Neither exponential can overflow.
        T const small = std::exp(-std::abs(x));
        T const slope = x >= T(0) ? T(1) / (T(1) + small) : small / (T(1) + small);
        return {(x > T(0) ? x : T(0)) + std::log1p(small), slope, -slope};
    }
};

/// λ·s(a,n) where the negative is more alike than the positive, so that it is only pushed; otherwise −ln(e^{s(a,p)/τ} /
/// (e^{s(a,p)/τ} + e^{s(a,n)/τ})). Only with cosine distance.
///
/// The paper takes one triplet an anchor, its most alike positive and negative: `miners::batch_easy_hard` with `easy`
/// and `hard`. The loss jumps where both are equally alike.
///
/// @see H. Xuan, A. Stylianou, X. Liu, R. Pless, "Hard Negative Examples are Hard, but Useful", ECCV 2020
struct selectively_contrastive {
    static constexpr std::string_view name = "selectively_contrastive";
    static constexpr std::array tunables{tunable{"lambda", 0.1, 3, spacing::logarithmic},
                                         tunable{"temperature", 0.03, 0.5, spacing::logarithmic}};
    static constexpr bool needs_cosine = true;
    double lambda = 1, temperature = 0.1;
    reducer reduction = reducer::mean;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("lambda", self.lambda), visit("temperature", self.temperature), visit("reduction", self.reduction);
    }
    void check() const {
        require<argument_error>(temperature > 0, "selectively_contrastive: temperature ", temperature,
                                ", which has to be above 0");
    }

    template <class T>
    triplet_value<T> operator()(T positive, T negative) const {
        T const l = static_cast<T>(lambda), scale = static_cast<T>(1 / temperature);
        if (negative < positive)
            return {l * (T(1) - negative), T(0), -l};
        T const x = scale * (positive - negative), slope = scale * detail::logistic(x);
        return {detail::softplus(x), slope, -slope};
    }
};

/// Another loss, with d(a,n) replaced by d(p,n) where that is smaller: the negative is compared with the nearer of the
/// two photos of the person.
///
/// @see V. Balntas, E. Riba, D. Ponsa, K. Mikolajczyk, "Learning Local Feature Descriptors with Triplets and Shallow
/// Convolutional Neural Networks", BMVC 2016
template <class Loss = triplet_margin>
struct swapped : Loss {
    static constexpr std::string_view name = Loss::name;
    static constexpr bool swaps = true;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        Loss::values(self, visit);
        visit("swaps", swaps);
    }
};

/// [d(a,p) − β + α]₊ + [β − d(a,n) + α]₊: positives within β − α of their anchor, negatives beyond β + α. For Euclidean
/// distances of unit vectors.
///
/// β is learnt along with the network where `learn_beta` says so, one for each of `classes` people or, with 0, one
/// for all. Averaged over the terms that are above 0, of which a triplet has up to two.
///
/// @see C.-Y. Wu, R. Manmatha, A. Smola, P. Krähenbühl, "Sampling Matters in Deep Embedding Learning", ICCV 2017
struct margin_based {
    static constexpr std::string_view name = "margin_based";
    static constexpr std::array tunables{tunable{"margin", 0.02, 0.6, spacing::logarithmic}, tunable{"beta", 0.6, 1.4}};
    static constexpr int terms_per_triplet = 2;
    double margin = 0.2; ///< α
    double beta = 1.2;   ///< β, at the start where it is learnt
    bool learn_beta = true;
    std::size_t classes = 0;
    reducer reduction = reducer::mean_of_active;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("beta", self.beta), visit("learn_beta", self.learn_beta),
            visit("classes", self.classes), visit("reduction", self.reduction);
    }

    template <class T>
    struct value_type : triplet_value<T> {
        T by_parameter;
        int terms;
    };
    struct bound {
        double margin, beta;

        template <class T>
        value_type<T> operator()(T positive, T negative) const {
            T const near = positive - static_cast<T>(beta - margin), far = static_cast<T>(beta + margin) - negative;
            T const pulls = near > T(0) ? T(1) : T(0), pushes = far > T(0) ? T(1) : T(0);
            return {{std::max(near, T(0)) + std::max(far, T(0)), pulls, -pushes},
                    pushes - pulls,
                    static_cast<int>(pulls + pushes)};
        }
    };
    bound bind(double parameter) const { return {margin, parameter}; }
    template <class T>
    value_type<T> operator()(T positive, T negative) const {
        return bind(beta)(positive, negative);
    }

    /// How many β are learnt.
    std::size_t parameter_count() const { return learn_beta ? std::max<std::size_t>(1, classes) : 0; }
    double initial_parameter() const { return beta; }
};

} // namespace trine::losses
