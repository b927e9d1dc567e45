#pragma once

#include <cstddef>

#include "../nn/convolution.hpp"
#include "../nn/layers.hpp"
#include "../nn/network.hpp"

namespace trine::backbones {

namespace vgg_parts {

/// So many 3×3 convolutions of one width, then pooling.
template <std::size_t Width, std::size_t Count>
using stage =
    nn::sequential<nn::repeat<Count, nn::sequential<nn::conv2d<Width, 3, nn::with_bias>, nn::batch_norm, nn::relu>>,
                   nn::max_pool<2>>;

} // namespace vgg_parts

/// VGG-16 with batch normalisation, whose three large dense layers are one: an embedding of length 1.
///
/// Without the embedding it has 14,723,136 parameters, those of torchvision's vgg16_bn.features; for 3×112×112, 3.8 G
/// multiply-adds an image.
///
/// @tparam In     shape of the images, at least 32×32
/// @tparam Width  channels of the first stage
/// @tparam End    the last layer: `nn::l2_normalize`, or `nn::identity`, which leaves the embedding its length
/// @see K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015;
///      O. Parkhi, A. Vedaldi, A. Zisserman, "Deep Face Recognition", BMVC 2015
template <class In, std::size_t EmbeddingSize = 128, std::size_t Width = 64, class End = nn::l2_normalize>
using vgg_16 =
    nn::network<In, nn::sequential<vgg_parts::stage<Width, 2>, vgg_parts::stage<2 * Width, 2>,
                                   vgg_parts::stage<4 * Width, 3>, vgg_parts::stage<8 * Width, 3>,
                                   vgg_parts::stage<8 * Width, 3>, nn::flatten, nn::linear<EmbeddingSize>, End>>;

} // namespace trine::backbones
