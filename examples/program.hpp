#pragma once

// What the programs have in common: the networks that they offer, and photos as these take them.

#include <cstdio>
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

using distance = trine::distances::squared_euclidean;

// The network of a file that train_faces saved, without its gallery.
template <class Backbone>
trine::nn::model<Backbone> load_model(std::string const& path) {
    trine::nn::model<Backbone> model(1);
    trine::load_parameters(model, trine::io::safetensors::load(path), "model.");
    return model;
}

// Photos one by one, skipping with a word those that cannot be read. Calls f(path, photo as the network takes it).
template <class Backbone, class F>
std::size_t for_each_photo(std::vector<std::string> const& paths, bool crop, char const* program, F&& f) {
    using in = typename Backbone::input;
    std::size_t failures = 0;
    for (auto const& path : paths) {
        trine::data::image photo;
        try {
            photo = trine::data::resized(trine::data::with_channels(trine::data::load_image(path), in::channels), in::height, in::width,
                                         crop ? trine::data::fit::crop : trine::data::fit::stretch);
        } catch (trine::error const& e) {
            std::fprintf(stderr, "%s: skipped: %s\n", program, e.what());
            ++failures;
            continue;
        }
        f(path, photo);
    }
    return failures;
}

// A line of JSON, whatever bytes are in its texts.
inline void print_json(nlohmann::json const& line) { std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str()); }

} // namespace program
