#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../nn/convolution.hpp"
#include "../nn/layers.hpp"
#include "../nn/network.hpp"
#include "../nn/recomputed.hpp"
#include "../nn/sequential.hpp"

namespace trine::backbones {

namespace resnet_parts {

/// body(x) + x where shapes allow, else body(x) + a 1×1 convolution of x.
template <class Body, std::size_t In, std::size_t Out, std::size_t Stride>
using with_shortcut =
    std::conditional_t<In == Out && Stride == 1, nn::residual<Body>,
                       nn::residual<Body, nn::sequential<nn::conv2d<Out, 1, nn::stride<Stride>>, nn::batch_norm>>>;

/// Two 3×3 convolutions around which the input is led: the block of the smaller networks.
struct basic {
    static constexpr std::size_t expansion = 1;
    template <std::size_t In, std::size_t Width, std::size_t Stride>
    using block = nn::sequential<with_shortcut<nn::sequential<nn::conv2d<Width, 3, nn::stride<Stride>>, nn::batch_norm,
                                                              nn::relu, nn::conv2d<Width, 3>, nn::batch_norm>,
                                               In, Width, Stride>,
                                 nn::relu>;
};

/// 1×1 to narrow, 3×3, 1×1 to widen: the block of the deeper networks.
struct bottleneck {
    static constexpr std::size_t expansion = 4;
    template <std::size_t In, std::size_t Width, std::size_t Stride>
    using block = nn::sequential<with_shortcut<nn::sequential<nn::conv2d<Width, 1>, nn::batch_norm, nn::relu,
                                                              nn::conv2d<Width, 3, nn::stride<Stride>>, nn::batch_norm,
                                                              nn::relu, nn::conv2d<4 * Width, 1>, nn::batch_norm>,
                                               In, 4 * Width, Stride>,
                                 nn::relu>;
};

/// The face variant: normalisation first, a rectifier with learnt slopes inside, the second convolution strided,
/// nothing behind the sum.
struct improved {
    static constexpr std::size_t expansion = 1;
    template <std::size_t In, std::size_t Width, std::size_t Stride>
    using block = with_shortcut<nn::sequential<nn::batch_norm, nn::conv2d<Width, 3>, nn::batch_norm, nn::prelu,
                                               nn::conv2d<Width, 3, nn::stride<Stride>>, nn::batch_norm>,
                                In, Width, Stride>;
};

// Blocks of one width, the first of which may halve the map.
template <class Memory, std::size_t Stage, class Block, std::size_t In, std::size_t Width, std::size_t Stride,
          class Indices>
struct stage_of;
template <class Memory, std::size_t Stage, class Block, std::size_t In, std::size_t Width, std::size_t Stride,
          std::size_t... I>
struct stage_of<Memory, Stage, Block, In, Width, Stride, std::index_sequence<I...>> {
    using type = nn::sequential<
        typename Memory::template block<Stage, typename Block::template block<(I == 0 ? In : Width * Block::expansion),
                                                                              Width, (I == 0 ? Stride : 1)>>...>;
};
template <class Memory, std::size_t Stage, class Block, std::size_t In, std::size_t Width, std::size_t Stride,
          std::size_t Blocks>
using stage = typename stage_of<Memory, Stage, Block, In, Width, Stride, std::make_index_sequence<Blocks>>::type;

/// Four stages, each twice as wide and half as large as the one before.
template <class Memory, class Block, std::size_t Width, std::size_t FirstStride, std::size_t A, std::size_t B,
          std::size_t C, std::size_t D>
using stages = nn::sequential<stage<Memory, 0, Block, Width, Width, FirstStride, A>,
                              stage<Memory, 1, Block, Width * Block::expansion, 2 * Width, 2, B>,
                              stage<Memory, 2, Block, 2 * Width * Block::expansion, 4 * Width, 2, C>,
                              stage<Memory, 3, Block, 4 * Width * Block::expansion, 8 * Width, 2, D>>;

template <class In, std::size_t EmbeddingSize, std::size_t Width, class Memory, class End, class Block, std::size_t A,
          std::size_t B, std::size_t C, std::size_t D>
using resnet = nn::network<In, nn::sequential<typename Memory::template first<Width, 7, nn::stride<2>>, nn::batch_norm,
                                              nn::relu, stages<Memory, Block, Width, 1, A, B, C, D>,
                                              nn::global_average_pool, nn::linear<EmbeddingSize>, End>>;

template <class In, std::size_t EmbeddingSize, std::size_t Width, class Memory, class End, std::size_t A, std::size_t B,
          std::size_t C, std::size_t D>
using improved_resnet = nn::network<
    In, nn::sequential<nn::conv2d<Width, 3>, nn::batch_norm, nn::prelu, stages<Memory, improved, Width, 2, A, B, C, D>,
                       nn::batch_norm, nn::flatten, nn::linear<EmbeddingSize>, nn::batch_norm, End>>;

} // namespace resnet_parts

/// ResNet with 18 layers, its last one an embedding of length 1.
///
/// The first pooling is left out, so that on faces of 112×112 the four stages see maps of 56, 28, 14 and 7, as they do
/// on photos of 224×224. 11.2 M parameters and, for 3×112×112, 1.7 G multiply-adds an image.
///
/// @tparam Width   channels of the first convolution
/// @tparam Memory  what training keeps: `nn::recompute_maps<Stages>`, or `nn::keep_maps`, which is a seventh faster and
/// takes twice the memory for activations
/// @tparam End     the last layer: `nn::l2_normalize`, or `nn::identity`, which leaves the embedding its length
/// @see K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016
template <class In, std::size_t EmbeddingSize = 128, std::size_t Width = 64, class Memory = nn::recompute_maps<2>,
          class End = nn::l2_normalize>
using resnet_18 = resnet_parts::resnet<In, EmbeddingSize, Width, Memory, End, resnet_parts::basic, 2, 2, 2, 2>;

/// The same with 34 layers: 21.4 M parameters, 3.6 G multiply-adds.
template <class In, std::size_t EmbeddingSize = 128, std::size_t Width = 64, class Memory = nn::recompute_maps<3>,
          class End = nn::l2_normalize>
using resnet_34 = resnet_parts::resnet<In, EmbeddingSize, Width, Memory, End, resnet_parts::basic, 3, 4, 6, 3>;

/// The same with 50 layers, in blocks of 1×1, 3×3 and 1×1: 23.8 M parameters, 4.0 G multiply-adds. The stride is the
/// 3×3 convolution's, as in torchvision.
template <class In, std::size_t EmbeddingSize = 128, std::size_t Width = 64, class Memory = nn::recompute_maps<3>,
          class End = nn::l2_normalize>
using resnet_50 = resnet_parts::resnet<In, EmbeddingSize, Width, Memory, End, resnet_parts::bottleneck, 3, 4, 6, 3>;

/// IR-18, the residual network that face recognition settled on: no map is thrown away at the start or averaged at the
/// end, and rectifiers learn their slopes.
///
/// For 3×112×112 and an embedding of 512 it has 24.0 M parameters, most of them in the last layer, and 2.6 G
/// multiply-adds an image.
///
/// @tparam Width   channels of the first convolution
/// @tparam Memory  as of `resnet_18`; so is End
/// @see J. Deng, J. Guo, N. Xue, S. Zafeiriou, "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR
/// 2019
template <class In = nn::shape<3, 112, 112>, std::size_t EmbeddingSize = 512, std::size_t Width = 64,
          class Memory = nn::recompute_maps<2>, class End = nn::l2_normalize>
using ir_18 = resnet_parts::improved_resnet<In, EmbeddingSize, Width, Memory, End, 2, 2, 2, 2>;

/// The same with more blocks: 43.6 M parameters, 6.3 G multiply-adds.
template <class In = nn::shape<3, 112, 112>, std::size_t EmbeddingSize = 512, std::size_t Width = 64,
          class Memory = nn::recompute_maps<3>, class End = nn::l2_normalize>
using ir_50 = resnet_parts::improved_resnet<In, EmbeddingSize, Width, Memory, End, 3, 4, 14, 3>;

} // namespace trine::backbones
