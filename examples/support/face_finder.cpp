#include "face_finder.hpp"

#include <memory>

#include <trine/faces/mtcnn.hpp>

std::function<trine::data::image(trine::data::image const&)> program::face_finder(
    std::filesystem::path const& weights) {
    auto const aligner = std::make_shared<trine::faces::face_aligner>(weights);
    return [aligner](trine::data::image const& photo) { return (*aligner)(photo); };
}
