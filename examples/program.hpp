#pragma once

// What train_faces and recognize have in common: the networks that they offer.

#include <string>
#include <vector>

#include <trine/trine.hpp>

namespace program {

template <std::size_t C, std::size_t H, std::size_t W, std::size_t Width>
using compact = trine::backbones::compact<trine::nn::shape<C, H, W>, 128, Width>;

using grey_64 = compact<1, 64, 64, 16>;
using grey_112x92 = compact<1, 112, 92, 32>;
using colour_96 = compact<3, 96, 96, 32>;

template <class Backbone>
using faces = trine::recognizer<Backbone, trine::miners::all, trine::losses::triplet_margin, trine::distances::squared_euclidean, trine::neighbors::exact>;

inline std::vector<std::string> const backbone_names{"grey64", "grey112x92", "colour96"};

// Calls f.operator()<Backbone>() for the network of that name.
template <class F>
auto with_backbone(std::string const& name, F&& f) {
    if (name == "grey64")
        return f.template operator()<grey_64>();
    if (name == "grey112x92")
        return f.template operator()<grey_112x92>();
    return f.template operator()<colour_96>();
}

} // namespace program
