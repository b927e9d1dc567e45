#pragma once

#include <trine/arrays/tensor.hpp>
#include <trine/distances/euclidean.hpp>

namespace program {

// All squared distances between points: N×N.
inline trine::tensor<float, 2> pairwise(trine::tensor<float, 2> const& points) {
    auto out = trine::make_tensor<float>(points.shape(0), points.shape(0));
    trine::distances::squared_euclidean{}.pairwise(trine::as_matrix(points), trine::as_matrix(out));
    return out;
}

} // namespace program
