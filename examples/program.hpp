#pragma once

// What programs that read a model have in common: the networks that they offer, and photos as these take them.

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <trine/data/folder.hpp>
#include <trine/trine.hpp>

#include "support/choices.hpp"
#include "support/networks.hpp"
#include "support/text.hpp"

namespace program {

inline void add_backbone_option(options& app, std::string& backbone) {
    app.choice("--backbone", backbone, network_names(),
               "network of the model, as train_faces was told; mobile_face_net also with its published weights");
}

// Photos one by one, skipping with a word those that cannot be used. Calls f(path, photo as the network takes it).
template <class F>
std::size_t for_each_photo(any_network const& network, std::vector<std::filesystem::path> const& paths,
                           photo_choices const& how, char const* program, F&& f) {
    auto const options = how.loading();
    std::size_t failures = 0;
    for (auto const& path : paths) {
        trine::data::image photo;
        try {
            photo = trine::data::fitted_photo(path, network.channels, network.height, network.width, options);
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
