#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "../nn/convolution.hpp"
#include "../nn/frozen.hpp"
#include "../nn/layers.hpp"
#include "../nn/network.hpp"
#include "../nn/weights.hpp"

namespace trine::backbones {

namespace mobile_face_net_parts {

using norm = nn::batch_norm_with<1000>;

/// Convolution, batch normalisation, rectifier with a learnt slope.
template <std::size_t Out, std::size_t Kernel, class... Options>
using block = nn::sequential<nn::conv2d<Out, Kernel, Options...>, norm, nn::prelu>;

/// Widen by 1×1, filter each channel by 3×3, narrow by 1×1: an inverted bottleneck.
template <std::size_t Wide, std::size_t Out, std::size_t Stride, class... Options>
using bottleneck =
    nn::sequential<block<Wide, 1, Options...>, block<Wide, 3, nn::stride<Stride>, nn::groups<Wide>, Options...>,
                   nn::conv2d<Out, 1, Options...>, norm>;

template <std::size_t Wide, std::size_t Out, std::size_t Blocks, class... Options>
using residuals = nn::repeat<Blocks, nn::residual<bottleneck<Wide, Out, 1, Options...>>>;

/// From the photo to a map of 128 channels, a sixteenth of it in height and width.
template <class... Options>
using trunk = nn::sequential<block<64, 3, nn::stride<2>, Options...>, block<64, 3, nn::groups<64>, Options...>,
                             bottleneck<128, 64, 2, Options...>, residuals<128, 64, 4, Options...>,
                             bottleneck<256, 128, 2, Options...>, residuals<256, 128, 6, Options...>,
                             bottleneck<512, 128, 2, Options...>, residuals<256, 128, 2, Options...>>;

/// From there to the embedding.
template <class In, std::size_t EmbeddingSize, class... Options>
using head = nn::sequential<block<512, 1, Options...>,
                            nn::conv2d<512, In::height / 16, nn::padding<0>, nn::groups<512>, Options...>, norm,
                            nn::flatten, nn::linear<EmbeddingSize>, nn::batch_norm_with<50000>>;

} // namespace mobile_face_net_parts

/// MobileFaceNet: a face network of a million parameters, whose last map is weighed place by place and channel by
/// channel rather than averaged. The embedding has length 1.
///
/// 1,003,264 parameters and, for 3×112×112, 221 M multiply-adds an image.
///
/// @tparam In       shape of the images, square, a multiple of 16
/// @tparam Options  of every convolution, such as `nn::algorithm<…>`
/// @see S. Chen, Y. Liu, X. Gao, Z. Han, "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on
/// Mobile Devices", 2018
template <class In = nn::shape<3, 112, 112>, std::size_t EmbeddingSize = 128, class... Options>
using mobile_face_net =
    nn::network<In, nn::sequential<mobile_face_net_parts::trunk<Options...>,
                                   mobile_face_net_parts::head<In, EmbeddingSize, Options...>, nn::l2_normalize>>;

/// The same before its embedding is brought to length 1.
template <class In = nn::shape<3, 112, 112>, std::size_t EmbeddingSize = 128, class... Options>
using mobile_face_net_features =
    nn::network<In, nn::sequential<mobile_face_net_parts::trunk<Options...>,
                                   mobile_face_net_parts::head<In, EmbeddingSize, Options...>>>;

/// The same for fine-tuning: the trunk stays as it was loaded, the head learns, some 0.2 M of the parameters.
///
/// @tparam End  the last layer: `nn::l2_normalize`, or `nn::identity`, which leaves the embedding its length
template <class In = nn::shape<3, 112, 112>, std::size_t EmbeddingSize = 128, class End = nn::l2_normalize>
using mobile_face_net_tuned = nn::network<In, nn::sequential<nn::frozen<mobile_face_net_parts::trunk<>>,
                                                             mobile_face_net_parts::head<In, EmbeddingSize>, End>>;

namespace mobile_face_net_parts {

/// Names in the published weights, in the order of our tensors.
std::vector<std::string> published_names();

} // namespace mobile_face_net_parts

/// Where the tensors of a MobileFaceNet are in the weights that the InsightFace project published ("model-y1", named as
/// MXNet does).
///
/// That network takes (x − 127.5) / 128, and Trine's photos are x / 127.5 − 1: the factor between them goes into the
/// first convolution.
template <class Network>
std::vector<nn::weight_source> mobile_face_net_sources() {
    auto sources = nn::pair_in_order<Network>(mobile_face_net_parts::published_names());
    sources.front().scale = 127.5 / 128;
    return sources;
}

} // namespace trine::backbones

#ifdef TRINE_HEADER_ONLY
#include "mobile_face_net_impl.hpp"
#endif
