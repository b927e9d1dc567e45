#include "choices.hpp"

#include "face_finder.hpp"

namespace program {

void add_most_pixels_option(options& app, std::size_t& most_pixels) {
    app.number("--most-pixels", most_pixels, range(1, 1'000'000'000'000),
               "a photo of more pixels (height times width) is skipped, before there is memory for it");
}

std::string onnx_description(std::size_t channels) {
    return std::string("A photo's value of 0 to 255 is x / 127.5 - 1; ") +
           (channels == 1 ? "one channel, grey" : "three channels, red, green and blue") +
           ". Photos of one person have embeddings close to each other.";
}

void photo_choices::add_options(options& app) {
    app.path("--detector", detector,
             "folder of MTCNN's weights (pnet, rnet, onet .safetensors): the largest face of a photo is found "
             "and aligned first");
    app.flag("--crop", crop, "cut photos of other proportions instead of stretching them");
    add_most_pixels_option(app, most_pixels);
}

trine::data::load_options photo_choices::loading(bool strict) const {
    trine::data::load_options o{crop ? trine::data::fit::crop : trine::data::fit::stretch, strict, {}, most_pixels};
    if (!detector.empty())
        o.prepare = face_finder(detector);
    return o;
}

} // namespace program
