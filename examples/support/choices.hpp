#pragma once

// Options that several programs have.

#include <filesystem>
#include <string>

#include <trine/data/dataset.hpp>
#include <trine/data/folder.hpp>

#include "options.hpp"

namespace program {

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
