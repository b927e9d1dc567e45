#pragma once

#include <algorithm>
#include <cstddef>

#include "../core/buffer.hpp"
#include "../core/view.hpp"
#include "../distances/concepts.hpp"
#include "../kernels/elementwise.hpp"

namespace trine::neighbors::detail {

// How a distance is searched by libraries that know ‖x − y‖² and x·y alone: directions as rows of length 1.
template <class Distance>
struct foreign_metric {
    static constexpr auto rises_with = distances::geometry_of<Distance>();
    static constexpr bool is_known = rises_with != distances::geometry::other;
    static constexpr bool of_directions = distances::is_of_directions(rises_with);
    static constexpr bool by_products =
        rises_with == distances::geometry::one_minus_cosine || rises_with == distances::geometry::negated_product;

    // Rows as the library gets them: as they are, or at length 1 in memory of their own.
    class rows {
    public:
        explicit rows(matrix_view<float const> points) : view_(points) {
            if (!of_directions && points.is_contiguous())
                return;
            values_ = buffer<float>(points.rows() * points.cols());
            for (std::size_t i = 0; i < points.rows(); ++i)
                std::copy_n(points.row(i).data(), points.cols(), values_.data() + i * points.cols());
            if (of_directions) {
                buffer<float> norms(points.rows());
                kernels::normalize_rows(points.rows(), points.cols(), static_cast<float const*>(values_.data()),
                                        values_.data(), norms.data());
            }
            view_ = {values_.data(), points.rows(), points.cols()};
        }
        float const* row(std::size_t i) const { return view_.row(i).data(); }
        float const* data() const { return view_.data(); }

    private:
        buffer<float> values_;
        matrix_view<float const> view_;
    };

    // The distance, from the product of two such rows or from their squared distance.
    static float from_product(double product) {
        return static_cast<float>(
            Distance::from_geometry(rises_with == distances::geometry::negated_product ? -product : 1 - product));
    }
    static float from_squares(double squared) {
        return static_cast<float>(
            Distance::from_geometry(rises_with == distances::geometry::half_squared_chord ? 0.5 * squared : squared));
    }
};

} // namespace trine::neighbors::detail
