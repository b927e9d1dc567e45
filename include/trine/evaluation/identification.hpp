#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../core/label.hpp"
#include "../core/view.hpp"
#include "cross_distances.hpp"

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
    double rank(std::size_t k) const;
    /// Open set: detection and identification rate, the share of known probes whose nearest person is theirs and near
    /// enough, with the largest threshold at which at most such a share of the unknown probes is taken for somebody.
    ///
    /// @return the rate, and the threshold: nearer than this is somebody. `decision_rule` lets in who is as far as its
    /// threshold: give it std::nextafter(threshold, 0)
    /// @throws argument_error  unless 0 ≤ rate ≤ 1
    /// @throws data_error      when there are no unknown probes
    std::pair<double, double> detection_rate(double false_positive_rate) const;
};

namespace detail {

template <class T>
identification_result evaluate_identification(cross_distances<T> distance, matrix_view<T const> probes,
                                              std::span<label const> probe_labels, matrix_view<T const> gallery,
                                              std::span<label const> gallery_labels);

} // namespace detail

/// Judges the naming of probes by a gallery, people by their nearest photo. Of equally near people those before count
/// as before. Holds one block of probes × gallery.
///
/// @param probes, gallery  Q×D, N×D
/// @throws shape_error  when sizes differ
/// @throws data_error   when the gallery is empty
/// @see P. Grother, P. Phillips, "Models of Large Population Recognition Performance", CVPR 2004
template <class Distance>
identification_result evaluate_identification(Distance const& distance, matrix_view<float const> probes,
                                              std::span<label const> probe_labels, matrix_view<float const> gallery,
                                              std::span<label const> gallery_labels) {
    return detail::evaluate_identification(detail::cross_distances<float>(distance), probes, probe_labels, gallery,
                                           gallery_labels);
}
template <class Distance>
identification_result evaluate_identification(Distance const& distance, matrix_view<double const> probes,
                                              std::span<label const> probe_labels, matrix_view<double const> gallery,
                                              std::span<label const> gallery_labels) {
    return detail::evaluate_identification(detail::cross_distances<double>(distance), probes, probe_labels, gallery,
                                           gallery_labels);
}

/// How often each person is taken for each: row by who it is, column by who was named.
///
/// @param truth, named  numbers of people below `people`
/// @return people×people, row by row
/// @throws shape_error  when the lists differ in length
/// @throws data_error   when a number is outside
std::vector<std::size_t> confusion(std::span<label const> truth, std::span<label const> named, std::size_t people);

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "identification_impl.hpp"
#endif
