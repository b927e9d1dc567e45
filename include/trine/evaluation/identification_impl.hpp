#pragma once

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "identification.hpp"

namespace trine::evaluation {

TRINE_INLINE double identification_result::rank(std::size_t k) const {
    return known == 0 ? 0
                      : static_cast<double>(std::upper_bound(ranks.begin(), ranks.end(), k) - ranks.begin()) /
                            static_cast<double>(known);
}

TRINE_INLINE std::pair<double, double> identification_result::detection_rate(double false_positive_rate) const {
    require<argument_error>(false_positive_rate >= 0 && false_positive_rate <= 1, "a false-positive rate of ",
                            false_positive_rate, ": it has to lie between 0 and 1");
    require<data_error>(unknown > 0, "no probe shows a stranger: there is nobody to keep out");
    auto const allowed = static_cast<std::size_t>(false_positive_rate * static_cast<double>(unknown) + 1e-9);
    double const threshold = allowed < unknown ? unknown_distances[allowed] : std::numeric_limits<double>::infinity();
    auto const right =
        std::lower_bound(right_distances.begin(), right_distances.end(), threshold) - right_distances.begin();
    return {known == 0 ? 0 : static_cast<double>(right) / static_cast<double>(known), threshold};
}

template <class T>
identification_result detail::evaluate_identification(cross_distances<T> distance, matrix_view<T const> probes,
                                                      std::span<label const> probe_labels, matrix_view<T const> gallery,
                                                      std::span<label const> gallery_labels) {
    require<shape_error>(probes.rows() == probe_labels.size() && gallery.rows() == gallery_labels.size(), "labels for ",
                         probe_labels.size(), " and ", gallery_labels.size(), " embeddings of ", probes.rows(), " and ",
                         gallery.rows());
    require<shape_error>(probes.cols() == gallery.cols(), "probes of ", probes.cols(), " values for a gallery of ",
                         gallery.cols());
    require<data_error>(gallery.rows() > 0, "the gallery is empty");
    require_finite(probes, "probe");
    require_finite(gallery, "the gallery's point");
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
        distance(probes.slice(q, rows), gallery, d);
        parallel_for(rows, [&](std::size_t i) {
            require_numbers(gallery.rows(), d.row(i).data(), "the distance to the gallery's photo");
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

TRINE_INLINE std::vector<std::size_t> confusion(std::span<label const> truth, std::span<label const> named,
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

#ifdef TRINE_COMPILED
template identification_result detail::evaluate_identification(cross_distances<float>, matrix_view<float const>,
                                                               std::span<label const>, matrix_view<float const>,
                                                               std::span<label const>);
template identification_result detail::evaluate_identification(cross_distances<double>, matrix_view<double const>,
                                                               std::span<label const>, matrix_view<double const>,
                                                               std::span<label const>);
#endif

} // namespace trine::evaluation
