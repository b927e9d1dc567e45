#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../arrays/tensor.hpp"

namespace trine::evaluation {

/// How well probes find their person in a gallery, and how well strangers are kept out.
struct identification_result {
    std::size_t known = 0, unknown = 0;    ///< probes of people in the gallery, and of others
    std::size_t people = 0, photos = 0;    ///< in the gallery
    std::vector<std::size_t> ranks;        ///< of the known probes, how many people come before theirs, plus 1; sorted
    std::vector<double> right_distances;   ///< of known probes whose nearest person is theirs; sorted
    std::vector<double> unknown_distances; ///< of unknown probes, to the nearest person; sorted

    /// Closed set: share of the known probes whose person is among the k nearest people. Over k, the cumulative match
    /// characteristic.
    double rank(std::size_t k) const {
        return known == 0 ? 0
                          : static_cast<double>(std::upper_bound(ranks.begin(), ranks.end(), k) - ranks.begin()) /
                                static_cast<double>(known);
    }
    /// Open set: detection and identification rate, the share of known probes whose nearest person is theirs and near
    /// enough, with the largest threshold at which at most such a share of the unknown probes is taken for somebody.
    ///
    /// @return the rate, and the threshold: nearer than this is somebody
    /// @throws argument_error  unless 0 ≤ rate ≤ 1
    /// @throws data_error      when there are no unknown probes
    std::pair<double, double> detection_rate(double false_positive_rate) const {
        require<argument_error>(false_positive_rate >= 0 && false_positive_rate <= 1, "a false-positive rate of ",
                                false_positive_rate, ": it has to lie between 0 and 1");
        require<data_error>(unknown > 0, "no probe shows a stranger: there is nobody to keep out");
        auto const allowed = static_cast<std::size_t>(false_positive_rate * static_cast<double>(unknown) + 1e-9);
        double const threshold =
            allowed < unknown ? unknown_distances[allowed] : std::numeric_limits<double>::infinity();
        auto const right =
            std::lower_bound(right_distances.begin(), right_distances.end(), threshold) - right_distances.begin();
        return {known == 0 ? 0 : static_cast<double>(right) / static_cast<double>(known), threshold};
    }
};

/// Judges the naming of probes by a gallery, people by their nearest photo. Of equally near people those before count
/// as before. Holds one block of probes × gallery.
///
/// @param probes, gallery  Q×D, N×D
/// @throws shape_error  when sizes differ
/// @throws data_error   when the gallery is empty
/// @see P. Grother, P. Phillips, "Models of Large Population Recognition Performance", CVPR 2004
template <class Distance, class T>
identification_result evaluate_identification(Distance const& distance, matrix_view<T const> probes,
                                              std::span<label const> probe_labels, matrix_view<T const> gallery,
                                              std::span<label const> gallery_labels) {
    require<shape_error>(probes.rows() == probe_labels.size() && gallery.rows() == gallery_labels.size(), "labels for ",
                         probe_labels.size(), " and ", gallery_labels.size(), " embeddings of ", probes.rows(), " and ",
                         gallery.rows());
    require<shape_error>(probes.cols() == gallery.cols(), "probes of ", probes.cols(), " values for a gallery of ",
                         gallery.cols());
    require<data_error>(gallery.rows() > 0, "the gallery is empty");
    std::unordered_map<label, std::size_t> number;
    std::vector<std::size_t> person;
    for (label l : gallery_labels)
        person.push_back(number.try_emplace(l, number.size()).first->second);
    identification_result result;
    result.people = number.size(), result.photos = gallery.rows();
    struct figures {
        std::size_t rank = 0; // 0 for a stranger
        double distance = 0;
    };
    std::vector<figures> each(probes.rows());
    constexpr std::size_t block = 128;
    buffer<T> distances(std::min(block, probes.rows()) * gallery.rows());
    for (std::size_t q = 0; q < probes.rows(); q += block) {
        std::size_t const rows = std::min(block, probes.rows() - q);
        matrix_view<T> const d(distances.data(), rows, gallery.rows());
        distance.cross(probes.slice(q, rows), gallery, d);
        parallel_for(rows, [&](std::size_t i) {
            std::vector<T> nearest(number.size(), std::numeric_limits<T>::infinity());
            for (std::size_t j = 0; j < gallery.rows(); ++j)
                nearest[person[j]] = std::min(nearest[person[j]], d(i, j));
            auto& f = each[q + i];
            if (auto const at = number.find(probe_labels[q + i]); at != number.end()) {
                f.rank = 1, f.distance = static_cast<double>(nearest[at->second]);
                for (std::size_t p = 0; p < nearest.size(); ++p)
                    f.rank += p != at->second && (nearest[p] < nearest[at->second] ||
                                                  (nearest[p] == nearest[at->second] && p < at->second));
            } else
                f.distance = static_cast<double>(*std::min_element(nearest.begin(), nearest.end()));
        });
    }
    for (auto const& f : each)
        if (f.rank == 0)
            ++result.unknown, result.unknown_distances.push_back(f.distance);
        else {
            ++result.known, result.ranks.push_back(f.rank);
            if (f.rank == 1)
                result.right_distances.push_back(f.distance);
        }
    for (auto* list : {&result.right_distances, &result.unknown_distances})
        std::sort(list->begin(), list->end());
    std::sort(result.ranks.begin(), result.ranks.end());
    return result;
}

/// How often each person is taken for each: row by who it is, column by who was named.
///
/// @param truth, named  numbers of people below `people`
/// @return people×people, row by row
/// @throws shape_error  when the lists differ in length
/// @throws data_error   when a number is outside
inline std::vector<std::size_t> confusion(std::span<label const> truth, std::span<label const> named,
                                          std::size_t people) {
    require<shape_error>(truth.size() == named.size(), truth.size(), " people and ", named.size(), " names");
    std::vector<std::size_t> counts(people * people);
    for (std::size_t i = 0; i < truth.size(); ++i) {
        for (label l : {truth[i], named[i]})
            require<data_error>(l >= 0 && static_cast<std::size_t>(l) < people, "photo ", i, ": person ", l, " of ",
                                people);
        ++counts[static_cast<std::size_t>(truth[i]) * people + static_cast<std::size_t>(named[i])];
    }
    return counts;
}

} // namespace trine::evaluation
