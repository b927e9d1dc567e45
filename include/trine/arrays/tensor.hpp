#pragma once

/// Tensors at the library's border are `xt::xtensor`; inside, kernels see raw memory through views.
///
/// xtensor moved its headers into sub-folders in 0.26; both layouts are accepted.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#include "../core/error.hpp"
#include "../core/label.hpp"
#include "../core/view.hpp"

namespace trine {

/// A dense, row-major, owning tensor of N dimensions.
template <class T, std::size_t N>
using tensor = xt::xtensor<T, N>;

/// An uninitialised tensor of the given extents.
template <class T, class... Extents>
auto make_tensor(Extents... extents) {
    return tensor<T, sizeof...(Extents)>::from_shape({static_cast<std::size_t>(extents)...});
}

/// The matrix that a two-dimensional tensor holds, without copying.
template <class T>
matrix_view<T> as_matrix(tensor<T, 2>& t) {
    return {t.data(), t.shape(0), t.shape(1)};
}
template <class T>
matrix_view<T const> as_matrix(tensor<T, 2> const& t) {
    return {t.data(), t.shape(0), t.shape(1)};
}

} // namespace trine
