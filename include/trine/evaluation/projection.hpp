#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "../core/config.hpp"
#include "../core/view.hpp"

namespace trine::evaluation {

/// A point of a two-dimensional map.
using map_point = std::array<double, 2>;

/// The plane in which some points spread most, through their mean: their first two principal components. Onto it others
/// can be put too, such as the same photos' points at an earlier epoch. Points on a line have no second component,
/// which is then 0. Signs are chosen so that each component's largest weight is positive.
///
/// @see K. Pearson, "On lines and planes of closest fit to systems of points in space", 1901
class principal_plane {
public:
    /// @param points  N×D, N or D up to some hundred
    /// @throws data_error     when there are no points
    /// @throws numeric_error  when one is not finite
    explicit principal_plane(matrix_view<float const> points);
    explicit principal_plane(matrix_view<double const> points);

    /// Where points lie on it.
    ///
    /// @param points  M×D
    /// @return M places
    /// @throws shape_error    when they have another number of values
    /// @throws data_error     when there are no points
    /// @throws numeric_error  when one is not finite
    std::vector<map_point> places(matrix_view<float const> points) const;
    std::vector<map_point> places(matrix_view<double const> points) const;

    /// How much of its points' variance the plane shows, 0 to 1.
    double share() const { return share_; }

private:
    template <class T>
    void fit(matrix_view<T const> points);
    template <class T>
    std::vector<map_point> places_of(matrix_view<T const> points) const;

    std::vector<double> mean_;
    std::vector<std::vector<double>> axes_;
    double share_ = 1;
};

/// Points on the plane in which they spread most: the first two principal components.
///
/// @return N places
/// @throws as `principal_plane`
std::vector<map_point> principal_components(matrix_view<float const> points);
std::vector<map_point> principal_components(matrix_view<double const> points);

/// How a t-SNE map is made.
struct tsne_options {
    double perplexity = 30; ///< how many neighbours a point has, about; made smaller for few points
    std::size_t steps = 1000;
    double exaggeration = 12; ///< of attraction, in the first quarter of the steps
};

/// A map on which near points are near and far ones merely not near: t-SNE, computed exactly, beginning with the
/// principal components.
///
/// The distances between groups, and their sizes, mean nothing. O(N²) time a step and memory: for up to some thousand
/// points. Same bits for any number of threads.
///
/// @param points  N×D
/// @return N places
/// @throws argument_error  when the perplexity is below 1 or there are no steps
/// @throws as `principal_components`
/// @see L. van der Maaten, G. Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008; D. Kobak, P. Berens, "The art of
/// using t-SNE for single-cell transcriptomics", 2019, for its beginning
std::vector<map_point> tsne(matrix_view<float const> points, tsne_options const& options = {});
std::vector<map_point> tsne(matrix_view<double const> points, tsne_options const& options = {});

} // namespace trine::evaluation

#ifdef TRINE_HEADER_ONLY
#include "projection_impl.hpp"
#endif
