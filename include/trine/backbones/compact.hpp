#pragma once

#include "../nn/convolution.hpp"
#include "../nn/layers.hpp"
#include "../nn/network.hpp"

namespace trine::backbones {

/// Convolution, batch normalisation, rectifier: what most networks are made of.
template <std::size_t Out, std::size_t Kernel, class... Options>
using convolution_block = nn::sequential<nn::conv2d<Out, Kernel, Options...>, nn::batch_norm, nn::relu>;

/// A small network for small sets of faces: four 3×3 convolutions, the first strided, with pooling between; then a
/// linear embedding of length 1.
///
/// For 1×112×92 it has 339,552 parameters and 31 M multiply-adds an image.
///
/// @tparam In             shape of the images, at least 32×32
/// @tparam EmbeddingSize  values of the embedding
/// @tparam Width          channels of the first convolution
/// @tparam End            the last layer: `nn::l2_normalize`, or `nn::identity` (`nn/residual.hpp`), which leaves the
///                        embedding its length, as losses that judge a photo by it need
template <class In, std::size_t EmbeddingSize = 128, std::size_t Width = 32, class End = nn::l2_normalize>
using compact =
    nn::network<In, nn::sequential<convolution_block<Width, 5, nn::stride<2>>, nn::max_pool<2>,
                                   convolution_block<2 * Width, 3>, nn::max_pool<2>, convolution_block<4 * Width, 3>,
                                   nn::max_pool<2>, convolution_block<4 * Width, 3>, nn::average_pool<2>, nn::flatten,
                                   nn::linear<EmbeddingSize>, End>>;

} // namespace trine::backbones
