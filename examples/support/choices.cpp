#include "choices.hpp"

#include <CLI/CLI.hpp>

#include "face_finder.hpp"

namespace program {

void add_backbone_option(CLI::App& app, std::string& backbone) {
    app.add_option("--backbone", backbone,
                   "network of the model: grey64, grey112x92, colour96, or mobile_face_net with its published weights")
        ->check(CLI::IsMember(backbone_names))
        ->capture_default_str();
}

void add_most_pixels_option(CLI::App& app, std::size_t& most_pixels) {
    app.add_option("--most-pixels", most_pixels,
                   "a photo of more pixels (height times width) is skipped, before there is memory for it")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000'000}))
        ->capture_default_str();
}

void photo_choices::add_options(CLI::App& app) {
    app.add_option("--detector", detector,
                   "folder of MTCNN's weights (pnet, rnet, onet .safetensors): the largest face of a photo is found "
                   "and aligned first");
    app.add_flag("--crop", crop, "cut photos of other proportions instead of stretching them");
    add_most_pixels_option(app, most_pixels);
}

trine::data::load_options photo_choices::options(bool strict) const {
    trine::data::load_options o{crop ? trine::data::fit::crop : trine::data::fit::stretch, strict, {}, most_pixels};
    if (!detector.empty())
        o.prepare = face_finder(detector);
    return o;
}

} // namespace program
