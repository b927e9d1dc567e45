#pragma once

// The networks that programs offer by name, each with its last layer: nn::l2_normalize, or nn::identity, which leaves
// an embedding its length. Of each template here the build makes two sources.

#include <type_traits>

#include <trine/backbones/compact.hpp>
#include <trine/backbones/conv_4.hpp>
#include <trine/backbones/inception.hpp>
#include <trine/backbones/mobile_face_net.hpp>
#include <trine/backbones/resnet.hpp>
#include <trine/backbones/vgg.hpp>
#include <trine/nn/residual.hpp>

namespace program::networks {

using colour_112 = trine::nn::shape<3, 112, 112>;

template <class End>
using grey64 = trine::backbones::compact<trine::nn::shape<1, 64, 64>, 128, 16, End>;
template <class End>
using grey112x92 = trine::backbones::compact<trine::nn::shape<1, 112, 92>, 128, 32, End>;
template <class End>
using colour96 = trine::backbones::compact<trine::nn::shape<3, 96, 96>, 128, 32, End>;
template <class>
using conv_4 = trine::backbones::conv_4<trine::nn::shape<1, 64, 64>>; // ends in a map, of whatever length
template <class End>
using mobile_face_net =
    std::conditional_t<std::is_same_v<End, trine::nn::identity>, trine::backbones::mobile_face_net_features<colour_112>,
                       trine::backbones::mobile_face_net<colour_112>>;
template <class End>
using nn4_small2 = trine::backbones::nn4_small2<128, 64, End>;
template <class End>
using nn4 = trine::backbones::nn4<128, 64, End>;
template <class End>
using resnet_18 = trine::backbones::resnet_18<colour_112, 128, 64, trine::nn::recompute_maps<2>, End>;
template <class End>
using resnet_34 = trine::backbones::resnet_34<colour_112, 128, 64, trine::nn::recompute_maps<3>, End>;
template <class End>
using resnet_50 = trine::backbones::resnet_50<colour_112, 128, 64, trine::nn::recompute_maps<3>, End>;
template <class End>
using ir_18 = trine::backbones::ir_18<colour_112, 512, 64, trine::nn::recompute_maps<2>, End>;
template <class End>
using ir_50 = trine::backbones::ir_50<colour_112, 512, 64, trine::nn::recompute_maps<3>, End>;
template <class End>
using vgg_16 = trine::backbones::vgg_16<colour_112, 128, 64, End>;

} // namespace program::networks
