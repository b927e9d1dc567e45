#pragma once

#include <cstddef>

#include "../nn/convolution.hpp"
#include "../nn/layers.hpp"
#include "../nn/network.hpp"

namespace trine::backbones {

namespace conv_4_parts {

template <std::size_t Width>
using block = nn::sequential<nn::conv2d<Width, 3, nn::with_bias>, nn::batch_norm, nn::relu, nn::max_pool<2>>;

} // namespace conv_4_parts

/// The four-layer network of one-shot learning: what its last map holds is the embedding, whose length says something
/// too.
///
/// For 1×28×28, 111,936 parameters and an embedding of 64 values.
///
/// @tparam In     shape of the images, at least 16×16
/// @tparam Width  channels of every convolution
/// @see O. Vinyals et al., "Matching Networks for One Shot Learning", NIPS 2016; J. Snell, K. Swersky, R. Zemel,
/// "Prototypical Networks for Few-shot Learning", NIPS 2017
template <class In = nn::shape<1, 28, 28>, std::size_t Width = 64>
using conv_4 = nn::network<In, nn::sequential<nn::repeat<4, conv_4_parts::block<Width>>, nn::flatten>>;

} // namespace trine::backbones
