#pragma once

#include <concepts>
#include <string_view>

#include "../core/view.hpp"

namespace trine::distances {

/// A distance on embeddings: smaller means more alike.
///
/// pairwise(e, out)          B×D in, B×B out
/// cross(q, r, out)          Q×D and R×D in, Q×R out
/// gradient(e, d, g, out)    with d = pairwise(e) and g = ∂L/∂d (B×B; overwritten), out = ∂L/∂e (B×D)
template <class D, class T = float>
concept distance = requires(D const& distance, matrix_view<T const> in, matrix_view<T> out) {
    { distance.pairwise(in, out) } -> std::same_as<void>;
    { distance.cross(in, in, out) } -> std::same_as<void>;
    { distance.gradient(in, in, out, out) } -> std::same_as<void>;
    { D::name } -> std::convertible_to<std::string_view>;
};

} // namespace trine::distances
