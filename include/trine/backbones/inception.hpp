#pragma once

#include <cstddef>

#include "../nn/concat.hpp"
#include "../nn/convolution.hpp"
#include "../nn/layers.hpp"
#include "../nn/network.hpp"

namespace trine::backbones {

namespace inception_parts {

/// Convolution with a bias, batch normalisation, rectifier.
template <std::size_t Out, std::size_t Kernel, class... Options>
using block = nn::sequential<nn::conv2d<Out, Kernel, nn::with_bias, Options...>, nn::batch_norm, nn::relu>;

/// 1×1 to fewer channels, then a larger kernel.
template <std::size_t Reduced, std::size_t Out, std::size_t Kernel, std::size_t Stride = 1>
using reduced = nn::sequential<block<Reduced, 1>, block<Out, Kernel, nn::stride<Stride>>>;

/// A coarse pooling, 1×1, and zeros around until the map is as large as its neighbours': Torch puts together maps of
/// different sizes so, and the networks were trained so.
template <class Pool, std::size_t Out, std::size_t Before, std::size_t After = Before>
using pooled = nn::sequential<Pool, block<Out, 1>, nn::zero_padding<Before, After>>;

using largest = nn::max_pool<3, 2>;
using length = nn::l2_pool<3, 3>;
using halved = nn::max_pool<3, 2, nn::padding<1>>;

/// From a face of 96×96 to a map of 10·W channels, 6×6. W is the width, 64 in the paper.
template <std::size_t W>
using stem = nn::sequential<
    block<W, 7, nn::stride<2>>, halved, nn::local_response_norm<5>, block<W, 1>, block<3 * W, 3>,
    nn::local_response_norm<5>, halved,
    nn::concat<reduced<3 * W / 2, 2 * W, 3>, reduced<W / 4, W / 2, 5>, pooled<largest, W / 2, 3, 4>, block<W, 1>>,
    nn::concat<reduced<3 * W / 2, 2 * W, 3>, reduced<W / 2, W, 5>, pooled<length, W, 4>, block<W, 1>>,
    nn::concat<reduced<2 * W, 4 * W, 3, 2>, reduced<W / 2, W, 5, 2>, halved>>;

/// The four modules in the middle, of which the small network keeps the first alone.
template <std::size_t W, std::size_t Reduced, std::size_t Out, std::size_t Single>
using middle = nn::concat<reduced<Reduced * W / 64, Out * W / 64, 3>, reduced<W / 2, W, 5>, pooled<length, 2 * W, 2>,
                          block<Single * W / 64, 1>>;

/// From 6×6 to 16·W channels, 3×3.
template <std::size_t W>
using narrowing = nn::concat<reduced<5 * W / 2, 4 * W, 3, 2>, reduced<W, 2 * W, 5, 2>, halved>;

template <std::size_t W, std::size_t Reduced, std::size_t Pooled, std::size_t Single, std::size_t EmbeddingSize,
          class End>
using head = nn::sequential<
    nn::concat<reduced<Reduced * W / 64, 6 * W, 3>, pooled<length, Pooled * W / 64, 1>, block<Single * W / 64, 1>>,
    nn::concat<reduced<Reduced * W / 64, 6 * W, 3>, pooled<largest, Pooled * W / 64, 1>, block<Single * W / 64, 1>>,
    nn::average_pool<3>, nn::flatten, nn::linear<EmbeddingSize>, End>;

} // namespace inception_parts

/// The Inception network of FaceNet for small faces, NN4, as OpenFace built it: 3×96×96 in, an embedding of length 1
/// out.
///
/// 6,959,088 parameters and 274 M multiply-adds an image.
///
/// @tparam Width  channels of the first convolution, a multiple of 4; all others follow
/// @tparam End    the last layer: `nn::l2_normalize`, or `nn::identity`, which leaves the embedding its length
/// @see F. Schroff, D. Kalenichenko, J. Philbin, "FaceNet: A Unified Embedding for Face Recognition and Clustering",
/// CVPR 2015
template <std::size_t EmbeddingSize = 128, std::size_t Width = 64, class End = nn::l2_normalize>
using nn4 = nn::network<
    nn::shape<3, 96, 96>,
    nn::sequential<inception_parts::stem<Width>, inception_parts::middle<Width, 96, 192, 256>,
                   inception_parts::middle<Width, 112, 224, 224>, inception_parts::middle<Width, 128, 256, 192>,
                   inception_parts::middle<Width, 144, 288, 160>, inception_parts::narrowing<Width>,
                   inception_parts::head<Width, 192, 128, 384, EmbeddingSize, End>>>;

/// OpenFace's nn4.small2: NN4 without three modules, and narrower at its end, for when there are few photos to learn
/// from.
///
/// 3,733,968 parameters and 200 M multiply-adds an image.
///
/// @tparam Width  channels of the first convolution, a multiple of 4; all others follow
/// @tparam End    the last layer: `nn::l2_normalize`, or `nn::identity`, which leaves the embedding its length
/// @see B. Amos, B. Ludwiczuk, M. Satyanarayanan, "OpenFace: A general-purpose face recognition library with mobile
/// applications", CMU-CS-16-118, 2016
template <std::size_t EmbeddingSize = 128, std::size_t Width = 64, class End = nn::l2_normalize>
using nn4_small2 = nn::network<
    nn::shape<3, 96, 96>,
    nn::sequential<inception_parts::stem<Width>, inception_parts::middle<Width, 96, 192, 256>,
                   inception_parts::narrowing<Width>, inception_parts::head<Width, 96, 96, 256, EmbeddingSize, End>>>;

} // namespace trine::backbones
