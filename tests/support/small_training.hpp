#pragma once

/// A network that learns in a second, with batch normalisation and dropout, and what it learns from.

#include <trine/backbones/compact.hpp>
#include <trine/data/synthetic.hpp>

namespace small_training {

using namespace trine;

using backbone =
    nn::network<nn::shape<1, 32, 32>, nn::sequential<backbones::convolution_block<8, 3, nn::stride<2>>, nn::max_pool<2>,
                                                     nn::flatten, nn::dropout<20>, nn::linear<16>, nn::l2_normalize>>;

/// Six photos of each of ten people.
inline data::dataset const& photos() {
    static auto const d = data::synthetic_faces{.height = 32, .width = 32}.make(10, 6);
    return d;
}

} // namespace small_training
