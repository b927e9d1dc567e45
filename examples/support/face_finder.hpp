#pragma once

#include <filesystem>
#include <functional>

#include <trine/data/image.hpp>

namespace program {

// What `--detector FOLDER` does to a photo: finds its largest face and aligns it. Compiled once for all programs.
std::function<trine::data::image(trine::data::image const&)> face_finder(std::filesystem::path const& weights);

} // namespace program
