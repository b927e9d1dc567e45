#pragma once

/// Pictures of how well people are told apart: curves, confusion, and the triplets that are hardest.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../core/view.hpp"
#include "../data/dataset.hpp"
#include "../data/image.hpp"
#include "../evaluation/identification.hpp"
#include "../evaluation/verification.hpp"

namespace trine::visual {

/// One line through places of a plane.
struct path {
    std::string name;
    std::vector<std::array<double, 2>> points;
};

/// Paths in a box from 0 to 1 upwards, and along the other axis from `least` to 1 in powers of ten, or where that is 0
/// from 0 to 1; 900×640.
///
/// @param paths  at most three
/// @throws argument_error  unless 0 ≤ least < 1
data::image share_chart(std::string const& title, std::string const& x_name, std::string const& y_name,
                        std::vector<path> const& paths, double least = 0);

/// Points of a ROC as a path for `share_chart`: true accepts over false accepts.
path roc_path(std::string name, evaluation::verification_curve const& curve);

/// Points of a detection-error trade-off for `error_chart`: same pairs rejected over different pairs accepted.
path det_path(std::string name, evaluation::verification_curve const& curve);

/// Detection-error trade-off: both kinds of error over normal deviates, where two normal distributions give a straight
/// line and small errors have room; 0.1 % to 60 %, 900×640.
///
/// @param paths  at most three, as `det_path` gives them
/// @see A. Martin, G. Doddington, T. Kamm, M. Ordowski, M. Przybocki, "The DET Curve in Assessment of Detection Task
/// Performance", Eurospeech 1997
data::image error_chart(std::string const& title, std::vector<path> const& paths);

/// Shares of known probes named rightly within the k nearest people, k = 1 … `most`, as a line chart; 900×520.
data::image cmc_chart(std::string const& title,
                      std::vector<std::pair<std::string, evaluation::identification_result>> const& results,
                      std::size_t most = 20);

/// Who is taken for whom: a row for who it is, a column for who was named, darker where it happens more often; right
/// ones on the diagonal in blue, wrong ones in orange, with their numbers.
///
/// @param counts  people×people, as `evaluation::confusion` gives them
/// @throws shape_error  unless there are so many counts
/// @throws data_error   when there are no people or more than 60
data::image confusion_picture(std::string const& title, std::span<std::size_t const> counts,
                              std::vector<std::string> const& people);

/// The triplets of some photos that are hardest: each photo with the farthest of its person and the nearest of another,
/// in the order of d(a,p) − d(a,n), largest first; one row a person. A negative that is nearer than the positive has an
/// orange frame.
///
/// @param distances  B×B
/// @throws shape_error  unless there are as many distances as photos
/// @throws data_error   when no photo has both a positive and a negative
data::image hardest_triplets(std::string const& title, matrix_view<float const> distances, data::dataset const& photos,
                             std::size_t rows = 8);
data::image hardest_triplets(std::string const& title, matrix_view<double const> distances, data::dataset const& photos,
                             std::size_t rows = 8);

} // namespace trine::visual

#ifdef TRINE_HEADER_ONLY
#include "evaluation_pictures_impl.hpp"
#endif
