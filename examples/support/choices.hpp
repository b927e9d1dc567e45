#pragma once

// Options that several programs have.

#include <string>
#include <vector>

#include <trine/data/dataset.hpp>
#include <trine/data/folder.hpp>

#include "options.hpp"

namespace program {

// The networks that train_faces trains.
inline std::vector<std::string> const trained_names{"grey64", "grey112x92", "colour96"};
// Those and MobileFaceNet, whose published weights others trained.
inline std::vector<std::string> const backbone_names{"grey64", "grey112x92", "colour96", "mobile_face_net"};

void add_backbone_option(options& app, std::string& backbone);

void add_most_pixels_option(options& app, std::size_t& most_pixels);

// What an exported network wants to be given, for those who run it.
std::string onnx_description(std::size_t channels);

// How photos become a network's input.
struct photo_choices {
    bool crop = false;
    std::filesystem::path detector;
    std::size_t most_pixels = trine::data::most_pixels_by_default;

    void add_options(options& app);
    trine::data::load_options loading(bool strict = false) const;
};

} // namespace program
