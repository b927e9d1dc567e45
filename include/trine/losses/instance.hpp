#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/tunable.hpp"
#include "concepts.hpp"
#include "log_sum_exp.hpp"

namespace trine::losses {

/// Mean cross-entropy of every photo's similarities γ·s to all photos of the batch, itself among them, where the right
/// one is the photo whose place is the number of the person among the batch's people in the order of their labels. With
/// cosine distance.
///
/// That is PyTorch Metric Learning's reading, for comparisons with it: it holds what the paper means where photo k of
/// the batch shows person k. The paper itself has a learnt weight for every person: `normalized_softmax`.
///
/// @see Z. Zheng, L. Zheng, M. Garrett, Y. Yang, M. Xu, Y.-D. Shen, "Dual-Path Convolutional Image-Text Embeddings with
/// Instance Loss", ACM TOMM 2020
struct instance {
    static constexpr std::string_view name = "instance";
    static constexpr std::array tunables{tunable{"gamma", 4, 128, spacing::logarithmic}};
    double gamma = 64;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("gamma", self.gamma);
    }
    void check() const {
        require<argument_error>(std::isfinite(gamma) && gamma > 0, "instance: gamma ", gamma,
                                ", which has to be above 0");
    }

    template <class T>
    term_sum of_batch(whole_batch<T> const& v) const {
        std::size_t const n = v.size();
        if (n == 0)
            return {};
        T const scale = static_cast<T>(gamma), each = T(1) / static_cast<T>(n);
        std::vector<double> values(n);
        parallel_blocks(n, 4, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                auto const at = [&](std::size_t j) { return scale * v.similarity(i, j); };
                T const all = detail::log_sum_exp<T>(n, false, at);
                values[i] = static_cast<double>(all - at(v.person[i]));
                for (std::size_t j = 0; j < n; ++j)
                    v.by_distances(i, j) = -each * scale * (std::exp(at(j) - all) - (j == v.person[i] ? T(1) : T(0)));
            }
        });
        term_sum sum;
        for (double value : values)
            sum += {value / static_cast<double>(n), 1, value > 0 ? 1.0 : 0.0};
        return sum;
    }
};

} // namespace trine::losses
