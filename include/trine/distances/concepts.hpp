#pragma once

#include <concepts>
#include <string_view>

#include "../core/identity.hpp"
#include "../core/view.hpp"

namespace trine::distances {

/// A distance on embeddings: smaller means more alike.
///
/// pairwise(e, out)          B×D in, B×B out
/// cross(q, r, out)          Q×D and R×D in, Q×R out
/// gradient(e, d, g, out)    with d = pairwise(e) and g = ∂L/∂d (B×B; overwritten), out = ∂L/∂e (B×D)
///
/// Two members are optional. `cross_gradient(q, r, d, g, out)` does the same for d = cross(q, r), whose references
/// stand still: g is Q×R, out = ∂L/∂q (Q×D); a cross-batch memory needs it. `similarity_offset` is the c of s = c − d,
/// for losses that are written in similarities; 0 where it is missing.
template <class D, class T = float>
concept distance = requires(D const& distance, matrix_view<T const> in, matrix_view<T> out) {
    { distance.pairwise(in, out) } -> std::same_as<void>;
    { distance.cross(in, in, out) } -> std::same_as<void>;
    { distance.gradient(in, in, out, out) } -> std::same_as<void>;
    requires policy<D>;
};

/// A distance whose gradient against references that stand still is known.
template <class D, class T = float>
concept cross_distance = distance<D, T> && requires(D const& distance, matrix_view<T const> in, matrix_view<T> out) {
    { distance.cross_gradient(in, in, in, out, out) } -> std::same_as<void>;
};

/// The c of s = c − d.
template <class D>
constexpr double similarity_offset() {
    if constexpr (requires { D::similarity_offset; })
        return D::similarity_offset;
    else
        return 0;
}

/// What a distance rises with. Searches know these and turn the result into the distance at the end.
enum class geometry {
    other,
    squared_length,     ///< ‖x − y‖²
    one_minus_cosine,   ///< 1 − x·y / (‖x‖ ‖y‖); 1 where x or y is zero
    half_squared_chord, ///< ½ ‖x/‖x‖ − y/‖y‖‖², the same but where x or y is zero, which stays zero
    negated_product     ///< −x·y
};

/// Whether rows' lengths do not matter, only where they point.
constexpr bool is_of_directions(geometry g) {
    return g == geometry::one_minus_cosine || g == geometry::half_squared_chord;
}

/// What a distance rises with, as it says itself by a member `rises_with`; it then has a function `from_geometry` from
/// that value to the distance.
template <class D>
constexpr geometry geometry_of() {
    if constexpr (requires { D::rises_with; })
        return D::rises_with;
    else
        return geometry::other;
}

/// Whether a distance is the length of a difference, as miners that measure angles need it; it says so with a member of
/// that name.
template <class D>
constexpr bool is_euclidean() {
    return requires { requires D::is_euclidean; };
}

} // namespace trine::distances
