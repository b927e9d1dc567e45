#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/tensor.hpp"

namespace trine::evaluation {

/// How well distances tell pairs of one person from pairs of two.
struct verification {
    double auc = 0;              ///< area under the ROC: probability that a same pair is nearer than a different pair, ties counting half
    double equal_error_rate = 0; ///< where as many same pairs are rejected as different pairs are accepted
    double threshold = 0;        ///< the distance there
    std::size_t same = 0, different = 0;
};

/// Verification metrics from the distances of pairs.
///
/// @throws data_error  when there is no same pair or no different pair
template <class T>
verification evaluate_verification(std::vector<T> same, std::vector<T> different) {
    require<data_error>(!same.empty() && !different.empty(), "verification needs pairs of both kinds: there are ", same.size(), " same and ",
                        different.size(), " different ones");
    std::sort(same.begin(), same.end());
    std::sort(different.begin(), different.end());
    verification v{.same = same.size(), .different = different.size()};
    double const ns = static_cast<double>(same.size()), nd = static_cast<double>(different.size());
    double wins = 0, best = 2;
    std::size_t below = 0, up_to = 0;
    for (T d : same) {
        while (below < different.size() && different[below] < d)
            ++below;
        while (up_to < different.size() && different[up_to] <= d)
            ++up_to;
        wins += (nd - static_cast<double>(up_to)) + 0.5 * static_cast<double>(up_to - below);
    }
    v.auc = wins / (ns * nd);
    // Thresholds at every distance that occurs: accept what is not farther.
    std::size_t s = 0, d = 0;
    double false_reject = 1, false_accept = 0;
    while (s < same.size() || d < different.size()) {
        T const t = d == different.size() || (s < same.size() && same[s] <= different[d]) ? same[s] : different[d];
        while (s < same.size() && same[s] <= t)
            ++s;
        while (d < different.size() && different[d] <= t)
            ++d;
        double const reject = 1 - static_cast<double>(s) / ns, accept = static_cast<double>(d) / nd;
        if (std::abs(reject - accept) < best) {
            best = std::abs(reject - accept);
            v.threshold = static_cast<double>(t);
            v.equal_error_rate = (reject + accept) / 2;
        }
        // The two rates cross between two thresholds: the straight line between them says where.
        if (false_reject > false_accept && reject < accept) {
            double const share = (false_reject - false_accept) / ((false_reject - false_accept) + (accept - reject));
            v.equal_error_rate = false_accept + share * (accept - false_accept);
        }
        if (reject <= accept)
            break;
        false_reject = reject, false_accept = accept;
    }
    return v;
}

/// The same over all pairs of photos, from their B×B distances.
template <class T>
verification evaluate_verification(matrix_view<T const> distances, std::span<label const> labels) {
    require<shape_error>(distances.rows() == labels.size() && distances.cols() == labels.size(), distances.rows(), "×", distances.cols(), " distances for ",
                         labels.size(), " labels");
    std::vector<T> same, different;
    for (std::size_t i = 0; i < labels.size(); ++i)
        for (std::size_t j = i + 1; j < labels.size(); ++j)
            (labels[i] == labels[j] ? same : different).push_back(distances(i, j));
    return evaluate_verification(std::move(same), std::move(different));
}

} // namespace trine::evaluation
