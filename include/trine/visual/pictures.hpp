#pragma once

/// Pictures of a training and of what it learnt, as PNG files.

#include <cstddef>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "../data/image.hpp"

namespace trine::visual {

/// One line of a chart: values over 1, 2, 3 …
struct series {
    std::string name;
    std::vector<double> values;
};

/// How a chart's axes are labelled where they are not plain numbers.
struct chart_axes {
    std::vector<std::string> places{}; ///< names of the places 1, 2, 3 … along x
    bool powers_of_ten = false;        ///< whether values are exponents of 10
};

/// A line chart with axes, ticks and a legend, 900×520.
///
/// @param lines  at most three
data::image line_chart(std::string const& title, std::string const& x_name, std::vector<series> const& lines,
                       chart_axes const& axes = {});

/// One row of an interval chart: a mean and half the width of its confidence interval.
struct interval_row {
    std::string name;
    double mean, half_width;
};

/// Means with their confidence intervals, one below the other, and a dashed line at the mean of the row that the others
/// are compared with.
///
/// @param baseline  that row, or as many as there are rows for none
data::image interval_chart(std::string const& title, std::string const& x_name, std::vector<interval_row> const& rows,
                           std::size_t baseline);

/// One row of a montage: a query and what was found for it.
struct montage_row {
    data::image query;
    std::string caption;
    struct match {
        data::image photo;
        std::string caption;
        bool right;
    };
    std::vector<match> matches;
};

/// Queries at the left, their nearest neighbours beside them; a right one has a full blue frame, a wrong one an orange
/// one with a cross.
data::image montage(std::string const& title, std::vector<montage_row> const& rows);

} // namespace trine::visual

#ifdef TRINE_HEADER_ONLY
#include "pictures_impl.hpp"
#endif
