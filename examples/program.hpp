#pragma once

// What the programs have in common: the networks that they offer, and photos as these take them.

#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <trine/data/folder.hpp>
#include <trine/trine.hpp>

#include "support/choices.hpp"
#include "support/text.hpp"

namespace program {

template <std::size_t C, std::size_t H, std::size_t W, std::size_t Width>
using compact = trine::backbones::compact<trine::nn::shape<C, H, W>, 128, Width>;

using grey_64 = compact<1, 64, 64, 16>;
using grey_112x92 = compact<1, 112, 92, 32>;
using colour_96 = compact<3, 96, 96, 32>;
using mobile_face_net = trine::backbones::mobile_face_net<>;

template <class Backbone>
using faces = trine::recognizer<Backbone, trine::miners::all, trine::losses::triplet_margin,
                                trine::distances::squared_euclidean, trine::neighbors::exact>;

using distance = trine::distances::squared_euclidean;

// Calls f.operator()<Backbone>() for the network of that name.
template <class F>
auto with_trained_backbone(std::string const& name, F&& f) {
    if (name == "grey64")
        return f.template operator()<grey_64>();
    if (name == "grey112x92")
        return f.template operator()<grey_112x92>();
    return f.template operator()<colour_96>();
}
template <class F>
auto with_backbone(std::string const& name, F&& f) {
    return name == "mobile_face_net" ? f.template operator()<mobile_face_net>() : with_trained_backbone(name, f);
}

// Whether a file is what train_faces saves: a network and its gallery.
inline bool is_recognizer(trine::io::safetensors const& file) {
    return file.metadata.contains("format") && file.text_of("format").starts_with("trine recognizer");
}

// The network of a file that train_faces saved, without its gallery, or MobileFaceNet as it was published.
template <class Backbone>
void load_parameters(trine::nn::model<Backbone>& model, trine::io::safetensors const& file) {
    if constexpr (std::is_same_v<Backbone, mobile_face_net>) {
        if (!is_recognizer(file)) {
            trine::load_weights(model, file, trine::backbones::mobile_face_net_sources<Backbone>());
            return;
        }
    }
    trine::load_parameters(model, file, "model.");
}
template <class Backbone>
trine::nn::model<Backbone> load_model(std::filesystem::path const& path) {
    trine::nn::model<Backbone> model(1);
    load_parameters(model, trine::io::safetensors::load(path));
    return model;
}

// Photos one by one, skipping with a word those that cannot be used. Calls f(path, photo as the network takes it).
template <class Backbone, class F>
std::size_t for_each_photo(std::vector<std::filesystem::path> const& paths, photo_choices const& how,
                           char const* program, F&& f) {
    using in = typename Backbone::input;
    auto const options = how.loading();
    std::size_t failures = 0;
    for (auto const& path : paths) {
        trine::data::image photo;
        try {
            photo = trine::data::fitted_photo(path, in::channels, in::height, in::width, options);
        } catch (trine::error const& e) {
            std::fprintf(stderr, "%s: skipped: %s\n", program, printable(e.what()).c_str());
            ++failures;
            continue;
        }
        f(path.string(), photo);
    }
    return failures;
}

} // namespace program
