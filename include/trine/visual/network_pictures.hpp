#pragma once

/// Pictures of what a network has learnt to look for, and of what it sees in a photo.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "../arrays/tensor.hpp"
#include "../core/config.hpp"
#include "../core/error.hpp"
#include "../data/image.hpp"
#include "../nn/model.hpp"

namespace trine::visual {

namespace detail {

// Kernels as they lie in memory, height×width×channels×outputs, of the shape outputs, channels, height, width.
data::image draw_kernels(std::string const& title, std::vector<double> const& values,
                         std::vector<std::size_t> const& shape);

} // namespace detail

/// The kernels of a network's first convolution. Of three input channels they are shown in colour, grey being 0; of
/// one, from blue (below 0) over white to orange. Each is scaled by its largest weight.
///
/// @throws data_error  when the network has no convolution, or its first one has another number of input channels than
/// 1 or 3
template <class Network, class T>
data::image filters(std::string const& title, nn::model<Network, T> const& model) {
    auto const& tensors = model.tensors();
    auto const first = std::find_if(tensors.begin(), tensors.end(),
                                    [](auto const& t) { return t.layout == nn::memory_layout::kernel_last_outputs; });
    require<data_error>(first != tensors.end(), "a network without convolutions has no kernels to be drawn");
    auto const values = model.values_of(*first);
    return detail::draw_kernels(title, std::vector<double>(values.begin(), values.end()),
                                std::vector<std::size_t>(first->shape.begin(), first->shape.end()));
}

/// Maps of one photo behind some layer (`nn::feature_maps`), at most 64 of them beside the photo: white for 0, orange
/// for the largest value of all, blue for values as far below 0.
///
/// @param maps  1×C×H×W
/// @throws shape_error  unless they are one photo's
data::image activations(std::string const& title, data::image const& photo, tensor<float, 4> const& maps);

} // namespace trine::visual

#ifdef TRINE_HEADER_ONLY
#include "network_pictures_impl.hpp"
#endif
