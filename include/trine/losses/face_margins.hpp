#pragma once

/// ArcFace and CosFace with margins that are combined, drawn at random, or larger for people with few photos.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/label.hpp"
#include "../core/random.hpp"
#include "../core/tunable.hpp"
#include "class_logits.hpp"

namespace trine::losses {

/// s·(cos(m₁θ + m₂) − m₃) for the true class, s·cos θ for the others: SphereFace's, ArcFace's and CosFace's margins at
/// once. Beyond π the cosine turns up again; `arcface` alone takes care of that.
///
/// @see J. Deng, J. Guo, N. Xue, S. Zafeiriou, "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR
/// 2019, section 2.2
struct combined_margin {
    static constexpr std::string_view name = "combined_margin";
    static constexpr std::array tunables{tunable{"added", 0, 0.5}, tunable{"subtracted", 0, 0.4},
                                         tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double multiplied = 1, added = 0.3, subtracted = 0.2; ///< m₁, m₂ in radians, m₃
    double scale = 64;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("multiplied", self.multiplied), visit("added", self.added), visit("subtracted", self.subtracted),
            visit("scale", self.scale);
    }
    void check() const {
        require<argument_error>(multiplied > 0, "combined_margin: multiplied ", multiplied,
                                ", which has to be above 0");
        require<argument_error>(scale > 0, "combined_margin: scale ", scale, ", which has to be above 0");
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const s = static_cast<T>(scale), m1 = static_cast<T>(multiplied), m2 = static_cast<T>(added),
                m3 = static_cast<T>(subtracted);
        return detail::softmax_over_classes(v, s, false, [&](std::size_t, T cosine) {
            if (m1 == T(1)) {
                auto const x = detail::turn(cosine, m2);
                return detail::target_logit<T>{s * (x.value - m3), s * x.by_cosine};
            }
            detail::bounded_angle<T> const x(cosine);
            T const angle = m1 * std::acos(x.cosine) + m2;
            return detail::target_logit<T>{s * (std::cos(angle) - m3), s * m1 * std::sin(angle) / x.sine};
        });
    }
};

namespace detail {

// Margins of a batch's photos, drawn from a normal distribution.
template <class T>
std::vector<double> draw_margins(proxy_view<T> const& v, double mean, double deviation) {
    std::vector<double> drawn(v.classes.size());
    for (std::size_t i = 0; i < drawn.size(); ++i)
        drawn[i] =
            mean + deviation * random_stream(v.seed, purpose::margins, v.step, static_cast<std::uint32_t>(i)).normal();
    return drawn;
}

// The softmax with a margin for each photo, added to the angle or taken off the cosine. With `sorted` the margins are
// dealt out anew: the smallest cosine of a true class gets the largest.
template <class T>
double elastic_softmax(proxy_view<T> const& v, std::vector<double> margins, bool angular, bool sorted, double scale) {
    if (sorted) {
        std::vector<std::size_t> order(margins.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return v.similarities(a, v.classes[a]) < v.similarities(b, v.classes[b]);
        });
        std::vector<double> largest_first = margins;
        std::sort(largest_first.begin(), largest_first.end(), std::greater<>());
        for (std::size_t k = 0; k < order.size(); ++k)
            margins[order[k]] = largest_first[k];
    }
    T const s = static_cast<T>(scale);
    return softmax_over_classes(v, s, false, [&](std::size_t i, T cosine) {
        T const m = static_cast<T>(margins[i]);
        if (!angular)
            return target_logit<T>{s * (cosine - m), s};
        auto const x = turn(cosine, m);
        return target_logit<T>{s * x.value, s * x.by_cosine};
    });
}

} // namespace detail

/// ArcFace with a margin drawn anew for every photo, normal about `margin`: people whose photos vary more need not be
/// pressed into as small a cone. With `sorted` (ElasticFace-Arc+) the batch's margins are dealt out by how far photos
/// are from their class, the farthest gets the largest; its deviation is 0.0175 in the paper.
///
/// The draws are those of (seed, step, photo). Margins are held constant.
///
/// @see F. Boutros, N. Damer, F. Kirchbuchner, A. Kuijper, "ElasticFace: Elastic Margin Loss for Deep Face
/// Recognition", CVPR Workshops 2022
struct elastic_arcface {
    static constexpr std::string_view name = "elastic_arcface";
    static constexpr std::array tunables{tunable{"margin", 0.1, 0.6},
                                         tunable{"deviation", 0.01, 0.1, spacing::logarithmic},
                                         tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double margin = 0.5, deviation = 0.05; ///< radians
    bool sorted = false;
    double scale = 64;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("deviation", self.deviation), visit("sorted", self.sorted),
            visit("scale", self.scale);
    }
    void check() const {
        require<argument_error>(deviation >= 0, "elastic_arcface: deviation ", deviation, ", which may not be below 0");
        require<argument_error>(scale > 0, "elastic_arcface: scale ", scale, ", which has to be above 0");
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        return evaluate_with(v, detail::draw_margins(v, margin, deviation));
    }
    /// The same with margins that were drawn elsewhere, one a photo.
    template <class T>
    double evaluate_with(proxy_view<T> const& v, std::vector<double> drawn) const {
        return detail::elastic_softmax(v, std::move(drawn), true, sorted, scale);
    }
};

/// The same with CosFace's margin, which is taken off the cosine; the paper's deviation with `sorted` is 0.025.
///
/// @see F. Boutros, N. Damer, F. Kirchbuchner, A. Kuijper, "ElasticFace: Elastic Margin Loss for Deep Face
/// Recognition", CVPR Workshops 2022
struct elastic_cosface {
    static constexpr std::string_view name = "elastic_cosface";
    static constexpr std::array tunables{tunable{"margin", 0.05, 0.5},
                                         tunable{"deviation", 0.01, 0.1, spacing::logarithmic},
                                         tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double margin = 0.35, deviation = 0.05;
    bool sorted = false;
    double scale = 64;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("deviation", self.deviation), visit("sorted", self.sorted),
            visit("scale", self.scale);
    }
    void check() const {
        require<argument_error>(deviation >= 0, "elastic_cosface: deviation ", deviation, ", which may not be below 0");
        require<argument_error>(scale > 0, "elastic_cosface: scale ", scale, ", which has to be above 0");
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        return evaluate_with(v, detail::draw_margins(v, margin, deviation));
    }
    /// The same with margins that were drawn elsewhere, one a photo.
    template <class T>
    double evaluate_with(proxy_view<T> const& v, std::vector<double> drawn) const {
        return detail::elastic_softmax(v, std::move(drawn), false, sorted, scale);
    }
};

/// How many photos of each person there are, in the order of labels from 0 on.
///
/// @throws argument_error  when a label is below 0
inline std::vector<std::size_t> photos_of_classes(std::span<label const> labels) {
    std::vector<std::size_t> counts;
    for (label l : labels) {
        require<argument_error>(l >= 0, "label ", l, " where classes count from 0");
        counts.resize(std::max(counts.size(), static_cast<std::size_t>(l) + 1));
        ++counts[static_cast<std::size_t>(l)];
    }
    return counts;
}

/// ArcFace whose margin a·n^{−λ} + b is the larger the fewer photos n of a person there are; one centre a class.
///
/// @see Q. Ha, B. Liu, F. Liu, P. Liao, "Google Landmark Recognition 2020 Competition Third Place Solution", 2020
struct dynamic_arcface {
    static constexpr std::string_view name = "dynamic_arcface";
    static constexpr std::array tunables{tunable{"rise", 0.1, 0.6}, tunable{"least", 0.02, 0.2, spacing::logarithmic},
                                         tunable{"scale", 8, 64, spacing::logarithmic}};
    static constexpr bool normalized = true;
    static constexpr std::size_t centers = 1;
    double rise = 0.5, least = 0.05, exponent = 0.25; ///< a and b in radians, λ
    double scale = 64;
    std::vector<std::size_t> photos{}; ///< of each class in all of the training: `photos_of_classes(labels)`

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("rise", self.rise), visit("least", self.least), visit("exponent", self.exponent),
            visit("scale", self.scale), visit("photos", self.photos);
    }
    void check() const {
        require<argument_error>(scale > 0, "dynamic_arcface: scale ", scale, ", which has to be above 0");
    }

    template <class T>
    double evaluate(proxy_view<T> const& v) const {
        T const s = static_cast<T>(scale);
        for (std::size_t own : v.classes) {
            std::size_t const who = v.class_name(own);
            require<argument_error>(who < photos.size() && photos[who] > 0, "dynamic_arcface: photos of class ", who,
                                    " are not counted: give it photos_of_classes(labels) of all that it learns from");
        }
        return detail::softmax_over_classes(v, s, false, [&](std::size_t i, T cosine) {
            auto const n = static_cast<double>(photos[v.class_name(v.classes[i])]);
            auto const x = detail::turn(cosine, static_cast<T>(rise * std::pow(n, -exponent) + least));
            return detail::target_logit<T>{s * x.value, s * x.by_cosine};
        });
    }
};

} // namespace trine::losses
