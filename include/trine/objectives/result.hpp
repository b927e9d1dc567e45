#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/label.hpp"
#include "../core/view.hpp"

namespace trine {

/// What one batch's mining and loss came to.
struct objective_result {
    double loss = 0;
    std::size_t triplets = 0; ///< chosen by the miner; pairs, where it chooses pairs, and photos with a proxy loss
    std::size_t terms = 0;  ///< that the loss has: one a triplet for most triplet losses, one an anchor, positive pair
                            ///< or photo for others
    std::size_t active = 0; ///< of these, above 0
    double positive_distance = 0, negative_distance = 0; ///< means over what was chosen
};

namespace detail {

/// @throws shape_error    when there are not as many labels as embeddings, or the gradient has another shape
/// @throws numeric_error  when an embedding is NaN or infinite, naming its row
template <class T>
void check_batch(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient) {
    require<shape_error>(e.rows() == labels.size(), e.rows(), " embeddings but ", labels.size(), " labels");
    require<shape_error>(gradient.rows() == 0 || (gradient.rows() == e.rows() && gradient.cols() == e.cols()),
                         "gradient of ", gradient.rows(), "×", gradient.cols(), " for embeddings of ", e.rows(), "×",
                         e.cols());
    for (std::size_t i = 0; i < e.rows(); ++i) {
        T sum = 0; // 0·x is NaN for NaN and for infinity, and a sum of zeros vectorises
        for (T v : e.row(i))
            sum += v * T(0);
        require<numeric_error>(sum == T(0), "embedding ", i, " of the batch (label ", labels[i], ") is not finite");
    }
}

} // namespace detail

} // namespace trine
