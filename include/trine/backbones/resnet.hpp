#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../nn/convolution.hpp"
#include "../nn/layers.hpp"
#include "../nn/network.hpp"
#include "../nn/sequential.hpp"

namespace trine::backbones {

/// Two 3×3 convolutions around which the input is led: the block of the smaller residual networks. Followed by its rectifier.
///
/// @tparam In   channels that come in
/// @tparam Out  channels that go out
template <std::size_t In, std::size_t Out, std::size_t Stride = 1>
struct basic_block {
    using body = nn::sequential<nn::conv2d<Out, 3, nn::stride<Stride>>, nn::batch_norm, nn::relu, nn::conv2d<Out, 3>, nn::batch_norm>;
    using projection = nn::sequential<nn::conv2d<Out, 1, nn::stride<Stride>>, nn::batch_norm>;
    using type = nn::sequential<std::conditional_t<In == Out && Stride == 1, nn::residual<body>, nn::residual<body, projection>>, nn::relu>;
};

/// Blocks of one width, the first of which may halve the map.
template <std::size_t In, std::size_t Out, std::size_t Stride, std::size_t Blocks>
struct basic_stage {
    template <class Indices>
    struct expand;
    template <std::size_t... I>
    struct expand<std::index_sequence<I...>> {
        using type = nn::sequential<typename basic_block<(I == 0 ? In : Out), Out, (I == 0 ? Stride : 1)>::type...>;
    };
    using type = typename expand<std::make_index_sequence<Blocks>>::type;
};

/// ResNet with 18 layers, its last one an embedding of length 1.
///
/// The first pooling is left out, so that on faces of 112×112 the four stages see maps of 56, 28, 14 and 7, as they do on photos of 224×224. 11.2 M
/// parameters and, for 3×112×112, 1.7 G multiply-adds an image.
///
/// @see K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016
template <class In, std::size_t EmbeddingSize = 128>
using resnet_18 = nn::network<In, nn::sequential<
    nn::conv2d<64, 7, nn::stride<2>>, nn::batch_norm, nn::relu,
    typename basic_stage<64, 64, 1, 2>::type,
    typename basic_stage<64, 128, 2, 2>::type,
    typename basic_stage<128, 256, 2, 2>::type,
    typename basic_stage<256, 512, 2, 2>::type,
    nn::global_average_pool, nn::linear<EmbeddingSize>, nn::l2_normalize>>;

} // namespace trine::backbones
